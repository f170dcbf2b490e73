//! Operators as library code: what emitted chains call.

mod aggregate;
mod aggregates;
mod number;
mod results;

pub use aggregate::{Aggregate, Combine, Overflow};
pub use aggregates::{
    Avg, Count, CountDistinct, First, Last, Max, MaxBy, Min, MinBy, Sum, ToVec, Top, WrappingSum,
    avg, count, count_distinct, first, last, max, max_by, min, min_by, own, sum, to_vec, top,
    wrapping_sum,
};
pub use number::{Exact, Number, Total};
pub use results::{
    Changed, ChangedRef, ChangedWith, Failed, FailedRef, FailedWith, Windowed, WindowedRef,
    WindowedWith,
};
