//! Event time and processing time: milliseconds since the Unix epoch.

mod generator;
mod span;
mod strategy;
mod valve;

pub use generator::{Generator, Watermarks};
pub use span::{Span, millis, mins, secs};
pub use strategy::{Strategy, bounded, monotonic, punctuated};
pub use valve::{TimeEvent, TimeEvents, WatermarkValve};

/// Milliseconds since the Unix epoch; may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Before all time: of an element without a timestamp, and the watermark before the first.
    pub const MIN: Timestamp = Timestamp(i64::MIN);
    /// After all time: the watermark behind the end of a bounded input.
    pub const MAX: Timestamp = Timestamp(i64::MAX);
}
