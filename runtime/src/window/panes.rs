//! The tables of live windows.

use std::collections::BTreeMap;

use super::{Assigner, Tumbling};
use crate::record::Key;
use crate::state::Table;
use crate::time::{Timestamp, Window};

/// Emptied tables whose memory is kept for coming windows.
const SPARE_TABLES: usize = 2;

/// One live window.
pub(super) struct Pane<K: Key, V> {
    pub window: Window,
    /// The window has fired: each further record makes its key fire again.
    pub fired: bool,
    /// From this watermark on, nothing is kept.
    pub cleanup: Timestamp,
    pub table: Table<K, V>,
}

/// The live windows, by start.
pub(super) struct Panes<K: Key, V> {
    spec: Tumbling,
    by_start: BTreeMap<Timestamp, usize>,
    slab: Vec<Pane<K, V>>,
    /// Numbers of panes that are not live.
    free: Vec<usize>,
    /// The pane used last, and its window: empty if there is none.
    recent: (Window, usize),
}

/// Of no time at all.
const NEVER: Window = Window { start: Timestamp(0), end: Timestamp(0) };

impl<K: Key, V> Panes<K, V> {
    pub fn new(spec: Tumbling) -> Self {
        let (slab, free) = (Vec::new(), Vec::new());
        Panes { spec, by_start: BTreeMap::new(), slab, free, recent: (NEVER, 0) }
    }

    /// Fetches what these keys will need, if they belong to the window used last.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        if let Some(pane) = self.slab.get_mut(self.recent.1) {
            pane.table.prepare(hashes);
        }
    }

    /// The pane of a point in time: none if its window is past cleanup at `now`.
    #[inline(always)]
    pub fn pane_at(&mut self, time: Timestamp, now: Timestamp) -> Option<usize> {
        let (window, number) = self.recent;
        let number = if window.start <= time && time < window.end {
            number
        } else {
            self.other_pane(time, now)?
        };
        (self.slab[number].cleanup > now).then_some(number)
    }

    #[cold]
    #[inline(never)]
    fn other_pane(&mut self, time: Timestamp, now: Timestamp) -> Option<usize> {
        let window = self.spec.window_of(time);
        let number = match self.by_start.get(&window.start) {
            Some(number) => *number,
            None => self.open(window, now)?,
        };
        self.recent = (window, number);
        Some(number)
    }

    fn open(&mut self, window: Window, now: Timestamp) -> Option<usize> {
        let cleanup = self.spec.cleanup(window);
        if cleanup <= now {
            return None;
        }
        let fired = window.last() <= now;
        let number = match self.free.pop() {
            Some(number) => {
                let pane = &mut self.slab[number];
                (pane.window, pane.fired, pane.cleanup) = (window, fired, cleanup);
                number
            }
            None => {
                self.slab.push(Pane { window, fired, cleanup, table: Table::new() });
                self.slab.len() - 1
            }
        };
        self.by_start.insert(window.start, number);
        Some(number)
    }

    #[inline(always)]
    pub fn get(&self, number: usize) -> &Pane<K, V> {
        &self.slab[number]
    }

    #[inline(always)]
    pub fn get_mut(&mut self, number: usize) -> &mut Pane<K, V> {
        &mut self.slab[number]
    }

    /// The first live pane that starts at `start` or later.
    pub fn first_from(&self, start: Timestamp) -> Option<usize> {
        self.by_start.range(start..).next().map(|(_, number)| *number)
    }

    /// True if the memory of a pane that is about to be drained should be kept for coming ones.
    pub fn keeps_memory(&self) -> bool {
        self.free.len() < SPARE_TABLES
    }

    /// Closes a pane whose `drained` entries were drained.
    pub fn close(&mut self, number: usize, drained: usize, keep: bool) {
        self.by_start.remove(&self.slab[number].window.start);
        self.recent = (NEVER, 0);
        // A table far larger than what was in it would make draining slow, so it is not used again.
        let is_roomy = self.slab[number].table.slots() > 8 * drained.max(64);
        if keep && !is_roomy {
            self.free.push(number);
        } else {
            self.remove(number);
        }
    }

    /// Drops a pane that is neither live nor free; the last one gets its number.
    fn remove(&mut self, number: usize) {
        self.slab.swap_remove(number);
        let Some(moved) = self.slab.get(number) else { return };
        let old = self.slab.len();
        match self.by_start.get_mut(&moved.window.start) {
            Some(live) if *live == old => *live = number,
            _ => {
                for free in self.free.iter_mut().filter(|free| **free == old) {
                    *free = number;
                }
            }
        }
    }

    /// Gives all memory back, if no pane is live.
    pub fn release(&mut self) {
        if self.by_start.is_empty() {
            *self = Panes::new(self.spec);
        }
    }

    pub fn entries(&self) -> usize {
        self.by_start.values().map(|number| self.slab[*number].table.len()).sum()
    }

    pub fn bytes(&self) -> usize {
        self.slab.iter().map(|pane| pane.table.bytes() + size_of::<Pane<K, V>>()).sum()
    }
}
