//! `min`, `max`, `min_by`, `max_by`.

use std::cmp::Ordering;

use super::aggregate;
use crate::operator::{Aggregate, Overflow};
use crate::record::{Ranked, Record, View};

macro_rules! extremes {
    ($($(#[$doc:meta])* $name:ident $make:ident, $(#[$by_doc:meta])* $by_name:ident $by_make:ident, $wins:path;)*) => {$(
        aggregate! { $(#[$doc])* $name<O: Ranked>, $make }

        impl<O: Ranked> Aggregate for $name<O> {
            type In = O;
            type Acc = Option<O>;
            const COMBINES: bool = true;
            type Out<'a> = View<'a, O>;
            #[inline]
            fn add(&self, best: &mut Option<O>, value: View<'_, O>) -> Result<(), Overflow> {
                match best {
                    Some(best) if !matches!(O::rank(value, best.as_view()), $wins) => {}
                    _ => *best = Some(O::from_view(value)),
                }
                Ok(())
            }
            #[inline]
            fn merge(&self, best: &mut Option<O>, other: Option<View<'_, O>>) -> Result<(), Overflow> {
                other.map_or(Ok(()), |other| self.add(best, other))
            }
            #[inline]
            fn finish<'a>(&self, best: &'a Option<O>) -> View<'a, O> {
                best.as_ref().expect("something was added").as_view()
            }
        }

        aggregate! { $(#[$by_doc])* $by_name<O: Ranked, T: Record>, $by_make }

        impl<O: Ranked, T: Record> Aggregate for $by_name<O, T> {
            type In = (O, T);
            type Acc = Option<(O, T)>;
            type Out<'a> = View<'a, T>;
            #[inline]
            fn add(&self, best: &mut Self::Acc, value: View<'_, (O, T)>) -> Result<(), Overflow> {
                match best {
                    Some((best, _)) if !matches!(O::rank(value.0, best.as_view()), $wins) => {}
                    _ => *best = Some(<(O, T)>::from_view(value)),
                }
                Ok(())
            }
            #[inline]
            fn merge(&self, best: &mut Self::Acc, other: View<'_, Self::Acc>) -> Result<(), Overflow> {
                other.map_or(Ok(()), |other| self.add(best, other))
            }
            #[inline]
            fn finish<'a>(&self, best: &'a Self::Acc) -> View<'a, T> {
                best.as_ref().expect("something was added").1.as_view()
            }
        }
    )*};
}

extremes! {
    /// The least value.
    Min min,
    /// The first record with the least value.
    MinBy min_by,
    Ordering::Less;
    /// The greatest value.
    Max max,
    /// The first record with the greatest value.
    MaxBy max_by,
    Ordering::Greater;
}
