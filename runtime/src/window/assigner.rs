//! What windows there are, whatever is kept in them: which a record belongs to, and when they end.

use super::{Divides, InvalidWindow};
use crate::task::Failure;
use crate::time::{Span, Timestamp, Window};

/// Which time windows go by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// That of the records; a window fires when a watermark has passed it.
    Event,
    /// That of the machine when a record comes in; no record is late.
    Processing,
}

/// The windows that a record belongs to: [`tumbling`](super::tumbling), [`sliding`](super::sliding),
/// [`session`](super::session), [`dynamic_session`](super::dynamic_session).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a window",
    label = "not a window",
    note = "to fix: write `tumbling(mins(5))` for windows of five minutes, side by side"
)]
pub trait Assigner: Clone + Send + Sync + 'static {
    /// True if windows of one key that overlap or touch become one: sessions.
    const MERGES: bool = false;
    /// True if every point in time belongs to exactly one window.
    const SINGLE: bool = false;
    /// What places a record in time: a [`Timestamp`], and for dynamic sessions the record's [gap](WithGap).
    type At: At;
    /// Iterator over the windows of a record.
    type Windows: Iterator<Item = Window> + Clone;

    /// The windows of a record, those that start later first; of an assigner that [merges](Assigner::MERGES) one, as it
    /// is before it is merged. None in a gap between windows. The ends of windows are cut off where time ends.
    fn windows_of(&self, at: Self::At) -> Self::Windows;
    /// Which time the windows go by.
    fn time(&self) -> Time;
    /// How long the contents of a window are kept behind its end.
    fn lateness(&self) -> Span;
    /// How many windows a record belongs to at most.
    fn most(&self) -> i64 {
        1
    }
    /// What their state means: see [`State::meaning`](crate::state::State::meaning). How late records may be is no part
    /// of it: windows are kept for longer or shorter from then on.
    fn meaning(&self) -> String;
    /// What is wrong with the windows, if anything is.
    fn mistake(&self) -> Option<InvalidWindow>;

    /// What is wrong with a record's place in time, if anything is: a gap of its own that is none.
    #[inline(always)]
    fn mistake_at(&self, _: Self::At) -> Option<InvalidWindow> {
        None
    }

    /// The windows themselves, if they can be.
    ///
    /// # Errors
    /// See [`InvalidWindow`].
    fn checked(self) -> Result<Self, Failure> {
        match self.mistake() {
            Some(mistake) => Err(Failure::new(mistake)),
            None => Ok(self),
        }
    }

    /// The watermark at which nothing is kept of a window any more.
    #[inline(always)]
    fn cleanup(&self, window: Window) -> Timestamp {
        match self.time() {
            Time::Event => window.last() + self.lateness(),
            Time::Processing => window.last(),
        }
    }
}

/// Words for windows: which, whether they are moved, and by which time they go.
pub(super) fn meaning(windows: &str, offset: Span, time: Time) -> String {
    let moved =
        if offset == Span::ZERO { String::new() } else { format!(" moved by {}ms", offset.0) };
    let clock = if time == Time::Event { "" } else { " by the clock" };
    format!("{windows}{moved}{clock}")
}

/// A place in time of a record.
pub trait At: Copy {
    /// Its time.
    fn time(self) -> Timestamp;
    /// The same at another time: that of the machine.
    #[must_use]
    fn moved_to(self, time: Timestamp) -> Self;
}

impl At for Timestamp {
    #[inline(always)]
    fn time(self) -> Timestamp {
        self
    }
    #[inline(always)]
    fn moved_to(self, time: Timestamp) -> Timestamp {
        time
    }
}

/// A record's time, and how long after it a session is still open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WithGap {
    /// The record's time.
    pub time: Timestamp,
    /// Its gap.
    pub gap: Span,
}

impl At for WithGap {
    #[inline(always)]
    fn time(self) -> Timestamp {
        self.time
    }
    #[inline(always)]
    fn moved_to(self, time: Timestamp) -> WithGap {
        WithGap { time, gap: self.gap }
    }
}

/// Windows whose records' times alone place them: what stands without `.gap(..)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot divide a stream",
    label = "not a window, or one that needs a gap",
    note = "to fix: write `tumbling(mins(5))`, or `.gap(|x| ..)` behind `.window(dynamic_session())`"
)]
pub trait Fixed: Assigner<At = Timestamp> {
    /// The windows. A type of its own, so that rustc says once what is no window, and nothing of what follows.
    type Spec;

    /// The windows themselves, if they can be.
    ///
    /// # Errors
    /// See [`InvalidWindow`].
    fn fixed(self) -> Result<Self::Spec, Failure>;
}

/// Windows whose gap each record decides: what `.gap(..)` stands behind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` takes no gap",
    label = "its length is fixed",
    note = "to fix: remove `.gap(..)`, or write `.window(dynamic_session())`"
)]
pub trait Dynamic: Assigner<At = WithGap> {
    /// The windows: see [`Fixed::Spec`].
    type Spec;

    /// The windows themselves, if they can be.
    ///
    /// # Errors
    /// See [`InvalidWindow`].
    fn dynamic(self) -> Result<Self::Spec, Failure>;
}

/// Marks windows as [`Fixed`].
macro_rules! fixed {
    ($($windows:ty),*) => {$(
        impl $crate::window::Fixed for $windows {
            type Spec = $windows;
            fn fixed(self) -> Result<$windows, $crate::task::Failure> {
                $crate::window::Assigner::checked(self)
            }
        }
    )*};
}
pub(super) use fixed;

fixed! { super::Tumbling, super::Sliding, super::Session }

/// Windows that time ends. Others fire by what only their words tell, and are kept in another way.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has to be written where it is used",
    label = "time does not end these windows, which only their words tell",
    note = "to fix: write `.window(tumbling_count(100))`, or `.window(global_window()).trigger(..)`, in the pipeline itself"
)]
pub trait Ends: Assigner {
    /// The windows: see [`Fixed::Spec`].
    type Spec;

    /// The windows themselves.
    fn ending(self) -> Self::Spec;
}

/// Marks windows as ones that time [ends](Ends).
macro_rules! ends {
    ($($windows:ty),*) => {$(
        impl Ends for $windows {
            type Spec = $windows;
            fn ending(self) -> $windows {
                self
            }
        }
    )*};
}

ends! { super::Tumbling, super::Sliding, super::Session, super::DynamicSession }

impl Dynamic for super::DynamicSession {
    type Spec = super::DynamicSession;
    fn dynamic(self) -> Result<super::DynamicSession, Failure> {
        self.checked()
    }
}

/// The windows themselves, if they can be.
///
/// # Errors
/// See [`InvalidWindow`].
pub fn checked<S: Fixed>(spec: S) -> Result<<S as Fixed>::Spec, Failure> {
    spec.fixed()
}

/// The same where an aggregate follows, and time has to end the windows.
///
/// # Errors
/// See [`InvalidWindow`].
pub fn checked_ending<S>(spec: S) -> Result<<S::Spec as Ends>::Spec, Failure>
where
    S: Fixed<Spec: Ends>,
{
    spec.fixed().map(Ends::ending)
}

/// The same where `.gap(..)` follows.
///
/// # Errors
/// See [`InvalidWindow`].
pub fn checked_dynamic<S: Dynamic>(spec: S) -> Result<<S as Dynamic>::Spec, Failure> {
    spec.dynamic()
}

/// The same where `.fold(..)` follows.
///
/// # Errors
/// See [`InvalidWindow`].
pub fn checked_divided<S>(spec: S) -> Result<<S::Spec as Divides>::Spec, Failure>
where
    S: Ends<Spec: Divides>,
{
    spec.ending().divided()
}
