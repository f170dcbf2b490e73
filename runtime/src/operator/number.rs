//! Numbers that can be summed.

use rust_decimal::Decimal;

use crate::record::{Emit, Record, View};

/// A number that can be summed and averaged: any integer, `f32`, `f64`, [`Decimal`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be summed",
    label = "not a number",
    note = "to fix: return an integer, a float or a `Decimal` from the closure; of an `Option`, `unwrap_or(0)`"
)]
pub trait Number: Record {
    /// The type of the sum: 64 bits wide, wider for what is wider.
    type Sum: Total;
    /// The type in which averages are summed up: so wide that 64-bit integers never overflow it.
    type Wide: Total;

    /// True if sums are exact in whatever order: for integers.
    const EXACT: bool;

    /// The number as part of a sum.
    fn addend(view: View<'_, Self>) -> Self::Sum;
    /// The number as part of an average.
    fn wide(view: View<'_, Self>) -> Self::Wide;
}

/// What sums are kept in.
pub trait Total: Record + Default + Copy {
    /// The type of a mean.
    type Mean: Emit<Record: Record>;

    /// The sum, unless it overflows.
    fn checked(self, other: Self) -> Option<Self>;
    /// The sum; integers wrap around.
    fn wrapping(self, other: Self) -> Self;
    /// The mean of `count` numbers whose sum this is.
    fn mean(self, count: u64) -> Self::Mean;
}

macro_rules! numbers {
    ($($sum:ty, $wide:ty, $exact:literal: $($number:ty)*;)*) => {$($(
        impl Number for $number {
            type Sum = $sum;
            type Wide = $wide;
            const EXACT: bool = $exact;
            #[inline(always)]
            fn addend(view: $number) -> $sum {
                <$sum>::from(view)
            }
            #[inline(always)]
            fn wide(view: $number) -> $wide {
                <$wide>::from(view)
            }
        }
    )*)*};
}

numbers! {
    u64, u128, true: u8 u16 u32 u64;
    i64, i128, true: i8 i16 i32 i64;
    u128, u128, true: u128;
    i128, i128, true: i128;
    f64, f64, false: f32 f64;
    Decimal, Decimal, false: Decimal;
}

macro_rules! totals {
    ($($total:ty)*) => {$(
        impl Total for $total {
            type Mean = f64;
            #[inline(always)]
            fn checked(self, other: Self) -> Option<Self> {
                self.checked_add(other)
            }
            #[inline(always)]
            fn wrapping(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn mean(self, count: u64) -> f64 {
                self as f64 / count as f64
            }
        }
    )*};
}
totals!(u64 i64 u128 i128);

impl Total for f64 {
    type Mean = f64;
    #[inline(always)]
    fn checked(self, other: f64) -> Option<f64> {
        Some(self + other)
    }
    #[inline(always)]
    fn wrapping(self, other: f64) -> f64 {
        self + other
    }
    fn mean(self, count: u64) -> f64 {
        self / count as f64
    }
}

impl Total for Decimal {
    type Mean = Decimal;
    #[inline]
    fn checked(self, other: Decimal) -> Option<Decimal> {
        self.checked_add(other)
    }
    /// Decimals do not wrap: beyond 28 digits the sum stays at the greatest value.
    fn wrapping(self, other: Decimal) -> Decimal {
        self.saturating_add(other)
    }
    /// Zero of no numbers at all.
    fn mean(self, count: u64) -> Decimal {
        self.checked_div(Decimal::from(count)).unwrap_or_default()
    }
}
