//! What a query answers, folded into two numbers that do not depend on order.

use std::fmt;

use super::random::{GOLDEN, mix};

/// The hash of two numbers that rows are made of.
#[inline]
pub const fn h(a: u64, b: u64) -> u64 {
    mix(a.wrapping_mul(GOLDEN).wrapping_add(b))
}

/// Number of result rows and the xor of their hashes.
///
/// Prints as `rows:xor`, the form of the reference values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum {
    /// Rows added so far.
    pub rows: u64,
    /// The xor of the rows' hashes.
    pub xor: u64,
}

impl Checksum {
    /// Adds one row by its hash.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        self.rows += 1;
        self.xor ^= hash;
    }

    /// Adds the rows of another part of the same answer.
    pub fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.xor ^= other.xor;
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{:016x}", self.rows, self.xor)
    }
}
