//! What tumbling windows there are.

use super::assigner::meaning;
use super::live::LiveWindows;
use super::store::{Accumulated, Accumulates};
use super::{Assigner, InvalidWindow, Time};
use crate::operator::Aggregate;
use crate::record::{Key, Record};
use crate::time::{Span, Timestamp, Window};

/// Tumbling windows: of one length, side by side. Made by [`tumbling`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tumbling {
    size: Span,
    offset: Span,
    allowed_lateness: Span,
    time: Time,
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

    /// The window of a point in time, its ends cut off where time ends.
    pub fn window_of(&self, time: Timestamp) -> Window {
        let size = i128::from(self.size.0.max(1));
        let start = aligned(i128::from(time.0), size, self.offset);
        cut(start, start + size)
    }
}

impl Assigner for Tumbling {
    const SINGLE: bool = true;
    type At = Timestamp;
    type Windows = std::iter::Once<Window>;

    #[inline]
    fn windows_of(&self, time: Timestamp) -> Self::Windows {
        std::iter::once(self.window_of(time))
    }

    #[inline(always)]
    fn time(&self) -> Time {
        self.time
    }

    #[inline(always)]
    fn lateness(&self) -> Span {
        self.allowed_lateness
    }

    fn meaning(&self) -> String {
        meaning(&format!("tumbling({}ms)", self.size.0), self.offset, self.time)
    }
    fn mistake(&self) -> Option<InvalidWindow> {
        let (size, offset, lateness) = (self.size, self.offset, self.allowed_lateness);
        if size <= Span::ZERO {
            return Some(InvalidWindow::Size { size });
        }
        if i128::from(offset.0).abs() >= i128::from(size.0) {
            return Some(InvalidWindow::Offset { offset, size, rest: Span(offset.0 % size.0) });
        }
        (lateness < Span::ZERO).then_some(InvalidWindow::Lateness { lateness })
    }
}

impl Accumulates for Tumbling {
    type Store<K: Key, V: Record> = LiveWindows<Tumbling, K, V>;
    type Aggregated<K: Key, A: Aggregate> = Accumulated<Tumbling, K, A>;
    type Panes = Tumbling;

    fn panes(&self) -> Option<Tumbling> {
        Some(*self)
    }
}

/// The greatest point of `offset + k * step` that is not after `time`.
#[inline(always)]
pub(super) fn aligned(time: i128, step: i128, offset: Span) -> i128 {
    let since = time - i128::from(offset.0);
    time - if cfg!(bug_05) { since % step } else { since.rem_euclid(step) }
}

/// The window between two points, cut off where time ends.
#[inline(always)]
pub(super) fn cut(start: i128, end: i128) -> Window {
    let clamp = |t: i128| Timestamp(t.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64);
    let clamp = |t: i128| if cfg!(bug_06) { Timestamp(t as i64) } else { clamp(t) };
    Window { start: clamp(start), end: clamp(end) }
}
