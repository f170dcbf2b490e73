//! A typed scratch batch inside a chain.

use crate::exchange::{Batch, Records, too_much};
use crate::record::{Emit, Record};
use crate::time::Timestamp;

/// Records that come from several places of a chain, or many from one record, on their way to one loop over them: what
/// sides, unions and process functions write to.
pub struct Scratch<T> {
    batch: Batch,
    max_bytes: usize,
    record: std::marker::PhantomData<fn() -> T>,
}

impl<T: Record> Scratch<T> {
    /// A scratch of up to `max_bytes`.
    pub(crate) fn new(max_bytes: usize) -> Scratch<T> {
        let mut batch = Batch::default();
        batch.reset::<T>();
        Scratch { batch, max_bytes, record: std::marker::PhantomData }
    }

    /// Writes a record. Beyond the configured maximum the task fails, naming the record that is being processed.
    #[inline(always)]
    pub fn push<E: Emit<Record = T>>(&mut self, time: Timestamp, item: E) {
        self.batch.push(time, &item);
        if self.batch.bytes() > self.max_bytes {
            too_much(self.max_bytes);
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
