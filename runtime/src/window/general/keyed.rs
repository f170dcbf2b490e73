//! What is kept per key, and per key and window.

use super::timers::{Set, Timers, TimersOf};
use crate::time::{Timestamp, Window};
use crate::window::assigner::Time;

/// A key's live windows, in order, with the numbers of their slots; and what a function keeps per key.
pub(super) struct KeyWindows<P> {
    pub windows: Vec<(Window, u32)>,
    pub state: Option<P>,
}

impl<P> Default for KeyWindows<P> {
    fn default() -> Self {
        KeyWindows { windows: Vec::new(), state: None }
    }
}

impl<P> KeyWindows<P> {
    pub fn find(&self, window: Window) -> Result<usize, usize> {
        self.windows.binary_search_by_key(&window, |(window, _)| *window)
    }

    /// The windows that overlap or touch one: of sessions, which never do so among themselves, a range.
    pub fn touching(&self, window: Window) -> std::ops::Range<usize> {
        let first = self.windows.partition_point(|(other, _)| other.end < window.start);
        let end = self.windows.partition_point(|(other, _)| other.start <= window.end);
        first..end.max(first)
    }
}

/// All parts, by number; some are empty.
pub(super) type Slots<K, C, R, W> = Vec<Option<Slot<K, C, R, W>>>;

/// One key's part of one window.
pub(super) struct Slot<K, C, R, W> {
    pub key: K,
    pub hash: u64,
    pub window: Window,
    pub contents: C,
    /// What the trigger remembers.
    pub trigger: Option<R>,
    /// What the function keeps.
    pub state: Option<W>,
    pub set: Set,
    /// The timer at which it goes away.
    pub cleanup: Option<(Time, Timestamp)>,
}

impl<K, C, R, W> Slot<K, C, R, W> {
    pub fn timers<'t>(&'t mut self, all: &'t mut Timers, number: u32) -> TimersOf<'t> {
        self.trigger_parts(all, number).1
    }

    /// What a trigger may change.
    pub fn trigger_parts<'t>(
        &'t mut self,
        all: &'t mut Timers,
        number: u32,
    ) -> (&'t mut Option<R>, TimersOf<'t>) {
        let (hash, window, cleanup) = (self.hash, self.window, self.cleanup);
        let timers = TimersOf { all, set: &mut self.set, cleanup, hash, window, number };
        (&mut self.trigger, timers)
    }
}
