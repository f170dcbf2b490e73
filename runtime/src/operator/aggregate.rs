//! Aggregates: accumulators over the records of a key, or of a key and window.

use crate::record::{Emit, Record, View};

/// An accumulator: users implement it for `w.with(MyAggregate, |e| ..)`.
pub trait Aggregate: Clone + Send + Sync + 'static {
    /// What is added.
    type In: Record;
    /// What is kept: an ordinary record, so that it can be snapshotted and sent.
    type Acc: Record + Default;
    /// The result; it may borrow from the accumulator.
    type Out<'a>: Emit;

    /// Adds one value.
    ///
    /// # Errors
    /// If the accumulator cannot take it, for instance because a sum overflows.
    fn add(&self, acc: &mut Self::Acc, value: View<'_, Self::In>) -> Result<(), Overflow>;
    /// Adds what another accumulator holds.
    ///
    /// # Errors
    /// As [`add`](Aggregate::add).
    fn merge(&self, acc: &mut Self::Acc, other: View<'_, Self::Acc>) -> Result<(), Overflow>;
    /// The result.
    fn finish<'a>(&self, acc: &'a Self::Acc) -> Self::Out<'a>;
}

/// An accumulator ran over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("integer sum overflows 64 bits\nhelp: use `wrapping_sum`, or sum as `f64` or `i128`")]
pub struct Overflow;

/// Marks an aggregate that is exact, commutative and associative: it may be pre-aggregated before an exchange.
pub trait Combine: Aggregate {}
