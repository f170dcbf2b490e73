//! Windows with a reduced record.

use super::store::{Accumulates, Store, Update};
use super::{Assigner, Firing};
use crate::record::{Emit, Key, Record, View};
use crate::state::state_of;
use crate::task::{Failure, Turn};

/// Windows in which the records of a key are reduced to one.
pub struct ReduceWindows<S: Accumulates, K: Key, T: Record> {
    windows: S::Store<K, Option<T>>,
}

impl<S: Accumulates, K: Key, T: Record> ReduceWindows<S, K, T> {
    /// No windows yet; `spec` was [checked](Assigner::checked).
    pub fn new(spec: S) -> Self {
        ReduceWindows { windows: S::Store::new(spec) }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.windows.prepare(hashes);
    }

    /// Reduces a record with what is kept in its windows: `step` gets what is kept first. False if the record is late.
    ///
    /// # Errors
    /// None: the signature is that of the other windows.
    #[inline(always)]
    pub fn add<E: Emit<Record = T>>(
        &mut self,
        turn: &Turn<'_>,
        at: <S as Assigner>::At,
        hash: u64,
        key: impl Emit<Record = K>,
        record: E,
        step: impl for<'a> FnMut(View<'a, T>, View<'a, T>) -> T,
    ) -> Result<bool, Failure> {
        let mut update = ReduceUpdate { record: &record, step };
        self.windows.update(turn, at, hash, key.as_view(), &mut update)
    }

    /// The next firing: see [`AggregateWindows::fire`](super::AggregateWindows::fire).
    ///
    /// # Errors
    /// None: the signature is that of the other windows.
    #[inline]
    pub fn fire(
        &mut self,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Firing<'_, K, Option<T>>>, Failure> {
        Ok(self.windows.fire(turn))
    }
}

struct ReduceUpdate<'u, E, F> {
    record: &'u E,
    step: F,
}

impl<T, E, F> Update<Option<T>> for ReduceUpdate<'_, E, F>
where
    T: Record,
    E: Emit<Record = T>,
    F: for<'a> FnMut(View<'a, T>, View<'a, T>) -> T,
{
    #[inline(always)]
    fn start(&self) -> Option<T> {
        None
    }

    #[inline(always)]
    fn apart(&mut self) -> impl Update<Option<T>> {
        ReduceUpdate { record: self.record, step: &mut self.step }
    }

    #[inline(always)]
    fn add(&mut self, value: &mut Option<T>) -> Result<(), Failure> {
        let record = self.record.as_view();
        *value = Some(match value {
            Some(kept) => (self.step)(kept.as_view(), record),
            None => T::from_view(record),
        });
        Ok(())
    }

    fn merge(&mut self, value: &mut Option<T>, other: Option<T>) -> Result<(), Failure> {
        *value = match (value.take(), other) {
            (Some(kept), Some(other)) => Some((self.step)(kept.as_view(), other.as_view())),
            (kept, other) => kept.or(other),
        };
        Ok(())
    }
}

state_of! {
    ReduceWindows<S: Accumulates, K: Key, T: Record>, windows,
    |state| format!("reduce in {}", state.windows.meaning())
}
