//! What tumbling windows there are.

use crate::task::Failure;
use crate::time::{Span, Timestamp, Window};

/// Tumbling windows: of one length, side by side. Made by [`tumbling`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tumbling {
    size: Span,
    offset: Span,
    allowed_lateness: Span,
    time: Time,
}

/// Which time windows go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// That of the records; a window fires when a watermark has passed it.
    Event,
    /// That of the machine when a record comes in; no record is late.
    Processing,
}

/// Windows of length `size`, side by side, from the Unix epoch on (`TumblingEventTimeWindows` in Flink).
///
/// ```
/// # use thalweg::time::{hours, mins};
/// # use thalweg::window::tumbling;
/// let days_in_berlin = tumbling(hours(24)).offset(hours(-1)).allowed_lateness(mins(5));
/// ```
pub fn tumbling(size: Span) -> Tumbling {
    Tumbling { size, offset: Span::ZERO, allowed_lateness: Span::ZERO, time: Time::Event }
}

/// Why windows cannot be as they were asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InvalidWindow {
    /// No length.
    #[error("a window's length must be positive, not {size}\nhelp: write `tumbling(mins(5))`")]
    Size {
        /// The length asked for.
        size: Span,
    },
    /// An offset of a whole window or more.
    #[error(
        "a window's offset must be shorter than the window: {offset} is not shorter than {size}\n\
         help: leave out whole windows: an offset of {rest} means the same"
    )]
    Offset {
        /// The offset asked for.
        offset: Span,
        /// The length.
        size: Span,
        /// The offset without whole windows.
        rest: Span,
    },
    /// Lateness below zero.
    #[error(
        "allowed lateness must not be negative, but is {lateness}\nhelp: write `.allowed_lateness(mins(1))`"
    )]
    Lateness {
        /// The lateness asked for.
        lateness: Span,
    },
}

impl Tumbling {
    /// Moves the windows' borders by `offset`: less than the windows' length, positive or negative.
    #[must_use]
    pub fn offset(self, offset: Span) -> Tumbling {
        Tumbling { offset, ..self }
    }

    /// Keeps a window's contents until the watermark is so far behind its end: a record that comes until then makes it
    /// fire once more for the record's key.
    #[must_use]
    pub fn allowed_lateness(self, lateness: Span) -> Tumbling {
        Tumbling { allowed_lateness: lateness, ..self }
    }

    /// Goes by the time at which records come in, instead of their own.
    #[must_use]
    pub fn processing_time(self) -> Tumbling {
        Tumbling { time: Time::Processing, ..self }
    }

    /// The windows themselves, if they can be.
    ///
    /// # Errors
    /// See [`InvalidWindow`].
    pub fn checked(self) -> Result<Tumbling, Failure> {
        match self.mistake() {
            Some(mistake) => Err(Failure::new(mistake)),
            None => Ok(self),
        }
    }

    /// What is wrong with the windows, if anything is.
    pub fn mistake(&self) -> Option<InvalidWindow> {
        let (size, offset, lateness) = (self.size, self.offset, self.allowed_lateness);
        if size <= Span::ZERO {
            return Some(InvalidWindow::Size { size });
        }
        if i128::from(offset.0).abs() >= i128::from(size.0) {
            return Some(InvalidWindow::Offset { offset, size, rest: Span(offset.0 % size.0) });
        }
        (lateness < Span::ZERO).then_some(InvalidWindow::Lateness { lateness })
    }

    /// Which time the windows go by.
    pub fn time(&self) -> Time {
        self.time
    }

    /// The window of a point in time, its ends cut off where time ends.
    pub fn window_of(&self, time: Timestamp) -> Window {
        let (size, offset) = (i128::from(self.size.0.max(1)), i128::from(self.offset.0));
        let time = i128::from(time.0);
        let start = time - (time - offset).rem_euclid(size);
        let clamp = |t: i128| Timestamp(t.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64);
        Window { start: clamp(start), end: clamp(start + size) }
    }

    /// The watermark at which nothing is kept of a window any more.
    pub(super) fn cleanup(&self, window: Window) -> Timestamp {
        match self.time {
            Time::Event => last(window) + self.allowed_lateness,
            Time::Processing => last(window),
        }
    }
}

/// The last point in time of a window.
pub(super) fn last(window: Window) -> Timestamp {
    window.end - Span(1)
}
