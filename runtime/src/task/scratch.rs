//! A typed scratch batch inside a chain.

use std::cell::Cell;
use std::rc::Rc;

use crate::exchange::{Batch, Records, too_much};
use crate::record::{Emit, Record};
use crate::time::Timestamp;

/// Records that come from several places of a chain, or many from one record, on their way to one loop over them: what
/// sides, unions and process functions write to.
pub struct Scratch<T> {
    batch: Batch,
    /// Bytes at which there is something to do.
    mark: usize,
    max_bytes: usize,
    /// Set at the mark: the loop that writes here stops, so that the one that reads here gets its turn.
    stops: Option<Rc<Cell<bool>>>,
    record: std::marker::PhantomData<fn() -> T>,
}

impl<T: Record> Scratch<T> {
    /// A process function may emit many records for one: behind so many bytes the turn goes no further.
    const MARK: usize = 256 << 10;

    /// A scratch of up to `max_bytes`.
    pub(crate) fn new(max_bytes: usize) -> Scratch<T> {
        let mut batch = Batch::default();
        batch.reset::<T>();
        let record = std::marker::PhantomData;
        Scratch { batch, mark: max_bytes, max_bytes, stops: None, record }
    }

    /// The same; with many records in it, it sets `stops`.
    pub(crate) fn stopping(max_bytes: usize, stops: Rc<Cell<bool>>) -> Scratch<T> {
        let mark = Self::MARK.min(max_bytes);
        Scratch { mark, stops: Some(stops), ..Scratch::new(max_bytes) }
    }

    /// Writes a record. Beyond the configured maximum the task fails, naming the record that is being processed.
    #[inline(always)]
    pub fn push<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) {
        self.batch.push(time, &item);
        if self.batch.bytes() > self.mark {
            self.filled();
        }
    }

    #[cold]
    fn filled(&self) {
        if self.batch.bytes() > self.max_bytes {
            too_much(self.max_bytes);
        }
        if let Some(stops) = &self.stops {
            stops.set(true);
        }
    }

    /// What was written since the last [`clear`](Scratch::clear).
    #[inline(always)]
    pub fn records(&self) -> Records<'_, T> {
        self.batch.records()
    }

    /// Forgets the records, keeps the memory.
    #[inline(always)]
    pub fn clear(&mut self) {
        self.batch.reset::<T>();
    }

    /// True if there is nothing in it.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }
}
