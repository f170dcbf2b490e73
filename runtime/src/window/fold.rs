//! Windows with a folded value.

use super::live::{Firing, LiveWindows, state_of};
use super::tumbling::Tumbling;
use crate::record::{Emit, Key, Record};
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// Tumbling windows in which a value is carried through the records of a key.
pub struct TumblingFold<K: Key, S: Record> {
    windows: LiveWindows<K, Option<S>>,
    init: S,
}

impl<K: Key, S: Record> TumblingFold<K, S> {
    /// No windows yet; every key of every window starts with a copy of `init`. `spec` was
    /// [checked](Tumbling::checked).
    pub fn new(spec: Tumbling, init: S) -> Self {
        TumblingFold { windows: LiveWindows::new(spec), init }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.windows.prepare(hashes);
    }

    /// Carries the value on: `step` gets it and the record, and returns the next one. False if the record is late.
    ///
    /// # Errors
    /// None: the signature is that of the other windows.
    #[inline(always)]
    pub fn add<X>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        record: X,
        step: impl FnOnce(S, X) -> S,
    ) -> Result<bool, Failure> {
        let slot = self.windows.slot(turn, time, hash, key.as_view(), || None);
        let Some(slot) = slot else { return Ok(false) };
        let kept = slot.value.take().unwrap_or_else(|| S::from_view(self.init.as_view()));
        *slot.value = Some(step(kept, record));
        slot.done();
        Ok(true)
    }

    /// The next firing: see [`TumblingWindows::fire`](super::TumblingWindows::fire).
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, Option<S>>> {
        self.windows.fire(turn)
    }
}

state_of! { TumblingFold<K: Key, S: Record>, windows }
