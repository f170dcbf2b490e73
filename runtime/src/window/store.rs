//! What keeps a value per key and window.

use super::{Assigner, Firing};
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, Record, View};
use crate::state::State;
use crate::state::state_of;
use crate::task::{Failure, Turn};

/// Windows in which values can be accumulated.
pub trait Accumulates: Assigner {
    /// Keeps a value per key and window.
    type Store<K: Key, V: Record>: Store<Self, K, V>;
    /// Keeps what an aggregate needs.
    type Aggregated<K: Key, A: Aggregate>: Aggregated<Self, K, A>;
    /// Parts of windows: what records may be aggregated by before they are known to belong to any.
    type Panes: Assigner<At = crate::time::Timestamp>;

    /// The parts that windows have in common; none if a window is known by its records only.
    fn panes(&self) -> Option<Self::Panes>;
}

/// Keeps a value per key and window.
pub trait Store<S: Assigner, K: Key, V: Record>: State {
    /// No windows yet; `spec` was [checked](Assigner::checked).
    fn new(spec: S) -> Self;

    /// Fetches what these keys will need into the cache.
    fn prepare(&mut self, hashes: &[u64]);

    /// Updates what a key has in each window of a record; false, and counted, if the record is late for all.
    ///
    /// # Errors
    /// Those of the update.
    fn update(
        &mut self,
        turn: &Turn<'_>,
        at: S::At,
        hash: u64,
        key: View<'_, K>,
        update: &mut impl Update<V>,
    ) -> Result<bool, Failure>;

    /// The next firing. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, V>>;
}

/// What a record does to a value.
pub trait Update<V> {
    /// What a key has in a window that it was not in.
    fn start(&self) -> V;

    /// The same update, in a place of its own: what is handed to a function out of line lies in memory from then on, and
    /// what is seldom handed on should stay in registers until it is.
    fn apart(&mut self) -> impl Update<V>;

    /// Adds the record.
    ///
    /// # Errors
    /// If the value cannot take it.
    fn add(&mut self, value: &mut V) -> Result<(), Failure>;

    /// Merges what another window had.
    ///
    /// # Errors
    /// If the value cannot take it.
    fn merge(&mut self, value: &mut V, other: V) -> Result<(), Failure>;
}

/// Keeps what an aggregate needs.
pub trait Aggregated<S: Assigner, K: Key, A: Aggregate>: State {
    /// No windows yet; `spec` was [checked](Assigner::checked).
    fn new(spec: S, aggregate: A) -> Self;

    /// See [`Store::prepare`].
    fn prepare(&mut self, hashes: &[u64]);

    /// Adds a record, or a part; false if it is late.
    ///
    /// # Errors
    /// If the aggregate cannot take it, with the key.
    fn add(
        &mut self,
        turn: &Turn<'_>,
        at: S::At,
        hash: u64,
        key: View<'_, K>,
        added: Added<'_, A>,
    ) -> Result<bool, Failure>;

    /// See [`Store::fire`].
    ///
    /// # Errors
    /// If the aggregate cannot put its parts together, with the key.
    fn fire(&mut self, turn: &mut Turn<'_>) -> Result<Option<Firing<'_, K, A::Acc>>, Failure>;
}

/// What is added to an accumulator.
pub enum Added<'v, A: Aggregate> {
    /// A record's value.
    Value(View<'v, A::In>),
    /// What other records were aggregated to.
    Part(View<'v, A::Acc>),
}

impl<A: Aggregate> Clone for Added<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<A: Aggregate> Copy for Added<'_, A> {}

/// An aggregate's update.
pub(super) struct AggregateUpdate<'g, 'k, 'v, K: Key, A: Aggregate> {
    pub aggregate: &'g A,
    pub key: View<'k, K>,
    pub added: Added<'v, A>,
}

impl<K: Key, A: Aggregate> Update<A::Acc> for AggregateUpdate<'_, '_, '_, K, A> {
    #[inline(always)]
    fn start(&self) -> A::Acc {
        A::Acc::default()
    }

    #[inline(always)]
    fn apart(&mut self) -> impl Update<A::Acc> {
        AggregateUpdate::<K, A> { aggregate: self.aggregate, key: self.key, added: self.added }
    }

    #[inline(always)]
    fn add(&mut self, acc: &mut A::Acc) -> Result<(), Failure> {
        let added = match self.added {
            Added::Value(value) => self.aggregate.add(acc, value),
            Added::Part(part) => self.aggregate.merge(acc, part),
        };
        added.map_err(|overflow| failed_on::<K>(overflow, self.key))
    }

    fn merge(&mut self, acc: &mut A::Acc, other: A::Acc) -> Result<(), Failure> {
        let merged = self.aggregate.merge(acc, other.as_view());
        merged.map_err(|overflow| failed_on::<K>(overflow, self.key))
    }
}

/// An accumulator per key and window.
pub struct Accumulated<S: Accumulates, K: Key, A: Aggregate> {
    store: S::Store<K, A::Acc>,
    aggregate: A,
}

impl<S: Accumulates, K: Key, A: Aggregate> Aggregated<S, K, A> for Accumulated<S, K, A> {
    fn new(spec: S, aggregate: A) -> Self {
        Accumulated { store: S::Store::new(spec), aggregate }
    }

    #[inline(always)]
    fn prepare(&mut self, hashes: &[u64]) {
        self.store.prepare(hashes);
    }

    #[inline(always)]
    fn add(
        &mut self,
        turn: &Turn<'_>,
        at: S::At,
        hash: u64,
        key: View<'_, K>,
        added: Added<'_, A>,
    ) -> Result<bool, Failure> {
        let mut update = AggregateUpdate::<K, A> { aggregate: &self.aggregate, key, added };
        self.store.update(turn, at, hash, key, &mut update)
    }

    #[inline]
    fn fire(&mut self, turn: &mut Turn<'_>) -> Result<Option<Firing<'_, K, A::Acc>>, Failure> {
        Ok(self.store.fire(turn))
    }
}

/// The table, made with the first record.
#[inline(always)]
pub(super) fn table_of<T>(table: &mut Option<T>, new: impl FnOnce() -> T) -> &mut T {
    #[cold]
    #[inline(never)]
    fn made<T>(new: impl FnOnce() -> T) -> T {
        new()
    }
    if table.is_none() {
        *table = Some(made(new));
    }
    table.as_mut().expect("it was just made")
}

state_of! {
    Accumulated<S: Accumulates, K: Key, A: Aggregate>, store,
    |state| format!("{} in {}", state.aggregate.meaning(), state.store.meaning())
}
