//! What sliding windows there are.

use super::assigner::meaning;
use super::live::LiveWindows;
use super::slide_panes::SlidePanes;
use super::slides::SlidingWindows;
use super::store::Accumulates;
use super::tumbling::{aligned, cut};
use super::{Assigner, InvalidWindow, Time};
use crate::operator::Aggregate;
use crate::record::{Key, Record};
use crate::time::{Span, Timestamp, Window};

/// Sliding windows: of one length, one beginning every `slide`. Made by [`sliding`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sliding {
    size: Span,
    slide: Span,
    offset: Span,
    allowed_lateness: Span,
    time: Time,
}

/// Windows of length `size`, one beginning every `slide`, aligned to the Unix epoch (`SlidingEventTimeWindows` in
/// Flink).
///
/// A record belongs to `size / slide` windows. A slide longer than the size leaves gaps: a record in one belongs to no
/// window, and is not late either.
///
/// ```
/// # use thalweg::time::{mins, secs};
/// # use thalweg::window::sliding;
/// let last_ten_minutes_every_minute = sliding(mins(10), mins(1)).allowed_lateness(secs(30));
/// ```
pub fn sliding(size: Span, slide: Span) -> Sliding {
    let zero = Span::ZERO;
    Sliding { size, slide, offset: zero, allowed_lateness: zero, time: Time::Event }
}

impl Sliding {
    /// Moves the windows' borders by `offset`: less than the slide, positive or negative.
    #[must_use]
    pub fn offset(self, offset: Span) -> Sliding {
        Sliding { offset, ..self }
    }

    /// Keeps a window's contents until the watermark is so far behind its end: a record that comes until then makes it
    /// fire once more for the record's key.
    #[must_use]
    pub fn allowed_lateness(self, lateness: Span) -> Sliding {
        Sliding { allowed_lateness: lateness, ..self }
    }

    /// Goes by the time at which records come in, instead of their own.
    #[must_use]
    pub fn processing_time(self) -> Sliding {
        Sliding { time: Time::Processing, ..self }
    }

    /// How long a window is; at least a millisecond.
    #[inline(always)]
    pub(super) fn size(&self) -> i128 {
        i128::from(self.size.0.max(1))
    }

    /// How far apart windows begin; at least a millisecond.
    #[inline(always)]
    pub(super) fn slide(&self) -> i128 {
        i128::from(self.slide.0.max(1))
    }

    /// The greatest start of a window that is not after `time`.
    #[inline(always)]
    pub(super) fn start_before(&self, time: i128) -> i128 {
        aligned(time, self.slide(), self.offset)
    }
}

impl Assigner for Sliding {
    type At = Timestamp;
    type Windows = Slides;

    #[inline]
    fn windows_of(&self, time: Timestamp) -> Slides {
        let time = i128::from(time.0);
        let (size, slide) = (self.size(), self.slide());
        let start = self.start_before(time);
        let after = if cfg!(bug_07) { start - size / slide * slide } else { time - size };
        Slides { start, after, size, slide }
    }

    #[inline(always)]
    fn time(&self) -> Time {
        self.time
    }

    #[inline(always)]
    fn lateness(&self) -> Span {
        self.allowed_lateness
    }

    fn most(&self) -> i64 {
        (self.size.0 - 1) / self.slide.0.max(1) + 1
    }

    fn meaning(&self) -> String {
        let (size, slide) = (self.size.0, self.slide.0);
        meaning(&format!("sliding({size}ms, {slide}ms)"), self.offset, self.time)
    }
    fn mistake(&self) -> Option<InvalidWindow> {
        let (size, slide, offset) = (self.size, self.slide, self.offset);
        if size <= Span::ZERO {
            return Some(InvalidWindow::Size { size });
        }
        if slide <= Span::ZERO {
            return Some(InvalidWindow::Slide { slide });
        }
        if i128::from(offset.0).abs() >= i128::from(slide.0) {
            let rest = Span(offset.0 % slide.0);
            return Some(InvalidWindow::SlideOffset { offset, slide, rest });
        }
        let lateness = self.allowed_lateness;
        (lateness < Span::ZERO).then_some(InvalidWindow::Lateness { lateness })
    }
}

impl Accumulates for Sliding {
    type Store<K: Key, V: Record> = LiveWindows<Sliding, K, V>;
    type Aggregated<K: Key, A: Aggregate> = SlidingWindows<K, A>;
    type Panes = SlidePanes;

    fn panes(&self) -> Option<SlidePanes> {
        Some(SlidePanes(*self))
    }
}

/// Iterator over the sliding windows of a point in time, the latest first.
#[derive(Clone, Debug)]
pub struct Slides {
    /// The next start.
    start: i128,
    /// Windows begin behind this point.
    after: i128,
    size: i128,
    slide: i128,
}

impl Iterator for Slides {
    type Item = Window;

    #[inline]
    fn next(&mut self) -> Option<Window> {
        if self.start <= self.after {
            return None;
        }
        let start = self.start;
        self.start -= self.slide;
        Some(cut(start, start + self.size))
    }
}
