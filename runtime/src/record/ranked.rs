//! A total order on views, for `min`, `max` and `top`.

use std::cmp::Ordering;

use super::{Record, SliceView, View};
use crate::time::{Span, Timestamp, Window};

/// A record whose views have a total order: floats by `total_cmp`, everything else as `Ord` has it.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no order",
    label = "cannot be compared",
    note = "to fix: compare numbers, strings, times, or records and tuples of those; hash maps and sets have no order"
)]
pub trait Ranked: Record {
    /// Which of two views comes first.
    fn rank(a: View<'_, Self>, b: View<'_, Self>) -> Ordering;
}

macro_rules! by_ord {
    ($($type:ty)*) => {$(
        impl Ranked for $type {
            #[inline(always)]
            fn rank(a: View<'_, Self>, b: View<'_, Self>) -> Ordering {
                a.cmp(&b)
            }
        }
    )*};
}
by_ord!(u8 i8 u16 i16 u32 i32 u64 i64 u128 i128 bool char String Timestamp Span Window);

impl Ranked for f32 {
    #[inline(always)]
    fn rank(a: f32, b: f32) -> Ordering {
        a.total_cmp(&b)
    }
}

impl Ranked for f64 {
    #[inline(always)]
    fn rank(a: f64, b: f64) -> Ordering {
        a.total_cmp(&b)
    }
}

impl Ranked for () {
    fn rank((): (), (): ()) -> Ordering {
        Ordering::Equal
    }
}

impl<T: Ranked> Ranked for Option<T> {
    #[inline]
    fn rank(a: Option<View<'_, T>>, b: Option<View<'_, T>>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) => T::rank(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        }
    }
}

impl<T: Ranked> Ranked for Vec<T> {
    fn rank(a: SliceView<'_, T>, b: SliceView<'_, T>) -> Ordering {
        let mut pairs = a.iter().zip(b).map(|(a, b)| T::rank(a, b));
        let first = pairs.find(|order| order.is_ne());
        first.unwrap_or_else(|| a.len().cmp(&b.len()))
    }
}

macro_rules! tuples {
    ($(($($part:ident $index:tt),*))*) => {$(
        impl<$($part: Ranked),*> Ranked for ($($part,)*) {
            #[inline]
            fn rank(a: View<'_, Self>, b: View<'_, Self>) -> Ordering {
                Ordering::Equal $(.then_with(|| $part::rank(a.$index, b.$index)))*
            }
        }
    )*};
}
tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
