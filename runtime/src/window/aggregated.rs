//! Windows with aggregates.

use super::live::{Firing, LiveWindows, state_of};
use super::tumbling::Tumbling;
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key};
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// Tumbling windows with an aggregate's accumulator per key. Without a key, `K` is `()`.
pub struct TumblingWindows<K: Key, A: Aggregate> {
    windows: LiveWindows<K, A::Acc>,
    aggregate: A,
}

impl<K: Key, A: Aggregate> TumblingWindows<K, A> {
    /// No windows yet; `spec` was [checked](Tumbling::checked).
    pub fn new(spec: Tumbling, aggregate: A) -> Self {
        TumblingWindows { windows: LiveWindows::new(spec), aggregate }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.windows.prepare(hashes);
    }

    /// Adds a record; false if it is late.
    ///
    /// # Errors
    /// If the aggregate cannot take it, with the key.
    #[inline(always)]
    pub fn add(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        value: impl Emit<Record = A::In>,
    ) -> Result<bool, Failure> {
        let slot = self.windows.slot(turn, time, hash, key.as_view(), Default::default);
        let Some(slot) = slot else { return Ok(false) };
        if let Err(overflow) = self.aggregate.add(slot.value, value.as_view()) {
            return Err(failed_on::<K>(overflow, key.as_view()));
        }
        slot.done();
        Ok(true)
    }

    /// Adds a partial aggregate of the window in which `time` lies; false if it is late.
    ///
    /// # Errors
    /// If the aggregate cannot take it, with the key.
    #[inline(always)]
    pub fn merge(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        part: impl Emit<Record = A::Acc>,
    ) -> Result<bool, Failure> {
        let slot = self.windows.slot(turn, time, hash, key.as_view(), Default::default);
        let Some(slot) = slot else { return Ok(false) };
        if let Err(overflow) = self.aggregate.merge(slot.value, part.as_view()) {
            return Err(failed_on::<K>(overflow, key.as_view()));
        }
        slot.done();
        Ok(true)
    }

    /// The next firing, in the order of (window end, key hash, canonical key bytes); before them those that late
    /// records caused, in order of arrival. None if none is due, or if the turn must yield.
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, A::Acc>> {
        self.windows.fire(turn)
    }
}

state_of! { TumblingWindows<K: Key, A: Aggregate>, windows }
