//! Event time and processing time: milliseconds since the Unix epoch.
//!
//! A [`Timestamp`] is a point in time, a [`Span`] the signed distance of two, a [`Window`] the half-open interval
//! `[start, end)`. Arithmetic saturates: time never wraps, so a window of the last possible millisecond is still a window.

mod alignment;
mod calendar;
mod generator;
mod span;
mod strategy;
mod timestamp;
mod valve;
mod window;

pub(crate) use alignment::Alignments;
pub use generator::{Generator, Watermarks};
pub use span::{ParseSpanError, Span, days, hours, millis, mins, secs};
pub use strategy::{Strategy, bounded, monotonic, punctuated};
pub use timestamp::{Date, ParseTimestampError, Timestamp};
pub use valve::{TimeEvent, TimeEvents, WatermarkValve};
pub use window::Window;
