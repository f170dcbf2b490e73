//! Windows of all keys that are filled and fire, key by key.

mod disk;
mod save;

use std::collections::VecDeque;

use super::Sides;
use super::log::Log;
use super::panes::Panes;
use super::shelves::Memory;
use crate::record::{Key, Record, View};
use crate::state::Cursor;
use crate::task::Turn;
use crate::time::{Timestamp, Window};
use crate::window::Assigner;

/// The live windows of a join, and the key that fires.
pub(super) struct Live<K: Key, L: Record, R: Record> {
    panes: Panes<K, L, R>,
    /// The pane that is being walked through.
    walk: Option<Walk>,
    /// Firings of keys whose window had fired before.
    again: VecDeque<Again<K>>,
    /// What fires now.
    current: Option<Current<K>>,
    /// What may be in memory, if the rest goes to a disk.
    memory: Option<Memory>,
}

/// A pane on its way out.
struct Walk {
    pane: usize,
    cursor: Cursor,
    way: Way,
    entries: usize,
    source: Source,
}

/// Where what is walked through is.
#[derive(Clone, Copy)]
enum Source {
    Memory,
    /// On the disk; what was read of it lies aside.
    Disk(disk::Unread),
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Keys fire and are kept for late records.
    Fire,
    /// Keys fire and are dropped; with `keep` their memory stays.
    FireAndDrop { keep: bool },
    /// Keys are dropped.
    Drop { keep: bool },
}

/// A firing that a late record caused: what its key had right after it.
struct Again<K> {
    pane: usize,
    hash: u64,
    key: K,
    sides: Sides,
}

/// Where the key that fires is.
enum Current<K> {
    /// In the pane that is being walked through.
    Walked(usize),
    /// In one that has fired before.
    Again(usize, K),
}

impl<K: Key, L: Record, R: Record> Live<K, L, R> {
    pub fn new() -> Self {
        let (panes, again) = (Panes::new(), VecDeque::new());
        Live { panes, walk: None, again, current: None, memory: None }
    }

    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        if self.memory.is_some() {
            self.make_room();
        }
        self.panes.prepare(hashes);
    }

    /// Lets `push` add a record to what its key has in each of its windows; false if all of them are over.
    #[inline(always)]
    pub fn add<S: Assigner<At = Timestamp>>(
        &mut self,
        spec: &S,
        (time, now): (Timestamp, Timestamp),
        (hash, key): (u64, View<'_, K>),
        mut push: impl FnMut(&mut Sides, &mut Log<L>, &mut Log<R>),
    ) -> bool {
        let again = &mut self.again;
        self.panes.each(spec, time, now, |number, pane| {
            let sides = pane.table.entry(hash, key);
            push(sides, &mut pane.left, &mut pane.right);
            if pane.fired {
                let (key, sides) = (K::from_view(key), *sides);
                again.push_back(Again { pane: number, hash, key, sides });
            }
        })
    }

    /// Goes on to the next key that fires, and says what it has. None if none is due, or if the turn must yield.
    #[inline(always)]
    pub fn next_key(&mut self, turn: &mut Turn<'_>, now: Timestamp) -> Option<Sides> {
        loop {
            if self.again.is_empty() && self.walk.is_none() && !self.begin(now) {
                self.current = None;
                return None;
            }
            if turn.must_yield() {
                return None;
            }
            if let Some(mut again) = self.again.pop_front() {
                if self.panes.get(again.pane).is_shelved() {
                    self.read_again(&mut again);
                }
                let Again { pane, key, sides, .. } = again;
                self.current = Some(Current::Again(pane, key));
                return Some(sides);
            }
            if let Some(sides) = self.step() {
                return Some(sides);
            }
        }
    }

    /// Moves on by a key; what it has, if it fires.
    #[inline(always)]
    fn step(&mut self) -> Option<Sides> {
        let walk = self.walk.as_mut()?;
        if let Source::Disk(_) = walk.source {
            return self.step_on_disk();
        }
        let table = &mut self.panes.get_mut(walk.pane).table;
        let found = match walk.way {
            Way::Fire => table.next_in_order(&mut walk.cursor).map(|(_, _, sides)| *sides),
            Way::FireAndDrop { keep } | Way::Drop { keep } => {
                table.drain_in_order(&mut walk.cursor, keep).map(|(_, _, sides)| *sides)
            }
        };
        if found.is_none() {
            self.end();
            return None;
        }
        self.current = Some(Current::Walked(walk.pane));
        found.filter(|_| !matches!(walk.way, Way::Drop { .. }))
    }

    /// Begins with the next pane that is due; false if none is.
    fn begin(&mut self, now: Timestamp) -> bool {
        let goes_on = now < Timestamp::MAX;
        if let Some(first) = self.panes.first() {
            let pane = self.panes.get(first);
            if pane.fired && pane.cleanup <= now {
                let keep = goes_on && self.panes.keeps_memory(first);
                return self.walk(first, Way::Drop { keep });
            }
        }
        if let Some(number) = self.panes.next_due(now) {
            let drops = self.panes.get(number).cleanup <= now;
            let keep = goes_on && self.panes.keeps_memory(number);
            return self.walk(number, if drops { Way::FireAndDrop { keep } } else { Way::Fire });
        }
        if now == Timestamp::MAX {
            self.panes.release();
            self.again = VecDeque::new();
        }
        false
    }

    fn walk(&mut self, pane: usize, way: Way) -> bool {
        let is_on_disk = self.panes.get(pane).is_shelved() && !matches!(way, Way::Drop { .. });
        let source = if is_on_disk { self.begin_on_disk(pane) } else { Source::Memory };
        let entries = self.panes.get(pane).table.len();
        self.walk = Some(Walk { pane, cursor: Cursor::default(), way, entries, source });
        true
    }

    /// The pane was walked through.
    fn end(&mut self) {
        let Some(walk) = self.walk.take() else { return };
        match walk.way {
            Way::Fire => self.panes.get_mut(walk.pane).fired = true,
            Way::FireAndDrop { keep } | Way::Drop { keep } => {
                self.panes.close(walk.pane, walk.entries, keep);
            }
        }
    }

    /// The window that fires, and its elements.
    ///
    /// # Panics
    /// If none does.
    #[inline(always)]
    pub fn fired(&self) -> (Window, &Log<L>, &Log<R>) {
        let pane = match &self.current {
            Some(Current::Walked(pane) | Current::Again(pane, _)) => self.panes.get(*pane),
            None => unreachable!("a key fires"),
        };
        (pane.window, &pane.left, &pane.right)
    }

    /// The key that fires.
    ///
    /// # Panics
    /// If none does.
    pub fn key(&self) -> View<'_, K> {
        match (&self.current, &self.walk) {
            (Some(Current::Again(_, key)), _) => key.as_view(),
            (Some(Current::Walked(pane)), Some(walk)) => {
                let passed = self.panes.get(*pane).table.passed(&walk.cursor);
                passed.expect("the key that was come to").1.as_view()
            }
            _ => unreachable!("a key fires"),
        }
    }

    /// When the first window ends.
    pub fn first_end(&self) -> Option<Timestamp> {
        self.panes.first().map(|first| self.panes.get(first).window.end)
    }

    pub fn elements(&self) -> usize {
        self.panes.elements() + self.again.len()
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.panes.bytes() + self.again.capacity() * size_of::<Again<K>>()
    }
}
