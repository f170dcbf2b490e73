//! Running aggregates: each record yields its key's new value.

use super::{Aggregate, failed_on};
use crate::record::{Emit, Key};
use crate::state::{Forever, Keep, Kept, Moment, Ttl, by_key, state_of};
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// An aggregate's accumulator per key, for ever or for as long as `L` says.
pub struct Running<K: Key, A: Aggregate, L: Keep = Forever> {
    table: Kept<K, A::Acc, L>,
    aggregate: A,
}

impl<K: Key, A: Aggregate> Running<K, A> {
    /// No keys yet.
    pub fn new(aggregate: A) -> Self {
        Running { table: Kept::new(Forever), aggregate }
    }

    /// The same; a key begins anew `ttl` after its last record.
    #[must_use]
    pub fn ttl(self, ttl: Ttl) -> Running<K, A, Ttl> {
        Running { table: Kept::new(ttl), aggregate: self.aggregate }
    }
}

impl<K: Key, A: Aggregate, L: Keep> Running<K, A, L> {
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

    /// Adds a record, and returns what its key has now.
    ///
    /// # Errors
    /// If the aggregate cannot take it, with the key.
    #[inline(always)]
    pub fn add(
        &mut self,
        hash: u64,
        key: impl Emit<Record = K>,
        value: impl Emit<Record = A::In>,
    ) -> Result<&A::Acc, Failure> {
        let acc = self.table.entry(hash, key.as_view(), A::Acc::default);
        match self.aggregate.add(acc, value.as_view()) {
            Ok(()) => Ok(acc),
            Err(overflow) => Err(failed_on::<K>(overflow, key.as_view())),
        }
    }
}

state_of! { Running<K: Key, A: Aggregate, L: Keep>, table, |state| by_key::<K>(&state.aggregate.meaning()) }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::{Fold, Reduce, count, sum};
    use crate::state::State;

    #[test]
    fn every_record_yields_the_new_value() {
        let mut running = Running::new((count(), sum()));
        let mut out = Vec::new();
        for (key, x) in [("a", 1u32), ("b", 2), ("a", 3)] {
            let hash = String::key_hash(key);
            running.prepare(&[hash]);
            out.push(*running.add(hash, key, ((), x)).unwrap());
        }
        assert_eq!(out, [(1, 1), (1, 2), (2, 4)]);
        assert_eq!(running.entries(), 2);
    }

    #[test]
    fn an_overflow_names_the_key() {
        let mut running = Running::new(sum());
        running.add(1, 5u64, u64::MAX).unwrap();
        let failure = running.add(1, 5u64, 1u64).unwrap_err();
        assert!(failure.to_string().contains("key 5"), "{failure}");
    }

    #[test]
    fn reductions_and_folds_carry_records() {
        let (mut longest, mut joined) = (Reduce::new(), Fold::new(String::from(">")));
        let mut out = Vec::new();
        for (key, text) in [(1u64, "a"), (1, "ccc"), (2, "x"), (1, "bb")] {
            let hash = u64::key_hash(key);
            let slot = longest.slot(hash, key, text);
            let next = slot.kept().map(|kept| {
                let reduced = if text.len() > kept.len() { text } else { kept };
                reduced.into_record()
            });
            let kept = slot.keep(next).to_owned();
            let folded = joined.add(hash, key, text, |all, text| all + text).unwrap();
            out.push((kept, folded.to_owned()));
        }
        let expected = [("a", ">a"), ("ccc", ">accc"), ("x", ">x"), ("ccc", ">acccbb")];
        assert_eq!(out, expected.map(|(kept, all)| (kept.to_owned(), all.to_owned())));
        assert_eq!((longest.entries(), joined.entries()), (2, 2));
    }
}
