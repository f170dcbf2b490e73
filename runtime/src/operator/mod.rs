//! Operators as library code: what emitted chains call.

mod aggregate;
mod results;

pub use aggregate::{Aggregate, Combine, Overflow};
pub use results::{
    Changed, ChangedRef, ChangedWith, Failed, FailedRef, FailedWith, Windowed, WindowedRef,
    WindowedWith,
};
