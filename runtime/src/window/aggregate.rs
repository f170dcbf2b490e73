//! Windows with aggregates.

use super::store::{Accumulates, Added, Aggregated};
use super::{Assigner, Firing};
use crate::operator::Aggregate;
use crate::record::{Emit, Key};
use crate::state::state_of;
use crate::task::{Failure, Turn};

/// Windows with an aggregate's accumulator per key. Without a key, `K` is `()`.
///
/// Of what windows, `S` says; how accumulators are kept follows from that.
pub struct AggregateWindows<S: Accumulates, K: Key, A: Aggregate> {
    windows: S::Aggregated<K, A>,
}

impl<S: Accumulates, K: Key, A: Aggregate> AggregateWindows<S, K, A> {
    /// No windows yet; `spec` was [checked](Assigner::checked).
    pub fn new(spec: S, aggregate: A) -> Self {
        AggregateWindows { windows: S::Aggregated::new(spec, aggregate) }
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
        at: <S as Assigner>::At,
        hash: u64,
        key: impl Emit<Record = K>,
        value: impl Emit<Record = A::In>,
    ) -> Result<bool, Failure> {
        self.windows.add(turn, at, hash, key.as_view(), Added::Value(value.as_view()))
    }

    /// Adds a partial aggregate of the pane in which `at` lies; false if it is late.
    ///
    /// # Errors
    /// If the aggregate cannot take it, with the key.
    #[inline(always)]
    pub fn merge(
        &mut self,
        turn: &Turn<'_>,
        at: <S as Assigner>::At,
        hash: u64,
        key: impl Emit<Record = K>,
        part: impl Emit<Record = A::Acc>,
    ) -> Result<bool, Failure> {
        self.windows.add(turn, at, hash, key.as_view(), Added::Part(part.as_view()))
    }

    /// The next firing, in the order of (window end, key hash, canonical key bytes); before them those that late
    /// records caused, in order of arrival. None if none is due, or if the turn must yield.
    ///
    /// # Errors
    /// If the aggregate cannot put its parts together, with the key.
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Result<Option<Firing<'_, K, A::Acc>>, Failure> {
        self.windows.fire(turn)
    }
}

state_of! { AggregateWindows<S: Accumulates, K: Key, A: Aggregate>, windows, |state| state.windows.meaning() }
