//! `reduce` on a keyed stream.

use crate::record::{Emit, Key, Record, View};
use crate::state::{Forever, Keep, Kept, Moment, Ttl, by_key, state_of};
use crate::task::Turn;
use crate::time::Timestamp;

/// One record per key, to which all its records were reduced.
///
/// The user's closure is applied outside, where its views can live as long as they must:
/// ```ignore
/// let slot = reduce0.slot(hash, key, bid);
/// let next = slot.kept().map(|kept| apply2(kept, bid, |a, b| ..).into_record());
/// let kept = slot.keep(next);
/// ```
pub struct Reduce<K: Key, T: Record, L: Keep = Forever> {
    table: Kept<K, Option<T>, L>,
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
        Reduce { table: Kept::new(Forever) }
    }

    /// The same; a key begins anew `ttl` after its last record.
    #[must_use]
    pub fn ttl(self, ttl: Ttl) -> Reduce<K, T, Ttl> {
        Reduce { table: Kept::new(ttl) }
    }
}

impl<K: Key, T: Record, L: Keep> Reduce<K, T, L> {
    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.table.prepare(hashes);
    }

    /// What follows happens in this turn, to a record of this time.
    #[inline(always)]
    pub fn at(&mut self, turn: &Turn<'_>, time: Timestamp) {
        let (watermark, processing_time) = (turn.watermark(), turn.processing_time());
        self.table.at(Moment { time, watermark, processing_time });
    }

    /// Removes some of what has expired; to be called once per turn.
    #[inline]
    pub fn sweep(&mut self, turn: &Turn<'_>) {
        self.table.sweep(turn.watermark(), turn.processing_time());
    }

    /// The place for a record.
    #[inline(always)]
    pub fn slot<E: Emit<Record = T>>(
        &mut self,
        hash: u64,
        key: impl Emit<Record = K>,
        record: E,
    ) -> RunningSlot<'_, T, E> {
        RunningSlot { value: self.table.entry(hash, key.as_view(), || None), record }
    }
}

state_of! { Reduce<K: Key, T: Record, L: Keep>, table, |_state| by_key::<K>("reduce") }
