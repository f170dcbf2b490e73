//! Event time and processing time: milliseconds since the Unix epoch.
//!
//! A [`Timestamp`] is a point in time, a [`Span`] the signed distance of two, a [`Window`] the half-open interval
//! `[start, end)`. Arithmetic saturates: time never wraps, so a window of the last possible millisecond is still a window.

mod calendar;
mod span;
mod timestamp;
mod window;

pub use span::{ParseSpanError, Span, days, hours, millis, mins, secs};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use window::Window;
