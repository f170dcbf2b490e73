//! Half-open intervals of time.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Span, Timestamp};

/// The interval `[start, end)`: `start` belongs to it, `end` does not.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[repr(C)] // As in an archive.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Mostly the ends of the range and numbers near zero, where arithmetic goes wrong.
    fn edges() -> impl Strategy<Value = i64> {
        prop_oneof![
            (0..3_i64).prop_map(|n| i64::MIN + n),
            (0..3_i64).prop_map(|n| i64::MAX - n),
            -100..100_i64,
            any::<i64>(),
        ]
    }

    proptest! {
        #[test]
        fn every_time_falls_into_exactly_one_window(time in edges(), size in edges(), offset in edges()) {
            let start = Window::start_of(Timestamp(time), Span(size), Span(offset));
            let (start, time, size) = (i128::from(start.0), i128::from(time), i128::from(size.max(1)));
            prop_assert!(start <= time && time < start + size);
            let is_aligned = (start - i128::from(offset)).rem_euclid(size) == 0;
            prop_assert!(is_aligned || start == i128::from(i64::MIN));
        }

        #[test]
        fn windows_contain_their_first_and_last_point(time in edges(), size in 1..i64::MAX, offset in edges()) {
            let window = Window::of(Timestamp(time), Span(size), Span(offset));
            prop_assert!(window.start <= window.last() || window.start == Timestamp::MAX);
            prop_assert!(!window.contains(window.end));
            // The last millisecond of all belongs to no window whose end can be written.
            prop_assert!(window.contains(Timestamp(time)) || time == i64::MAX);
        }

        #[test]
        fn texts_of_times_are_read_back(time in edges()) {
            prop_assert_eq!(Timestamp(time).to_string().parse(), Ok(Timestamp(time)));
            prop_assert_eq!(Span(time).to_string().parse(), Ok(Span(time)));
        }
    }
}
