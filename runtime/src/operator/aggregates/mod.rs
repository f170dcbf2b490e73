//! The aggregates of the language. Each has a constructor whose type parameters are inferred from what is added.

mod approximate;
mod distinct;
mod elements;
mod extremes;
mod quantile;
mod sums;
#[cfg(test)]
mod tests;

pub use approximate::{ApproxCountDistinct, approx_count_distinct};
pub use distinct::{CountDistinct, count_distinct};
pub use elements::{First, Last, ToVec, Top, first, last, to_vec, top};
pub use extremes::{Max, MaxBy, Min, MinBy, max, max_by, min, min_by};
pub use quantile::{Measure, Quantile, quantile};
pub use sums::{Avg, Count, Sum, WrappingSum, avg, count, sum, wrapping_sum};

/// A zero-sized aggregate that is `Copy` whatever its parameters are, and its constructor.
macro_rules! aggregate {
    ($(#[$doc:meta])* $name:ident<$($parameter:ident: $bound:path),*>, $make:ident) => {
        $(#[$doc])*
        pub struct $name<$($parameter),*>(std::marker::PhantomData<fn() -> ($($parameter,)*)>);

        impl<$($parameter),*> Clone for $name<$($parameter),*> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<$($parameter),*> Copy for $name<$($parameter),*> {}
        impl<$($parameter),*> std::fmt::Debug for $name<$($parameter),*> {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(stringify!($make))
            }
        }

        $(#[$doc])*
        pub fn $make<$($parameter: $bound),*>() -> $name<$($parameter),*> {
            $name(std::marker::PhantomData)
        }
    };
}
use aggregate;
