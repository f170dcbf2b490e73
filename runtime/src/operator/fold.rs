//! `fold` on a keyed stream.

use crate::record::{Emit, Key, Record, View};
use crate::state::{Forever, Keep, Kept, Moment, Ttl, by_key, state_of};
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// A value per key, carried through its records.
pub struct Fold<K: Key, S: Record, L: Keep = Forever> {
    table: Kept<K, Option<S>, L>,
    init: S,
}

impl<K: Key, S: Record> Fold<K, S> {
    /// No keys yet; every key starts with a copy of `init`.
    pub fn new(init: S) -> Self {
        Fold { table: Kept::new(Forever), init }
    }

    /// The same; a key begins anew `ttl` after its last record.
    #[must_use]
    pub fn ttl(self, ttl: Ttl) -> Fold<K, S, Ttl> {
        Fold { table: Kept::new(ttl), init: self.init }
    }
}

impl<K: Key, S: Record, L: Keep> Fold<K, S, L> {
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
        let value = self.table.entry(hash, key.as_view(), || None);
        let kept = value.take().unwrap_or_else(|| S::from_view(self.init.as_view()));
        Ok(value.insert(step(kept, record)).as_view())
    }
}

state_of! { Fold<K: Key, S: Record, L: Keep>, table, |_state| by_key::<K>("fold") }
