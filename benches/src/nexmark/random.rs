//! The random numbers of the benchmark: splitmix64, addressed by index instead of iterated.

/// The odd constant of splitmix64, 2^64 divided by the golden ratio.
pub(super) const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finalizer of splitmix64 (Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number
/// Generators").
#[inline]
pub const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A seeded sequence of 64-bit numbers with random access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random {
    seed: u64,
}

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The `n`-th number of the sequence.
    pub(super) const fn draw(self, n: u64) -> u64 {
        mix(self.seed.wrapping_add(n.wrapping_add(1).wrapping_mul(GOLDEN)))
    }

    /// The `n`-th number, brought below `bound`.
    pub(super) const fn below(self, n: u64, bound: u64) -> u64 {
        (self.draw(n) >> 1) % bound
    }
}
