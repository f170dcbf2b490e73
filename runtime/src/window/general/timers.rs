//! Timers of triggers, and those at which windows go away.

use std::collections::BTreeSet;

use crate::time::{Timestamp, Window};
use crate::window::assigner::Time;

/// A timer: when, the key's hash, the window, the slot's number. Equal ones fire in this order, so that a key's windows
/// fire in order of their starts.
pub(super) type Timer = (Timestamp, u64, Window, u32);

/// All timers of an operator.
#[derive(Default)]
pub(super) struct Timers {
    event: BTreeSet<Timer>,
    processing: BTreeSet<Timer>,
}

impl Timers {
    pub fn of(&self, time: Time) -> &BTreeSet<Timer> {
        match time {
            Time::Event => &self.event,
            Time::Processing => &self.processing,
        }
    }

    pub fn of_mut(&mut self, time: Time) -> &mut BTreeSet<Timer> {
        match time {
            Time::Event => &mut self.event,
            Time::Processing => &mut self.processing,
        }
    }

    pub fn len(&self) -> usize {
        self.event.len() + self.processing.len()
    }
}

/// The timers that a slot's trigger has set; at most a few.
pub(super) type Set = Vec<(Time, Timestamp)>;

/// The timers of one slot.
pub(in crate::window) struct TimersOf<'t> {
    pub(super) all: &'t mut Timers,
    pub(super) set: &'t mut Set,
    /// The timer at which the window goes away: it stays, whatever the trigger does.
    pub(super) cleanup: Option<(Time, Timestamp)>,
    pub(super) hash: u64,
    pub(super) window: Window,
    pub(super) number: u32,
}

impl TimersOf<'_> {
    pub(in crate::window) fn set(&mut self, time: Time, at: Timestamp) {
        if !self.set.contains(&(time, at)) {
            self.set.push((time, at));
            self.all.of_mut(time).insert((at, self.hash, self.window, self.number));
        }
    }

    pub(in crate::window) fn delete(&mut self, time: Time, at: Timestamp) {
        let Some(index) = self.set.iter().position(|timer| *timer == (time, at)) else { return };
        self.set.swap_remove(index);
        if self.cleanup != Some((time, at)) {
            self.all.of_mut(time).remove(&(at, self.hash, self.window, self.number));
        }
    }

    /// Deletes them all, the one for cleanup included.
    pub(super) fn delete_all(&mut self) {
        for (time, at) in self.set.drain(..).chain(self.cleanup) {
            self.all.of_mut(time).remove(&(at, self.hash, self.window, self.number));
        }
    }
}
