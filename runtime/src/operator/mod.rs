//! Operators as library code: what emitted chains call.

mod aggregate;

pub use aggregate::{Aggregate, Combine, Overflow};
