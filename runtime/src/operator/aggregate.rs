//! Aggregates: accumulators over the records of a key, or of a key and window.

use crate::record::{Emit, Record, View};
use crate::state::type_word;

/// An accumulator: users implement it for `w.with(MyAggregate, |e| ..)`, as
/// [`Agg::with`](crate::stream::Agg::with) shows.
///
/// Several at once are a tuple of aggregates, which is an aggregate of tuples.
pub trait Aggregate: Clone + Send + Sync + 'static {
    /// What is added.
    type In: Record;
    /// What is kept: an ordinary record, so that it can be snapshotted and sent.
    type Acc: Record + Default;
    /// The result; it may borrow from the accumulator.
    type Out<'a>: Emit;
    /// True if parts may be aggregated apart, in any order, and merged: before an exchange, for instance. Aggregates of
    /// one's own say so with the marker [`Combine`].
    #[doc(hidden)]
    const COMBINES: bool = false;
    /// True if a sliding window may be put together from parts of it in order of time: what combines, and sums of floats,
    /// whose last bits then depend on where windows begin.
    #[doc(hidden)]
    const PANES: bool = Self::COMBINES;

    /// What it is called in savepoints: the state of one is not given to another. That is the type's name; an aggregate
    /// with a parameter on which its state depends says so as well, as in `Top(10)`.
    fn meaning(&self) -> String {
        type_word::<Self>().to_owned()
    }

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
    /// The result. Only asked of accumulators to which something was added.
    fn finish<'a>(&self, acc: &'a Self::Acc) -> Self::Out<'a>;
}

/// An accumulator ran over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "integer sum overflows\nhelp: use `wrapping_sum`, or sum as a wider type: `as f64` or `as i128`"
)]
pub struct Overflow;

/// Marks an aggregate of one's own that is exact, commutative and associative: it may be pre-aggregated before an exchange.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be aggregated in parts",
    label = "its result depends on the order of the records",
    note = "to fix: implement `Combine` for aggregates that are exact, commutative and associative"
)]
pub trait Combine: Aggregate {}

macro_rules! tuples {
    ($(($($part:ident $index:tt),*))*) => {$(
        impl<$($part: Aggregate),*> Aggregate for ($($part,)*) {
            type In = ($($part::In,)*);
            type Acc = ($($part::Acc,)*);
            type Out<'a> = ($($part::Out<'a>,)*);
            const COMBINES: bool = true $(&& $part::COMBINES)*;
            const PANES: bool = true $(&& $part::PANES)*;
            fn meaning(&self) -> String {
                format!("({})", [$(self.$index.meaning()),*].join(", "))
            }
            #[inline(always)]
            fn add(&self, acc: &mut Self::Acc, value: View<'_, Self::In>) -> Result<(), Overflow> {
                $(self.$index.add(&mut acc.$index, value.$index)?;)*
                Ok(())
            }
            #[inline(always)]
            fn merge(&self, acc: &mut Self::Acc, other: View<'_, Self::Acc>) -> Result<(), Overflow> {
                $(self.$index.merge(&mut acc.$index, other.$index)?;)*
                Ok(())
            }
            #[inline(always)]
            fn finish<'a>(&self, acc: &'a Self::Acc) -> Self::Out<'a> {
                ($(self.$index.finish(&acc.$index),)*)
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
