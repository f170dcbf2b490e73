//! Windows that are filled and fire, whatever is kept in them.

mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::clock::Clock;
use super::firing::{Again, Firing};
use super::panes::{Panes, Place, place};
use super::store::{Store, Update};
use super::{Assigner, InvalidWindow};
use crate::record::{Key, Record, View};
use crate::state::Cursor;
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// The most windows that a record may change a value in: each has a table of its own.
const MOST_WINDOWS: i64 = 65_536;

/// Keyed values in windows, one for each.
pub struct LiveWindows<S, K: Key, V> {
    clock: Clock,
    panes: Panes<S, K, V>,
    /// Windows up to this one have fired.
    frontier: Place,
    /// The pane that is being walked through.
    walk: Option<Walk>,
    /// Firings of keys whose window had fired before.
    again: VecDeque<Again<K, V>>,
    /// The one that was handed out last: a firing borrows it.
    current: Option<Again<K, V>>,
    late: u64,
}

/// A pane on its way out.
struct Walk {
    pane: usize,
    cursor: Cursor,
    way: Way,
    entries: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Entries fire and are kept for late records.
    Fire,
    /// Entries fire and are dropped; with `keep` their memory stays.
    FireAndDrop { keep: bool },
    /// Entries are dropped.
    Drop { keep: bool },
}

impl<S: Assigner<At = Timestamp>, K: Key, V: Record> Store<S, K, V> for LiveWindows<S, K, V> {
    fn new(spec: S) -> Self {
        LiveWindows {
            clock: Clock::new(spec.time()),
            panes: Panes::new(spec),
            frontier: (Timestamp::MIN, Timestamp::MIN),
            walk: None,
            again: VecDeque::new(),
            current: None,
            late: 0,
        }
    }

    #[inline(always)]
    fn prepare(&mut self, hashes: &[u64]) {
        self.panes.prepare(hashes);
    }

    #[inline(always)]
    fn update(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: View<'_, K>,
        update: &mut impl Update<V>,
    ) -> Result<bool, Failure> {
        let now = if cfg!(bug_01) { Timestamp::MIN } else { self.clock.now(turn) };
        let time = self.clock.time_of(time);
        if S::SINGLE {
            let Some(number) = self.panes.pane_at(time, now) else {
                self.late += 1;
                return Ok(false);
            };
            self.enter(number, hash, key, update)?;
            return Ok(true);
        }
        let windows = self.panes.spec().most();
        if windows > MOST_WINDOWS {
            return Err(Failure::new(InvalidWindow::Windows { windows, limit: MOST_WINDOWS }));
        }
        let (mut any, mut accepted) = (false, false);
        for window in self.panes.spec().windows_of(time) {
            any = true;
            if let Some(number) = self.panes.pane_of(window, now) {
                accepted = true;
                self.enter(number, hash, key, update)?;
            }
        }
        self.late += u64::from(any && !accepted);
        Ok(accepted || !any)
    }

    #[inline]
    fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, V>> {
        self.current = None;
        let now = self.clock.now(turn);
        loop {
            if self.again.is_empty() && self.walk.is_none() && !self.begin(now) {
                return None;
            }
            if turn.must_yield() {
                return None;
            }
            if let Some(again) = self.again.pop_front() {
                return Some(self.current.insert(again).firing());
            }
            if self.step() {
                return self.walked();
            }
        }
    }
}

impl<S: Assigner<At = Timestamp>, K: Key, V: Record> LiveWindows<S, K, V> {
    /// Updates what a key has in one window. If it has fired before, the key fires again.
    #[inline(always)]
    fn enter(
        &mut self,
        number: usize,
        hash: u64,
        key: View<'_, K>,
        update: &mut impl Update<V>,
    ) -> Result<(), Failure> {
        let pane = self.panes.get_mut(number);
        let value = pane.table.entry_or(hash, key, || update.start());
        update.add(value)?;
        if pane.fired {
            let (key, value) = (K::from_view(key), V::from_view(value.as_view()));
            self.again.push_back(Again { window: pane.window, hash, key, value });
        }
        Ok(())
    }

    /// Moves on by an entry; returns true if it fires.
    #[inline(always)]
    fn step(&mut self) -> bool {
        let Some(walk) = &mut self.walk else { return false };
        let table = &mut self.panes.get_mut(walk.pane).table;
        let found = match walk.way {
            Way::Fire => table.walk(&mut walk.cursor),
            Way::FireAndDrop { keep } | Way::Drop { keep } => {
                table.drain(&mut walk.cursor, keep).is_some()
            }
        };
        if !found {
            self.end();
            return false;
        }
        !matches!(walk.way, Way::Drop { .. }) || cfg!(bug_11)
    }

    /// The entry that `step` came to.
    #[inline(always)]
    fn walked(&self) -> Option<Firing<'_, K, V>> {
        let walk = self.walk.as_ref()?;
        let pane = self.panes.get(walk.pane);
        let (hash, key, value) = pane.table.passed(&walk.cursor)?;
        Some(Firing::new(pane.window, hash, key, value))
    }

    /// Begins with the next pane that is due; false if none is.
    fn begin(&mut self, now: Timestamp) -> bool {
        let keep = now < Timestamp::MAX && self.panes.keeps_memory();
        if let Some(first) = self.panes.first() {
            let pane = self.panes.get(first);
            if pane.fired && pane.cleanup <= now {
                return self.walk(first, Way::Drop { keep });
            }
        }
        while let Some(number) = self.panes.first_behind(self.frontier) {
            let pane = self.panes.get(number);
            if pane.window.last() > now || cfg!(bug_04) && pane.window.last() == now {
                return false;
            }
            self.frontier = place(pane.window);
            if !pane.fired {
                let drops = pane.cleanup <= now;
                return self
                    .walk(number, if drops { Way::FireAndDrop { keep } } else { Way::Fire });
            }
        }
        if now == Timestamp::MAX {
            self.panes.release();
            self.again = VecDeque::new();
        }
        false
    }

    fn walk(&mut self, pane: usize, way: Way) -> bool {
        let table = &mut self.panes.get_mut(pane).table;
        let entries = table.len();
        if let Way::Drop { .. } = way {
            table.forget_cold();
        }
        self.walk = Some(Walk { pane, cursor: Cursor::default(), way, entries });
        true
    }

    /// The pane was walked through.
    fn end(&mut self) {
        let Some(walk) = self.walk.take() else { return };
        match walk.way {
            Way::Fire => self.panes.get_mut(walk.pane).fired = true,
            Way::FireAndDrop { .. } if cfg!(bug_09) => {}
            Way::FireAndDrop { keep } | Way::Drop { keep } => {
                self.panes.close(walk.pane, walk.entries, keep);
            }
        }
    }
}
