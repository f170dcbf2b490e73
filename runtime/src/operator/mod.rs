//! Operators as library code: what emitted chains call.

mod aggregate;
mod aggregates;
mod dedup;
mod fold;
mod number;
mod overflow;
mod own;
mod reduce;
mod results;
mod running;
#[cfg(test)]
mod tests;

pub use aggregate::{Aggregate, Combine, Overflow};
pub use aggregates::{
    ApproxCountDistinct, Avg, Count, CountDistinct, First, Last, Max, MaxBy, Measure, Min, MinBy,
    Quantile, Sum, ToVec, Top, WrappingSum, approx_count_distinct, avg, count, count_distinct,
    first, last, max, max_by, min, min_by, quantile, sum, to_vec, top, wrapping_sum,
};
pub use dedup::Dedup;
pub use fold::Fold;
pub use number::{Number, Total};
pub(crate) use overflow::failed_on;
pub use own::{Own, Owned, Parts};
pub use reduce::{Reduce, RunningSlot};
pub use results::{
    Changed, ChangedRef, ChangedWith, Failed, FailedRef, FailedWith, Windowed, WindowedRef,
    WindowedWith,
};
pub use running::Running;
