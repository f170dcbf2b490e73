//! What a test does to a task, and what it looks at.

use super::{Action, Runner, Timestamp};
use crate::state::State;
use crate::time::TimeEvent;

/// What a test says about the time of a split.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    Time(TimeEvent),
    End,
}

/// What a task's input said of time.
#[derive(Default)]
pub(super) struct Told {
    events: Vec<TimeEvent>,
    /// The end of data is told only if time has not ended before.
    ended: bool,
}

impl Runner {
    /// Keeps what becomes of time from here on: see [`told`](Runner::told).
    pub(crate) fn listen(&mut self) {
        self.told = Some(Told::default());
    }

    /// Watermarks and idle marks of the task's input since the last call, each behind what it led to.
    pub(crate) fn told(&mut self) -> Vec<TimeEvent> {
        self.told.as_mut().map(|told| std::mem::take(&mut told.events)).unwrap_or_default()
    }

    pub(super) fn tell(&mut self, action: Action) {
        let Some(told) = &mut self.told else { return };
        let event = match action {
            Action::Time(event) => event,
            Action::Generated(_, event) if self.handles.source.is_some() => event,
            Action::End { drain: true } => TimeEvent::Watermark(Timestamp::MAX),
            _ => return,
        };
        let ends = event == TimeEvent::Watermark(Timestamp::MAX);
        if !(ends && std::mem::replace(&mut told.ended, ends)) {
            told.events.push(event);
        }
    }

    /// Takes at most `records` records in a turn.
    pub(crate) fn pace(&mut self, records: usize) {
        self.pace = super::Pace::fixed(records);
    }

    /// True if the task makes watermarks, so that it can be told some.
    pub(crate) fn makes_time(&self) -> bool {
        !self.handles.watermarks.is_empty()
    }

    /// Tells the generators of the task's source what to say of a split.
    pub(crate) fn mark(&mut self, split: usize, mark: Mark) {
        for (index, watermarks) in self.handles.watermarks.iter().enumerate() {
            let mut watermarks = watermarks.borrow_mut();
            match mark {
                Mark::Time(event) => watermarks.told(split, event),
                Mark::End => watermarks.end(split),
            }
            let due = watermarks.due(true).into_iter().flatten();
            self.actions.extend(due.map(|event| Action::Generated(index, event)));
        }
    }

    /// How far the task's input is.
    pub(crate) fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// Looks at each state of the task with its id.
    pub(crate) fn each_state(&self, look: &mut dyn FnMut(&str, &dyn State)) {
        for (id, state) in &self.handles.states {
            look(id, &*state.borrow());
        }
    }

    /// Tells what the task has counted so far.
    pub(crate) fn publish(&mut self) {
        self.meter.publish(&self.handles, self.watermark);
    }

    /// True if the task has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.phase == super::Phase::Closed
    }

    /// True if an output or sink is full.
    pub(crate) fn is_blocked(&self) -> bool {
        self.stage.blocked.get()
    }
}
