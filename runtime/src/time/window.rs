//! Half-open intervals of time.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Span, Timestamp};

/// The interval `[start, end)`: `start` belongs to it, `end` does not.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[repr(C)]
pub struct Window {
    /// The first point in time.
    pub start: Timestamp,
    /// The first point in time behind it.
    pub end: Timestamp,
}

impl Window {
    /// The window of `size` that starts at `start`; at the end of time it is cut off.
    pub fn new(start: Timestamp, size: Span) -> Window {
        Window { start, end: start + size }
    }

    /// The start of the window that `time` falls into, among windows of length `size` that begin at every
    /// `offset + k * size`.
    ///
    /// The result is the greatest such start that is not after `time`, or the beginning of time if that start would lie
    /// before it. A `size` below one millisecond counts as one. It is computed in 128 bits, so that it neither wraps nor
    /// panics.
    #[inline]
    pub fn start_of(time: Timestamp, size: Span, offset: Span) -> Timestamp {
        let (time, size) = (i128::from(time.0), i128::from(size.0.max(1)));
        let start = time - (time - i128::from(offset.0)).rem_euclid(size);
        Timestamp(i64::try_from(start).unwrap_or(i64::MIN))
    }

    /// The window of length `size` that `time` falls into.
    #[inline]
    pub fn of(time: Timestamp, size: Span, offset: Span) -> Window {
        Window::new(Window::start_of(time, size, offset), size)
    }

    /// Whether `time` lies in the window.
    #[inline]
    pub fn contains(self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
    }

    /// The last point in time that belongs to the window: the event time of its results.
    #[inline]
    pub fn last(self) -> Timestamp {
        self.end - Span(1)
    }

    /// How long the window is.
    #[inline]
    pub fn size(self) -> Span {
        self.end - self.start
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}
