//! `quantile`: a histogram whose buckets grow with the values.
//!
//! C. Masson, J. Rim, H. Lee: "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees" (VLDB
//! 2019), with its mapping by linear interpolation: a bucket is what the exponent and the first six bits of the mantissa
//! of a float say, so that finding it is a shift and the same on every machine.

use std::marker::PhantomData;

use rust_decimal::prelude::ToPrimitive;

use crate::operator::{Aggregate, Overflow};
use crate::record::{Decimal, Record, View};

/// A number of which quantiles can be asked: any integer, `f32`, `f64`, [`Decimal`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no quantiles",
    label = "not a number",
    note = "to fix: return an integer, a float or a `Decimal` from the closure; of a `Span` or `Timestamp`, its `.0`"
)]
pub trait Measure: Record {
    /// The number as a float.
    fn measure(view: View<'_, Self>) -> f64;
}

macro_rules! measures {
    ($($number:ty)*) => {$(
        impl Measure for $number {
            #[inline(always)]
            fn measure(view: $number) -> f64 {
                view as f64
            }
        }
    )*};
}
measures!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 f32 f64);

impl Measure for Decimal {
    fn measure(view: View<'_, Decimal>) -> f64 {
        view.to_f64().unwrap_or(f64::NAN)
    }
}

/// The value below which a share `q` of all values lies, within 0.8 % of it.
pub struct Quantile<N> {
    q: f64,
    number: PhantomData<fn() -> N>,
}

/// The value below which a share `q` of all values lies, within 0.8 % of it.
///
/// # Panics
/// If `q` is not between 0 and 1.
pub fn quantile<N: Measure>(q: f64) -> Quantile<N> {
    assert!(
        (0.0..=1.0).contains(&q),
        "a quantile lies between 0 and 1, {q} does not\nhelp: write 0.5 for the median, 0.99 for the 99th percentile"
    );
    Quantile { q, number: PhantomData }
}

impl<N> Clone for Quantile<N> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<N> Copy for Quantile<N> {}

/// Bits of the mantissa that tell buckets apart: they are 1/64 of their lower end wide.
const MANTISSA_BITS: u32 = 6;
/// Bits of a float below those.
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - MANTISSA_BITS;
/// The bucket of what is no number: above all others.
const NO_NUMBER: i32 = i32::MAX;

/// The bucket of a value: in the order of the values, zero's is 0.
fn bucket_of(value: f64) -> i32 {
    if value.is_nan() {
        return NO_NUMBER;
    }
    // Less than 2^18: eleven bits of exponent and those of the mantissa.
    let magnitude = (value.abs().to_bits() >> SHIFT) as i32 + 1;
    match value {
        _ if value == 0.0 => 0,
        _ if value < 0.0 => -magnitude,
        _ => magnitude,
    }
}

/// The middle of a bucket.
fn middle_of(bucket: i32) -> f64 {
    if bucket == 0 || bucket == NO_NUMBER {
        return if bucket == 0 { 0.0 } else { f64::NAN };
    }
    let magnitude = u64::from(bucket.unsigned_abs() - 1);
    let (low, high) =
        (f64::from_bits(magnitude << SHIFT), f64::from_bits((magnitude + 1) << SHIFT));
    // Infinity's bucket has no upper end.
    let middle = if low.is_infinite() { low } else { low + (high.min(f64::MAX) - low) / 2.0 };
    if bucket < 0 { -middle } else { middle }
}

impl<N: Measure> Aggregate for Quantile<N> {
    type In = N;
    /// Buckets in order with how many values each holds; the least and the greatest value.
    type Acc = (Vec<(i32, u64)>, f64, f64);
    type Out<'a> = f64;
    const COMBINES: bool = true;

    fn add(&self, acc: &mut Self::Acc, value: View<'_, N>) -> Result<(), Overflow> {
        let value = N::measure(value);
        extend(acc, value, value);
        count(&mut acc.0, bucket_of(value), 1);
        Ok(())
    }

    fn merge(
        &self,
        acc: &mut Self::Acc,
        (buckets, least, greatest): View<'_, Self::Acc>,
    ) -> Result<(), Overflow> {
        if !buckets.is_empty() {
            extend(acc, least, greatest);
        }
        for (bucket, n) in buckets {
            count(&mut acc.0, bucket, n);
        }
        Ok(())
    }

    fn finish(&self, (buckets, least, greatest): &Self::Acc) -> f64 {
        let total: u64 = buckets.iter().map(|(_, n)| n).sum();
        let rank = (self.q * total.saturating_sub(1) as f64) as u64;
        let mut below = 0;
        let bucket = buckets.iter().find(|(_, n)| {
            below += n;
            below > rank
        });
        let value = bucket.map_or(f64::NAN, |(bucket, _)| middle_of(*bucket));
        // The ends are known exactly.
        match rank {
            _ if value.is_nan() => value,
            0 => *least,
            _ if rank + 1 == total => *greatest,
            _ => value.max(*least).min(*greatest),
        }
    }
}

/// Takes note of the ends; what is no number has no place between them.
fn extend((buckets, least, greatest): &mut (Vec<(i32, u64)>, f64, f64), low: f64, high: f64) {
    if buckets.is_empty() {
        (*least, *greatest) = (low, high);
    } else {
        (*least, *greatest) = (least.min(low), greatest.max(high));
    }
}

fn count(buckets: &mut Vec<(i32, u64)>, bucket: i32, n: u64) {
    match buckets.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
        Ok(at) => buckets[at].1 += n,
        Err(at) => buckets.insert(at, (bucket, n)),
    }
}
