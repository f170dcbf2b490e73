//! `dedup`: the first record of each key passes.

use crate::record::{Emit, Key};
use crate::state::{Forever, Keep, Kept, Moment, Ttl, by_key, state_of};
use crate::task::Turn;
use crate::time::Timestamp;

/// The keys that were seen.
pub struct Dedup<K: Key, L: Keep = Forever> {
    seen: Kept<K, (), L>,
}

impl<K: Key> Dedup<K> {
    /// No keys yet; what was seen stays seen.
    #[expect(
        clippy::new_without_default,
        reason = "named as in the other operators; never defaulted"
    )]
    pub fn new() -> Self {
        Dedup { seen: Kept::new(Forever) }
    }

    /// The same; a key may pass again `ttl` after it passed.
    #[must_use]
    pub fn ttl(self, ttl: Ttl) -> Dedup<K, Ttl> {
        Dedup { seen: Kept::new(ttl) }
    }
}

impl<K: Key, L: Keep> Dedup<K, L> {
    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.seen.prepare(hashes);
    }

    /// What follows happens in this turn, to a record of this time.
    #[inline(always)]
    pub fn at(&mut self, turn: &Turn<'_>, time: Timestamp) {
        let (watermark, processing_time) = (turn.watermark(), turn.processing_time());
        self.seen.at(Moment { time, watermark, processing_time });
    }

    /// True for the first record of a key.
    #[inline(always)]
    pub fn is_first(&mut self, hash: u64, key: impl Emit<Record = K>) -> bool {
        self.seen.is_first(hash, key.as_view(), || ())
    }

    /// Removes some of what has expired; to be called once per turn.
    #[inline]
    pub fn sweep(&mut self, turn: &Turn<'_>) {
        self.seen.sweep(turn.watermark(), turn.processing_time());
    }
}

state_of! { Dedup<K: Key, L: Keep>, seen, |_state| by_key::<K>("dedup") }
