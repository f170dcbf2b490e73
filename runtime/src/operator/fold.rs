//! `fold` on a keyed stream.

use crate::record::{Emit, Key, Record, View};
use crate::state::{State, Table};
use crate::task::Failure;

/// A value per key, carried through its records.
pub struct Fold<K: Key, S: Record> {
    table: Table<K, Option<S>>,
    init: S,
}

impl<K: Key, S: Record> Fold<K, S> {
    /// No keys yet; every key starts with a copy of `init`.
    pub fn new(init: S) -> Self {
        Fold { table: Table::new(), init }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.table.prepare(hashes);
    }

    /// Carries the value on: `step` gets it and the record, and returns the next one.
    ///
    /// # Errors
    /// None: the signature is that of the other running operators.
    #[inline(always)]
    pub fn add<X>(
        &mut self,
        hash: u64,
        key: impl Emit<Record = K>,
        record: X,
        step: impl FnOnce(S, X) -> S,
    ) -> Result<View<'_, S>, Failure> {
        let value = self.table.entry(hash, key.as_view());
        let kept = value.take().unwrap_or_else(|| S::from_view(self.init.as_view()));
        Ok(value.insert(step(kept, record)).as_view())
    }
}

impl<K: Key, S: Record> State for Fold<K, S> {
    fn entries(&self) -> usize {
        self.table.len()
    }
    fn bytes(&self) -> usize {
        self.table.bytes()
    }
}
