//! Random numbers for process functions.

/// Pseudo-random numbers: made of the keys and times of the records that asked before, and nothing else, so that
/// a run over the same input at the same parallelism draws the same. Good for sampling and jitter, not for secrets.
#[derive(Clone, Debug)]
pub struct Rng {
    state: u64,
}

impl Rng {
    pub(super) fn new(seed: u64) -> Rng {
        Rng { state: seed }
    }

    pub(super) fn stir(&mut self, more: u64) {
        self.state ^= more.rotate_left(17);
        self.next_u64();
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

#[cfg(test)]
mod tests {
    use super::*;

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
