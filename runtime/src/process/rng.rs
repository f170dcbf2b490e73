//! Random numbers for process functions.

use crate::record::View;
use crate::state::{LoadError, Loader, SnapshotWriter};

/// Pseudo-random numbers: made of the keys and times of the records that asked before, and nothing else, so that
/// a run over the same input at the same parallelism draws the same. Good for sampling and jitter, not for secrets.
///
/// On a keyed stream, checkpoints hold how far they are: a run that goes on after a failure draws what it would have drawn
/// without one. Where there is no key there is no state, and they begin anew.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
    /// The hash of the last key that asked: of one that belongs to this task.
    asker: Option<u64>,
}

impl Rng {
    pub(super) fn new(seed: u64) -> Rng {
        Rng { state: seed, asker: None }
    }

    /// A key asks; 0 if there is none.
    pub(super) fn asked(&mut self, hash: u64, time: i64) {
        if hash != 0 {
            self.asker = Some(hash);
        }
        self.stir(hash ^ time as u64);
    }

    fn stir(&mut self, more: u64) {
        self.state ^= more.rotate_left(17);
        self.next_u64();
    }

    /// Saved under the key that asked last, it goes to the task that has that key.
    pub(super) fn save(&self, out: &mut SnapshotWriter) {
        if let Some(hash) = self.asker {
            out.section::<u64>(SECTION).put(hash, self.state);
        }
    }

    /// Takes over what was saved; of several tasks, what is made of all.
    pub(super) fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        from.each::<u64>(SECTION, |hash, state: View<'_, u64>| match self.asker.replace(hash) {
            None => self.state = state,
            Some(_) => self.stir(state),
        })
    }

    /// The next number, uniform over all of `u64`. (SplitMix64, Steele et al. 2014.)
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 up to but not including 1.
    pub fn fraction(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Where it is kept in a snapshot.
const SECTION: &str = "random";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::testing::Kept;
    use crate::time::Timestamp;

    #[test]
    fn numbers_go_on_where_they_were() {
        let mut rng = Rng::new(0);
        assert_eq!(Kept::of(|out| rng.save(out)).bytes(), 0, "nobody has asked");
        rng.asked(7, 3);
        let saved = Kept::of(|out| rng.save(out));
        let restored = |hashes| {
            let mut restored = Rng::new(0);
            let loader = Loader::new(&saved, hashes, Timestamp::MIN, Timestamp::MIN);
            restored.load(&loader).unwrap();
            restored
        };
        let (mut own, mut other) = (restored(0..=7), restored(8..=u64::MAX));
        let next = rng.next_u64();
        assert_eq!(own.next_u64(), next);
        assert_ne!(other.next_u64(), next, "it begins anew");
    }

    #[test]
    fn numbers_repeat_and_stay_in_bounds() {
        let draw = |seed| {
            let mut rng = Rng::new(seed);
            rng.stir(3);
            (0..100).map(|_| (rng.below(10), rng.fraction())).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(1).iter().all(|(n, part)| *n < 10 && (0.0..1.0).contains(part)));
        assert_eq!(Rng::new(0).below(0), 0);
    }
}
