//! Control frames that wait until the answers before them were handed on.

use std::collections::VecDeque;

use super::asynchronous::Awaited;
use super::inbox::Action;
use crate::time::TimeEvent;

/// The frames, in order; each has its mark in the queue of what waits.
#[derive(Debug, Default)]
pub(super) struct Held {
    waiting: VecDeque<Action>,
    /// The first one, once nothing before it waits: the next to go on.
    due: Option<Action>,
}

impl Held {
    /// Keeps a frame if anything before it waits; answers whether it does. Frames held are as many as records that
    /// wait, about: between two records the last watermark says it all.
    pub(super) fn hold(&mut self, action: Action, awaited: &mut dyn Awaited) -> bool {
        let nothing_waits = awaited.is_empty() && self.is_empty();
        if nothing_waits || matches!(action, Action::Flush { .. }) {
            return false;
        }
        let repeats = self.waiting.back().is_some_and(|last| moves_the_same(*last, action));
        if repeats && awaited.has_mark_at_end() {
            self.waiting.pop_back();
        } else {
            awaited.mark();
        }
        self.waiting.push_back(action);
        true
    }

    /// Looks whether the first frame may go on.
    pub(super) fn settle(&mut self, awaited: &dyn Awaited) {
        if self.due.is_none() && !self.waiting.is_empty() && awaited.is_settled() {
            self.due = self.waiting.pop_front();
        }
    }

    /// True if no frame is held.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.due.is_none()
    }

    /// The frame that may go on.
    pub(super) fn due(&self) -> Option<Action> {
        self.due
    }

    /// It has gone.
    pub(super) fn gone(&mut self) {
        self.due = None;
    }
}

/// Two watermarks of the same clock.
fn moves_the_same(a: Action, b: Action) -> bool {
    match (a, b) {
        (Action::Time(TimeEvent::Watermark(_)), Action::Time(TimeEvent::Watermark(_))) => true,
        (
            Action::Generated(a, TimeEvent::Watermark(_)),
            Action::Generated(b, TimeEvent::Watermark(_)),
        ) => a == b,
        _ => false,
    }
}
