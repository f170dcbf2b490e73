//! A sink in one task.

use std::cell::Cell;
use std::rc::Rc;

use super::Failure;
use super::hands::Taken;
use crate::connector::{Preparation, Sink, SinkError, Transaction, Writer};
use crate::record::{Emit, Record};
use crate::time::Timestamp;

/// What the task's runner knows of a sink, whatever its type.
pub(crate) trait AnySink {
    /// False while the target cannot take more.
    fn is_ready(&mut self) -> bool;
    /// What it is called in snapshots.
    fn name(&self) -> &str;
    /// Hands on what is buffered.
    fn flush(&mut self) -> Result<(), Failure>;
    /// Ends the open transaction, if there is one.
    fn prepare(&mut self, transaction: &Transaction) -> Result<Option<Preparation>, Failure>;
    /// Makes what was written visible, completely.
    fn finish(&mut self) -> Result<(), Failure>;
    /// Records written, and records left out, so far.
    fn written(&self) -> (u64, u64);
}

/// The writer of one task.
pub struct SinkTask<T: Record, S: Sink<T>> {
    /// None if a condition keeps the sink out of this run: nothing is ever written to it then.
    writer: Option<S::Writer>,
    name: String,
    /// What a test takes in the writer's place.
    taken: Option<Rc<Taken<T>>>,
    blocked: Rc<Cell<bool>>,
    written: u64,
    /// Written to since the last flush.
    dirty: bool,
}

impl<T: Record, S: Sink<T>> SinkTask<T, S> {
    pub(crate) fn new(
        name: String,
        writer: Option<S::Writer>,
        blocked: Rc<Cell<bool>>,
        taken: Option<Rc<Taken<T>>>,
    ) -> SinkTask<T, S> {
        SinkTask { name, writer, taken, blocked, written: 0, dirty: false }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// If the target does not take it.
    #[inline(always)]
    pub fn write<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) -> Result<(), Failure> {
        let Some(writer) = &mut self.writer else {
            self.take(time, item);
            return Ok(());
        };
        if let Err(error) = writer.write(time, item.as_view()) {
            return Err(failed(error));
        }
        self.written += 1;
        self.dirty = true;
        if !writer.is_ready() {
            self.blocked.set(true);
        }
        Ok(())
    }

    /// Writes one record, or says why this one cannot be written.
    ///
    /// # Errors
    /// If the target takes no more.
    pub fn offer<E: Emit<Record = T>>(
        &mut self,
        time: Timestamp,
        item: E,
    ) -> Result<Option<String>, Failure> {
        match self.write(time, item) {
            Ok(()) => Ok(None),
            Err(failure) => failure.rejected_by_sink().map(Some),
        }
    }

    #[cold]
    #[inline(never)]
    fn take<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) {
        if let Some(taken) = &self.taken {
            taken.push(time, T::from_view(item.as_view()));
            self.written += 1;
        }
    }
}

#[cold]
fn failed(error: SinkError) -> Failure {
    Failure::new(error)
}

impl<T: Record, S: Sink<T>> AnySink for SinkTask<T, S> {
    fn is_ready(&mut self) -> bool {
        self.writer.as_mut().is_none_or(Writer::is_ready)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn prepare(&mut self, transaction: &Transaction) -> Result<Option<Preparation>, Failure> {
        if let Some(taken) = &self.taken {
            taken.prepare();
        }
        let Some(writer) = &mut self.writer else { return Ok(None) };
        writer.prepare(transaction).map_err(failed)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        match &mut self.writer {
            Some(writer) if std::mem::take(&mut self.dirty) => writer.flush().map_err(failed),
            _ => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Failure> {
        self.writer.as_mut().map_or(Ok(()), Writer::finish).map_err(failed)
    }

    fn written(&self) -> (u64, u64) {
        (self.written, self.writer.as_ref().map_or(0, Writer::skipped))
    }
}
