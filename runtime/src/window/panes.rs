//! What is kept of live windows: a table for each. All of them share a disk, if there is one.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::Assigner;
use crate::record::{Key, Record};
use crate::state::{Backing, SnapshotWriter, Spilled, Tiered, WriteEntry};
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
    pub table: Tiered<K, V>,
}

/// Where a window stands among others: by end, then by start.
pub(super) type Place = (Timestamp, Timestamp);

/// The live windows, in order.
pub(super) struct Panes<S, K: Key, V> {
    spec: S,
    live: BTreeMap<Place, usize>,
    slab: Vec<Pane<K, V>>,
    /// Numbers of panes that are not live.
    free: Vec<usize>,
    /// Two panes used of late. Records out of order go to and fro between two, in a way that no processor foresees.
    recent: [Recent; 2],
    /// What tables are made with if there is a disk.
    spilled: Option<Spilled<K, V>>,
}

/// A pane used of late.
#[derive(Clone, Copy)]
struct Recent {
    start: Timestamp,
    /// Milliseconds; zero if there is no pane.
    length: u64,
    number: usize,
}

/// Of no time at all.
const NO_PANE: Recent = Recent { start: Timestamp(0), length: 0, number: 0 };

impl Recent {
    fn new(window: Window, number: usize) -> Recent {
        let length = window.end.0.wrapping_sub(window.start.0).cast_unsigned();
        Recent { start: window.start, length, number }
    }

    #[inline(always)]
    fn contains(&self, time: Timestamp) -> bool {
        time.0.wrapping_sub(self.start.0).cast_unsigned() < self.length
    }
}

pub(super) fn place(window: Window) -> Place {
    (window.end, window.start)
}

/// The section of entries, wherever they are; and of those that a disk does not know, if there is one.
#[derive(Clone, Copy)]
pub(super) struct Sections {
    pub all: &'static str,
    pub hot: &'static str,
}

impl<S: Assigner<At = Timestamp>, K: Key, V> Panes<S, K, V> {
    pub fn new(spec: S) -> Self {
        let (slab, free) = (Vec::new(), Vec::new());
        Panes { spec, live: BTreeMap::new(), slab, free, recent: [NO_PANE; 2], spilled: None }
    }

    /// What tables have in common if there is a disk.
    pub fn backing(&self) -> Option<&Backing> {
        self.spilled.as_ref().map(|spilled| &*spilled.backing)
    }

    /// From now on tables have a disk. There is none yet.
    pub fn spill(&mut self, to: Spilled<K, V>) {
        self.spilled = Some(to);
    }

    pub fn spec(&self) -> &S {
        &self.spec
    }

    /// Fetches what these keys will need, if they belong to the window that came up last.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.share_out();
        if let Some(pane) = self.slab.get_mut(self.recent[0].number) {
            pane.table.prepare(hashes);
        }
    }

    /// Has large panes give way where there are too many.
    #[inline(always)]
    pub fn share_out(&mut self) {
        if self.backing().is_some_and(Backing::is_full) {
            self.slab.iter_mut().for_each(|pane| pane.table.give_way());
        }
    }

    /// The pane of a point in time, where it has a single one: none if its window is past cleanup at `now`.
    #[inline(always)]
    pub fn pane_at(&mut self, time: Timestamp, now: Timestamp) -> Option<usize> {
        // Which of the two is a number, not a jump: that would be foreseen wrongly half of the time.
        let recent = self.recent[usize::from(!self.recent[0].contains(time))];
        let number =
            if recent.contains(time) { recent.number } else { self.other_pane(time, now)? };
        (self.slab[number].cleanup > now).then_some(number)
    }

    #[inline(never)]
    fn other_pane(&mut self, time: Timestamp, now: Timestamp) -> Option<usize> {
        let window = self.spec.windows_of(time).next()?;
        let number = self.live_pane(window, now)?;
        self.recent = [Recent::new(window, number), self.recent[0]];
        Some(number)
    }

    /// The pane of a window: none if it is past cleanup at `now`.
    #[inline]
    pub fn pane_of(&mut self, window: Window, now: Timestamp) -> Option<usize> {
        let number = self.live_pane(window, now)?;
        self.recent[0] = Recent::new(window, number);
        (self.slab[number].cleanup > now).then_some(number)
    }

    fn live_pane(&mut self, window: Window, now: Timestamp) -> Option<usize> {
        match self.live.get(&place(window)) {
            Some(number) => Some(*number),
            None => self.open(window, now),
        }
    }

    fn open(&mut self, window: Window, now: Timestamp) -> Option<usize> {
        let cleanup = self.spec.cleanup(window);
        if cleanup <= now {
            return None;
        }
        let fired = window.last() <= now;
        Some(self.open_until(window, fired, cleanup))
    }

    fn open_until(&mut self, window: Window, fired: bool, cleanup: Timestamp) -> usize {
        let number = match self.free.pop() {
            Some(number) => {
                let pane = &mut self.slab[number];
                (pane.window, pane.fired, pane.cleanup) = (window, fired, cleanup);
                number
            }
            None => {
                let table = Tiered::new(self.spilled.as_ref());
                self.slab.push(Pane { window, fired, cleanup, table });
                self.slab.len() - 1
            }
        };
        self.live.insert(place(window), number);
        number
    }

    /// The pane of a window that was saved, whatever time it is now: one that has not fired, if it is not there.
    pub fn restored(&mut self, window: Window) -> &mut Pane<K, V> {
        let number = self.live.get(&place(window)).copied();
        let number = number.unwrap_or_else(|| {
            let cleanup = self.spec.cleanup(window);
            self.open_until(window, false, cleanup)
        });
        &mut self.slab[number]
    }

    #[inline(always)]
    pub fn get(&self, number: usize) -> &Pane<K, V> {
        &self.slab[number]
    }

    #[inline(always)]
    pub fn get_mut(&mut self, number: usize) -> &mut Pane<K, V> {
        &mut self.slab[number]
    }

    /// The live panes.
    fn live_mut(&mut self) -> impl Iterator<Item = &mut Pane<K, V>> {
        let live = |pane: &Pane<K, V>| self.live.get(&place(pane.window));
        let slab = self.slab.iter_mut().enumerate();
        slab.filter(move |(number, pane)| live(pane) == Some(number)).map(|(_, pane)| pane)
    }

    /// Bytes that each table has in memory.
    #[cfg(test)]
    pub fn tables_in_memory(&self) -> impl Iterator<Item = usize> {
        self.slab.iter().map(|pane| pane.table.bytes())
    }

    /// The first live pane.
    pub fn first(&self) -> Option<usize> {
        self.live.first_key_value().map(|(_, number)| *number)
    }

    /// The first live pane behind a place.
    pub fn first_behind(&self, place: Place) -> Option<usize> {
        let behind = (Bound::Excluded(place), Bound::Unbounded);
        self.live.range(behind).next().map(|(_, number)| *number)
    }

    /// The live panes that start from `first` to `last`, in order, where panes do not overlap.
    pub fn numbers(
        &self,
        (first, last): (Timestamp, Timestamp),
    ) -> impl Iterator<Item = usize> + use<'_, S, K, V> {
        let behind = self.live.range((first, first)..);
        let starts = behind.skip_while(move |((_, start), _)| *start < first);
        starts.take_while(move |((_, start), _)| *start <= last).map(|(_, number)| *number)
    }

    /// True if the memory of a pane that is about to be drained should be kept for coming ones.
    pub fn keeps_memory(&self) -> bool {
        let is_tight = self.backing().is_some_and(Backing::is_tight);
        self.free.len() < SPARE_TABLES && !is_tight
    }

    /// Closes a pane whose `drained` entries were drained.
    pub fn close(&mut self, number: usize, drained: usize, keep: bool) {
        self.live.remove(&place(self.slab[number].window));
        self.recent = [NO_PANE; 2];
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
        match self.live.get_mut(&place(moved.window)) {
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
        if self.live.is_empty() {
            let spilled = self.spilled.take();
            *self = Panes { spilled, ..Panes::new(self.spec.clone()) };
        }
    }

    /// Begins a snapshot of all panes, each in sections for entries of `R`.
    pub fn save<R: Record>(
        &mut self,
        out: &mut SnapshotWriter,
        sections: impl Fn(&Pane<K, V>) -> Sections,
        write: WriteEntry<K, V>,
    ) {
        // A table that is not live now may have been when the snapshot before was given up.
        self.slab.iter_mut().for_each(|pane| pane.table.stop_saving());
        if let Some(backing) = self.backing() {
            backing.stop_saving();
        }
        for pane in self.live_mut() {
            let (Sections { all, hot }, Window { start, end }) = (sections(pane), pane.window);
            let (all, hot) = (out.later::<R>(all), || out.later::<R>(hot));
            pane.table.begin_saving(all, hot, [start.0, end.0], write);
        }
    }

    /// Goes on with it; true if there is more. What fires meanwhile is written before it goes.
    pub fn save_more(&mut self) -> bool {
        self.live_mut().any(|pane| pane.table.save_segment())
            || self.backing().is_some_and(Backing::save_more)
    }

    pub fn entries(&self) -> usize {
        self.live.values().map(|number| self.slab[*number].table.len()).sum()
    }

    pub fn bytes(&self) -> usize {
        let on_disk = self.backing().map_or(0, Backing::bytes_on_disk);
        let pane = |pane: &Pane<K, V>| pane.table.bytes() + size_of::<Pane<K, V>>();
        self.slab.iter().map(pane).sum::<usize>() + on_disk
    }
}
