//! `count`, `sum`, `wrapping_sum`, `avg`.

use super::aggregate;
use crate::operator::number::{Number, Total};
use crate::operator::{Aggregate, Overflow};
use crate::record::{Record, View};

/// How many records there are.
#[derive(Clone, Copy, Debug)]
pub struct Count;

/// How many records there are.
pub fn count() -> Count {
    Count
}

impl Aggregate for Count {
    type In = ();
    type Acc = u64;
    type Out<'a> = u64;
    const COMBINES: bool = true;
    #[inline(always)]
    fn add(&self, count: &mut u64, (): ()) -> Result<(), Overflow> {
        *count += 1;
        Ok(())
    }
    #[inline(always)]
    fn merge(&self, count: &mut u64, other: u64) -> Result<(), Overflow> {
        *count += other;
        Ok(())
    }
    #[inline(always)]
    fn finish(&self, count: &u64) -> u64 {
        *count
    }
}

aggregate! {
    /// The checked sum, in 64 bits or what is wider.
    Sum<N: Number>, sum
}

impl<N: Number> Aggregate for Sum<N> {
    type In = N;
    type Acc = N::Sum;
    type Out<'a> = N::Sum;
    const COMBINES: bool = N::EXACT;
    const PANES: bool = true;
    #[inline(always)]
    fn add(&self, sum: &mut N::Sum, number: View<'_, N>) -> Result<(), Overflow> {
        *sum = sum.checked(N::addend(number)).ok_or(Overflow)?;
        Ok(())
    }
    #[inline(always)]
    fn merge(&self, sum: &mut N::Sum, other: View<'_, N::Sum>) -> Result<(), Overflow> {
        *sum = sum.checked(N::Sum::from_view(other)).ok_or(Overflow)?;
        Ok(())
    }
    #[inline(always)]
    fn finish(&self, sum: &N::Sum) -> N::Sum {
        *sum
    }
}

aggregate! {
    /// The sum; integers wrap around.
    WrappingSum<N: Number>, wrapping_sum
}

impl<N: Number> Aggregate for WrappingSum<N> {
    type In = N;
    type Acc = N::Sum;
    type Out<'a> = N::Sum;
    const COMBINES: bool = N::EXACT;
    const PANES: bool = true;
    #[inline(always)]
    fn add(&self, sum: &mut N::Sum, number: View<'_, N>) -> Result<(), Overflow> {
        *sum = sum.wrapping(N::addend(number));
        Ok(())
    }
    #[inline(always)]
    fn merge(&self, sum: &mut N::Sum, other: View<'_, N::Sum>) -> Result<(), Overflow> {
        *sum = sum.wrapping(N::Sum::from_view(other));
        Ok(())
    }
    #[inline(always)]
    fn finish(&self, sum: &N::Sum) -> N::Sum {
        *sum
    }
}

aggregate! {
    /// The mean. Integers are summed up in 128 bits, so that the mean of a few large ones is no overflow.
    Avg<N: Number>, avg
}

impl<N: Number> Aggregate for Avg<N> {
    type In = N;
    type Acc = (N::Wide, u64);
    type Out<'a> = <N::Wide as Total>::Mean;
    const COMBINES: bool = N::EXACT;
    const PANES: bool = true;
    #[inline(always)]
    fn add(&self, (sum, count): &mut Self::Acc, number: View<'_, N>) -> Result<(), Overflow> {
        *sum = sum.checked(N::wide(number)).ok_or(Overflow)?;
        *count += 1;
        Ok(())
    }
    #[inline(always)]
    fn merge(
        &self,
        (sum, count): &mut Self::Acc,
        other: View<'_, Self::Acc>,
    ) -> Result<(), Overflow> {
        *sum = sum.checked(N::Wide::from_view(other.0)).ok_or(Overflow)?;
        *count += other.1;
        Ok(())
    }
    #[inline(always)]
    fn finish<'a>(&self, &(sum, count): &'a Self::Acc) -> Self::Out<'a> {
        sum.mean(count)
    }
}
