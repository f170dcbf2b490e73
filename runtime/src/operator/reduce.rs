//! `reduce` on a keyed stream.

use crate::record::{Emit, Key, Record, View};
use crate::state::{State, Table};

/// One record per key, to which all its records were reduced.
///
/// The user's closure is applied outside, where its views can live as long as they must:
/// ```ignore
/// let slot = reduce0.slot(hash, key, bid);
/// let next = slot.kept().map(|kept| apply2(kept, bid, |a, b| ..).into_record());
/// let kept = slot.keep(next);
/// ```
pub struct Reduce<K: Key, T: Record> {
    table: Table<K, Option<T>>,
}

/// One key's place, and the record that is to go there.
pub struct RunningSlot<'s, T, E> {
    value: &'s mut Option<T>,
    record: E,
}

impl<'s, T: Record, E: Emit<Record = T>> RunningSlot<'s, T, E> {
    /// What is kept so far; none for the first record.
    #[inline(always)]
    pub fn kept(&self) -> Option<View<'_, T>> {
        self.value.as_ref().map(Emit::as_view)
    }

    /// Keeps `next`, or the record itself if it is the first, and returns what is kept now.
    #[inline(always)]
    pub fn keep(self, next: Option<T>) -> View<'s, T> {
        let next = next.unwrap_or_else(|| self.record.into_record());
        self.value.insert(next).as_view()
    }
}

impl<K: Key, T: Record> Reduce<K, T> {
    /// No keys yet.
    #[expect(
        clippy::new_without_default,
        reason = "named as in the other operators; never defaulted"
    )]
    pub fn new() -> Self {
        Reduce { table: Table::new() }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.table.prepare(hashes);
    }

    /// The place for a record.
    #[inline(always)]
    pub fn slot<E: Emit<Record = T>>(
        &mut self,
        hash: u64,
        key: impl Emit<Record = K>,
        record: E,
    ) -> RunningSlot<'_, T, E> {
        RunningSlot { value: self.table.entry(hash, key.as_view()), record }
    }
}

impl<K: Key, T: Record> State for Reduce<K, T> {
    fn entries(&self) -> usize {
        self.table.len()
    }
    fn bytes(&self) -> usize {
        self.table.bytes()
    }
}
