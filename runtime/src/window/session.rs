//! What sessions there are.

use super::assigner::meaning;
use super::session_windows::SessionWindows;
use super::store::{Accumulated, Accumulates};
use super::{Assigner, InvalidWindow, Time, Tumbling, WithGap};
use crate::operator::Aggregate;
use crate::record::{Key, Record};
use crate::time::{Span, Timestamp, Window};

/// Sessions: a key's records, each at most `gap` after the one before. Made by [`session`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Session {
    gap: Span,
    sessions: DynamicSession,
}

/// Sessions whose gap each record decides. Made by [`dynamic_session`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DynamicSession {
    allowed_lateness: Span,
    time: Time,
}

/// Sessions that end `gap` after their last record (`EventTimeSessionWindows` in Flink).
///
/// A record begins a window `[time, time + gap)`; windows of one key that overlap or touch are one.
///
/// ```
/// # use thalweg::time::mins;
/// # use thalweg::window::session;
/// let visits = session(mins(30)).allowed_lateness(mins(1));
/// ```
pub fn session(gap: Span) -> Session {
    Session { gap, sessions: dynamic_session() }
}

/// Sessions whose gap each record decides (`EventTimeSessionWindows.withDynamicGap` in Flink). `.gap(|x| ..)` follows
/// in the pipeline.
pub fn dynamic_session() -> DynamicSession {
    DynamicSession { allowed_lateness: Span::ZERO, time: Time::Event }
}

impl Session {
    /// Keeps a session until the watermark is so far behind its end: a record that comes until then and belongs to it
    /// makes it fire once more.
    #[must_use]
    pub fn allowed_lateness(self, lateness: Span) -> Session {
        Session { sessions: self.sessions.allowed_lateness(lateness), ..self }
    }

    /// Goes by the time at which records come in, instead of their own.
    #[must_use]
    pub fn processing_time(self) -> Session {
        Session { sessions: self.sessions.processing_time(), ..self }
    }
}

impl DynamicSession {
    /// See [`Session::allowed_lateness`].
    #[must_use]
    pub fn allowed_lateness(self, lateness: Span) -> DynamicSession {
        DynamicSession { allowed_lateness: lateness, ..self }
    }

    /// See [`Session::processing_time`].
    #[must_use]
    pub fn processing_time(self) -> DynamicSession {
        DynamicSession { time: Time::Processing, ..self }
    }
}

impl Assigner for Session {
    const MERGES: bool = true;
    type At = Timestamp;
    type Windows = std::iter::Once<Window>;

    #[inline(always)]
    fn windows_of(&self, time: Timestamp) -> Self::Windows {
        std::iter::once(from(time, self.gap))
    }
    #[inline(always)]
    fn time(&self) -> Time {
        self.sessions.time
    }
    #[inline(always)]
    fn lateness(&self) -> Span {
        self.sessions.allowed_lateness
    }
    fn meaning(&self) -> String {
        meaning(&format!("session({}ms)", self.gap.0), Span::ZERO, self.sessions.time)
    }
    fn mistake(&self) -> Option<InvalidWindow> {
        if self.gap <= Span::ZERO {
            return Some(InvalidWindow::Gap { gap: self.gap });
        }
        self.sessions.mistake()
    }
}

impl Assigner for DynamicSession {
    const MERGES: bool = true;
    type At = WithGap;
    type Windows = std::iter::Once<Window>;

    #[inline(always)]
    fn windows_of(&self, at: WithGap) -> Self::Windows {
        std::iter::once(from(at.time, at.gap))
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
        meaning("dynamic session", Span::ZERO, self.time)
    }
    fn mistake(&self) -> Option<InvalidWindow> {
        let lateness = self.allowed_lateness;
        (lateness < Span::ZERO).then_some(InvalidWindow::Lateness { lateness })
    }

    #[inline(always)]
    fn mistake_at(&self, at: WithGap) -> Option<InvalidWindow> {
        (at.gap <= Span::ZERO).then_some(InvalidWindow::Gap { gap: at.gap })
    }
}

/// `[time, time + gap)`, cut off at the end of time. A gap is greater than zero, which spares a saturating addition half of
/// its instructions.
#[inline(always)]
fn from(time: Timestamp, gap: Span) -> Window {
    Window { start: time, end: Timestamp(time.0.checked_add(gap.0).unwrap_or(i64::MAX)) }
}

macro_rules! accumulates {
    ($($sessions:ident)*) => {$(
        impl Accumulates for $sessions {
            type Store<K: Key, V: Record> = SessionWindows<$sessions, K, V>;
            type Aggregated<K: Key, A: Aggregate> = Accumulated<$sessions, K, A>;
            type Panes = Tumbling;

            fn panes(&self) -> Option<Tumbling> {
                None
            }
        }
    )*};
}
accumulates! { Session DynamicSession }
