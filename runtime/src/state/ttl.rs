//! How long state lives behind its last write.

use crate::time::{Span, Timestamp};

/// What `.ttl(..)` takes: a [`Span`] of processing time, or [`event_time`] of one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ttl {
    span: Span,
    in_event_time: bool,
}

/// A time to live in event time: `.ttl(event_time(hours(1)))`.
///
/// State is gone for a record once the record's own time, or the watermark, is `span` or more past the last write:
/// the answer is the same however fast the input comes.
///
/// ```
/// use thalweg::prelude::*;
/// use thalweg::state::Ttl;
/// assert_ne!(event_time(hours(1)), Ttl::from(hours(1)));
/// ```
pub fn event_time(span: Span) -> Ttl {
    Ttl { span, in_event_time: true }
}

impl From<Span> for Ttl {
    fn from(span: Span) -> Ttl {
        Ttl { span, in_event_time: false }
    }
}

impl Ttl {
    /// What was given, if it is positive.
    ///
    /// # Errors
    /// If state would be gone as soon as it is written.
    pub fn checked(ttl: impl Into<Ttl>) -> crate::Result<Ttl> {
        let ttl = ttl.into();
        if ttl.span <= Span(0) {
            let given = ttl.span;
            return Err(format!(
                "a time to live must be positive, not {given}\nhelp: give a duration such as `hours(1)`"
            )
            .into());
        }
        Ok(ttl)
    }

    /// The same time, for so long.
    pub(crate) fn lasting(self, span: Span) -> Ttl {
        Ttl { span, ..self }
    }

    /// How long.
    pub fn span(self) -> Span {
        self.span
    }

    /// Whether it is measured in event time.
    pub fn is_in_event_time(self) -> bool {
        self.in_event_time
    }
}

/// When something happens, in every sense of the word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    /// The time of the record, or of the timer.
    pub time: Timestamp,
    /// The watermark.
    pub watermark: Timestamp,
    /// The machine's time.
    pub processing_time: Timestamp,
}

impl Default for Moment {
    fn default() -> Moment {
        Moment { time: Timestamp::MIN, watermark: Timestamp::MIN, processing_time: Timestamp::MIN }
    }
}

/// How long entries are kept, and what has to be noted with each to know it.
pub trait Keep: 'static {
    /// What is noted with an entry when it is written.
    type Stamp: Copy + Default + 'static;
    /// Whether entries are ever gone; if not, nothing need be known about when they are written.
    const ENDS: bool;
    /// The note of a write at `at`; `before` is the one that was there.
    fn stamp(&self, before: Option<Self::Stamp>, at: &Moment) -> Self::Stamp;
    /// When an entry was written, by its note.
    fn written(stamp: Self::Stamp) -> Timestamp;
    /// The note of an entry that was written then.
    fn noted(written: Timestamp) -> Self::Stamp;
    /// Whether an entry is gone for whoever looks at `at`.
    fn is_gone(&self, stamp: Self::Stamp, at: &Moment) -> bool;
    /// The time to live, if there is one.
    fn ttl(&self) -> Option<Ttl>;
}

/// Entries are kept until they are removed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forever;

impl Keep for Forever {
    type Stamp = ();
    const ENDS: bool = false;
    #[inline(always)]
    fn stamp(&self, _: Option<()>, _: &Moment) {}
    fn written((): ()) -> Timestamp {
        Timestamp::MIN
    }
    fn noted(_: Timestamp) {}
    #[inline(always)]
    fn is_gone(&self, (): (), _: &Moment) -> bool {
        false
    }
    #[inline(always)]
    fn ttl(&self) -> Option<Ttl> {
        None
    }
}

impl Keep for Ttl {
    type Stamp = Timestamp;
    const ENDS: bool = true;
    #[inline(always)]
    fn stamp(&self, before: Option<Timestamp>, at: &Moment) -> Timestamp {
        let now = if self.in_event_time { at.time } else { at.processing_time };
        before.map_or(now, |before| before.max(now))
    }
    fn written(stamp: Timestamp) -> Timestamp {
        stamp
    }
    fn noted(written: Timestamp) -> Timestamp {
        written
    }
    #[inline(always)]
    fn is_gone(&self, written: Timestamp, at: &Moment) -> bool {
        let now = if self.in_event_time { at.time.max(at.watermark) } else { at.processing_time };
        now >= written + self.span
    }
    #[inline(always)]
    fn ttl(&self) -> Option<Ttl> {
        Some(*self)
    }
}
