//! Windows with a reduced record.

use super::live::{Firing, LiveWindows, Slot, state_of};
use super::tumbling::Tumbling;
use crate::record::{Emit, Key, Record, View};
use crate::task::Turn;
use crate::time::Timestamp;

/// Tumbling windows in which the records of a key are reduced to one.
///
/// The user's closure is applied outside, where its views can live as long as they must:
/// ```ignore
/// if let Some(slot) = window0.slot(turn, time, hash, key, bid) {
///     let next = slot.kept().map(|kept| apply2(kept, bid, |a, b| ..).into_record());
///     slot.keep(next);
/// }
/// ```
pub struct TumblingReduce<K: Key, T: Record> {
    windows: LiveWindows<K, Option<T>>,
}

/// One key's place in one window, and the record that is to go there.
pub struct ReduceSlot<'w, K, T, E> {
    slot: Slot<'w, K, Option<T>>,
    record: E,
}

impl<K: Key, T: Record, E: Emit<Record = T>> ReduceSlot<'_, K, T, E> {
    /// What is kept so far; none for the first record.
    #[inline(always)]
    pub fn kept(&self) -> Option<View<'_, T>> {
        self.slot.value.as_ref().map(Emit::as_view)
    }

    /// Keeps `next`, or the record itself if it is the first.
    #[inline(always)]
    pub fn keep(self, next: Option<T>) {
        *self.slot.value = Some(next.unwrap_or_else(|| self.record.into_record()));
        self.slot.done();
    }
}

impl<K: Key, T: Record> TumblingReduce<K, T> {
    /// No windows yet; `spec` was [checked](Tumbling::checked).
    pub fn new(spec: Tumbling) -> Self {
        TumblingReduce { windows: LiveWindows::new(spec) }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.windows.prepare(hashes);
    }

    /// The place for a record; none if it is late.
    #[inline(always)]
    pub fn slot<E: Emit<Record = T>>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        record: E,
    ) -> Option<ReduceSlot<'_, K, T, E>> {
        let slot = self.windows.slot(turn, time, hash, key.as_view(), || None)?;
        Some(ReduceSlot { slot, record })
    }

    /// The next firing: see [`TumblingWindows::fire`](super::TumblingWindows::fire).
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, Option<T>>> {
        self.windows.fire(turn)
    }
}

state_of! { TumblingReduce<K: Key, T: Record>, windows }
