//! Aggregates of the user's own, and whether they may be aggregated in parts.

use super::{Aggregate, Combine, Overflow};
use crate::record::View;

/// An aggregate of the user's own; `COMBINES` says whether it is marked [`Combine`].
#[derive(Clone, Copy, Debug)]
pub struct Owned<A, const COMBINES: bool>(A);

impl<A: Aggregate, const COMBINES: bool> Aggregate for Owned<A, COMBINES> {
    type In = A::In;
    type Acc = A::Acc;
    type Out<'a> = A::Out<'a>;
    const COMBINES: bool = COMBINES;

    fn meaning(&self) -> String {
        self.0.meaning()
    }
    #[inline(always)]
    fn add(&self, acc: &mut A::Acc, value: View<'_, A::In>) -> Result<(), Overflow> {
        self.0.add(acc, value)
    }
    #[inline(always)]
    fn merge(&self, acc: &mut A::Acc, other: View<'_, A::Acc>) -> Result<(), Overflow> {
        self.0.merge(acc, other)
    }
    #[inline(always)]
    fn finish<'a>(&self, acc: &'a A::Acc) -> A::Out<'a> {
        self.0.finish(acc)
    }
}

/// Finds out by method lookup whether an aggregate is marked: emitted code calls `Own(aggregate).owned()`, which is the
/// inherent method where that applies, else the trait's.
#[derive(Debug)]
pub struct Own<A>(pub A);

impl<A: Combine> Own<A> {
    /// Marked.
    pub fn owned(self) -> Owned<A, true> {
        Owned(self.0)
    }
}

/// The way for aggregates that are not marked.
pub trait Parts<A> {
    /// Not marked.
    fn owned(self) -> Owned<A, false>;
}

impl<A: Aggregate> Parts<A> for Own<A> {
    fn owned(self) -> Owned<A, false> {
        Owned(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::Sum;
    use crate::operator::sum;

    #[derive(Clone)]
    struct Marked(Sum<u64>);
    impl Aggregate for Marked {
        type In = u64;
        type Acc = u64;
        type Out<'a> = u64;
        fn add(&self, acc: &mut u64, value: u64) -> Result<(), Overflow> {
            self.0.add(acc, value)
        }
        fn merge(&self, acc: &mut u64, other: u64) -> Result<(), Overflow> {
            self.0.merge(acc, other)
        }
        fn finish(&self, acc: &u64) -> u64 {
            *acc
        }
    }
    impl Combine for Marked {}

    #[test]
    fn the_marker_decides() {
        fn combines<A: Aggregate>(_: &A) -> bool {
            A::COMBINES
        }
        assert!(combines(&Own(Marked(sum())).owned()));
        assert!(!combines(&Own(sum::<u64>()).owned()));
    }
}
