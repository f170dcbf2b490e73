//! Triggers: when a window's function runs.
//!
//! A trigger sees every element of a window and every timer that it set, and says whether the window fires now, and
//! whether its contents go. Those of this module are made by [`event_time`], [`processing_time`], [`count`],
//! [`end_of_stream`], [`early`] and [`purging`]; one's own implements [`Trigger`].
//!
//! ```text
//!   element ──▶ on_element ─────┐
//!   watermark ─▶ on_event_time ─┼─▶ TriggerResult: go on, fire, purge, or both
//!   clock ─▶ on_processing_time ┘
//! ```

mod count;
mod delta;
mod early;
mod purging;
mod time;

pub use count::{Count, count};
pub use delta::{Delta, delta};
pub use early::{Early, early};
pub use purging::{Purging, purging};
pub use time::{
    ByTime, EndOfStream, EventTime, ProcessingTime, end_of_stream, event_time, processing_time,
};

use super::assigner::Time;
use super::general::TimersOf;
use crate::record::{Record, View};
use crate::state::type_word;
use crate::time::{Timestamp, Window};

/// Decides when a window of elements of type `T` fires: users implement it for `.trigger(..)`. Flink: `Trigger`.
///
/// One value serves all windows of a task; what it has to remember of a window is its `State`, an ordinary record that
/// is kept, and forgotten, with the window. All methods but [`on_element`](Trigger::on_element) may be left out.
///
/// ```
/// # use thalweg::prelude::*;
/// use thalweg::trigger::{Trigger, TriggerCx, TriggerResult};
///
/// /// Fires at the end of a window, and at once for every large order.
/// #[derive(Clone)]
/// struct AtOnce {
///     cents: u64,
/// }
///
/// impl Trigger<(String, u64)> for AtOnce {
///     type State = ();
///
///     fn on_element(&self, (_, cents): (&str, u64), cx: &mut TriggerCx<'_, ()>) -> TriggerResult {
///         cx.event_timer(cx.last());
///         if cents >= self.cents { TriggerResult::Fire } else { TriggerResult::Continue }
///     }
///     fn on_event_time(&self, _: Timestamp, _: &mut TriggerCx<'_, ()>) -> TriggerResult {
///         TriggerResult::Fire
///     }
/// }
/// # #[pipeline]
/// # fn example() {
/// # let orders = source(collection(Vec::<(String, u64)>::new())).event_time(|_| Timestamp(0)).watermarks(monotonic());
/// orders
///     .key_by(|(customer, _)| customer)
///     .window(tumbling(days(1)))
///     .trigger(AtOnce { cents: 1_000_00 })
///     .sum(|(_, cents)| cents)
///     .sink(print());
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a trigger for windows of `{T}`",
    label = "cannot say when such a window fires",
    note = "to fix: write `.trigger(trigger::count(100))`, another trigger of that module, or implement `Trigger<{T}>`"
)]
pub trait Trigger<T: Record>: Clone + Send + Sync + 'static {
    /// What is remembered per key and window; made by `default` when it is first asked for.
    type State: Record + Default;
    /// True if it can be used on session windows: [`on_merge`](Trigger::on_merge) is there.
    const MERGES: bool = false;

    /// What it is called in savepoints: what one has remembered is not given to another. That is the type's name.
    fn meaning(&self) -> String {
        type_word::<Self>().to_owned()
    }

    /// An element was added to the window.
    fn on_element(
        &self,
        element: View<'_, T>,
        cx: &mut TriggerCx<'_, Self::State>,
    ) -> TriggerResult;

    /// The watermark has reached a timer that was set by [`TriggerCx::event_timer`].
    fn on_event_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, Self::State>) -> TriggerResult {
        let _ = (time, cx);
        TriggerResult::Continue
    }

    /// The clock has passed a timer that was set by [`TriggerCx::processing_timer`].
    fn on_processing_time(
        &self,
        time: Timestamp,
        cx: &mut TriggerCx<'_, Self::State>,
    ) -> TriggerResult {
        let _ = (time, cx);
        TriggerResult::Continue
    }

    /// Session windows were merged into the one of `cx`, which starts without timers and with the default state: called
    /// for each of them, in order of their starts, with what the trigger remembered of it. The element that made them
    /// one is added afterwards.
    fn on_merge(&self, merged: Self::State, cx: &mut TriggerCx<'_, Self::State>) {
        let _ = (merged, cx);
    }

    /// The window goes away for good. State and timers are dropped anyway.
    fn clear(&self, cx: &mut TriggerCx<'_, Self::State>) {
        let _ = cx;
    }

    /// What is wrong with the trigger, if anything is: asked once, when the job starts.
    fn mistake(&self) -> Option<String> {
        None
    }
}

/// What a [`Trigger`] decides. Flink: `TriggerResult`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TriggerResult {
    /// Nothing happens.
    #[default]
    Continue,
    /// The window's function runs; the contents stay.
    Fire,
    /// The contents are dropped.
    Purge,
    /// The window's function runs, then the contents are dropped.
    FireAndPurge,
}

impl TriggerResult {
    /// True if the function runs.
    pub fn fires(self) -> bool {
        matches!(self, TriggerResult::Fire | TriggerResult::FireAndPurge)
    }

    /// True if the contents are dropped.
    pub fn purges(self) -> bool {
        matches!(self, TriggerResult::Purge | TriggerResult::FireAndPurge)
    }
}

/// What a trigger is told of its window, and what it may do. Flink: `TriggerContext`.
pub struct TriggerCx<'c, S> {
    pub(super) now: Now,
    pub(super) window: Window,
    pub(super) last: Timestamp,
    pub(super) timestamp: Timestamp,
    pub(super) state: &'c mut Option<S>,
    pub(super) timers: TimersOf<'c>,
}

/// What time it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub watermark: Timestamp,
    /// The greatest processing time so far.
    pub clock: Timestamp,
    /// Which time the windows go by.
    pub time: Time,
}

impl<S: Default> TriggerCx<'_, S> {
    /// The window. A global one is all of time.
    pub fn window(&self) -> Window {
        self.window
    }

    /// The window's last point in time: its end less a millisecond; of a global window [`Timestamp::MAX`].
    pub fn last(&self) -> Timestamp {
        self.last
    }

    /// The element's event time; in a timer's method, the time of the timer.
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The watermark: no more elements up to this time are expected.
    pub fn watermark(&self) -> Timestamp {
        self.now.watermark
    }

    /// The machine's time.
    pub fn processing_time(&self) -> Timestamp {
        self.now.clock
    }

    /// What is remembered of the window.
    pub fn state(&mut self) -> &mut S {
        self.state.get_or_insert_with(S::default)
    }

    /// Forgets what is remembered of the window.
    pub fn clear_state(&mut self) {
        *self.state = None;
    }

    /// Asks for [`Trigger::on_event_time`] when the watermark reaches `at`. A time that it has reached already counts as
    /// reached when the watermark next moves. Asking twice is asking once.
    pub fn event_timer(&mut self, at: Timestamp) {
        self.timers.set(Time::Event, at);
    }

    /// Asks for [`Trigger::on_processing_time`] when `at` has passed; at the end of the input, it has. Asking twice is
    /// asking once.
    pub fn processing_timer(&mut self, at: Timestamp) {
        self.timers.set(Time::Processing, at);
    }

    /// Takes back [`event_timer`](TriggerCx::event_timer).
    pub fn delete_event_timer(&mut self, at: Timestamp) {
        self.timers.delete(Time::Event, at);
    }

    /// Takes back [`processing_timer`](TriggerCx::processing_timer).
    pub fn delete_processing_timer(&mut self, at: Timestamp) {
        self.timers.delete(Time::Processing, at);
    }
}
