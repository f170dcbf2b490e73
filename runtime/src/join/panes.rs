//! Live windows of a join: what each key has in them.

use std::collections::BTreeMap;

use super::Sides;
use super::log::Log;
use super::save::Place;
use super::shelves::Shelves;
use crate::record::{Key, Record, View};
use crate::state::Table;
use crate::time::{Timestamp, Window};
use crate::window::Assigner;

/// Emptied panes whose memory is kept for coming windows, of any size.
const SPARE_PANES: usize = 2;
/// And as many more as these bytes hold: a watermark may end many small windows at once.
const SPARE_BYTES: usize = 4 << 20;

/// One live window.
pub(super) struct Pane<K: Key, L, R> {
    pub window: Window,
    /// The window has fired: each further record makes its key fire again.
    pub fired: bool,
    /// From this watermark on, nothing is kept.
    pub cleanup: Timestamp,
    pub table: Table<K, Sides>,
    pub left: Log<L>,
    pub right: Log<R>,
    /// What came before that, on a disk.
    pub shelved: Option<Box<Shelved<K, L, R>>>,
}

/// What a window has on a disk, by hash.
pub(super) type Shelved<K, L, R> = Shelves<K, (), L, R>;

/// Places that are no pane's where there is a disk: what was read from there lies in them.
const ASIDE: usize = 2;

impl<K: Key, L: Record, R: Record> Pane<K, L, R> {
    fn new() -> Self {
        let (table, left, right) = (Table::new(), Log::new(), Log::new());
        let (window, cleanup) = (NEVER, Timestamp::MAX);
        Pane { window, fired: false, cleanup, table, left, right, shelved: None }
    }

    /// Gives the memory of the elements back.
    pub fn vacate(&mut self) {
        (self.table, self.left, self.right) = (Table::new(), Log::new(), Log::new());
    }

    /// True if something is on the disk.
    pub fn is_shelved(&self) -> bool {
        self.shelved.is_some()
    }

    /// What a key has here.
    pub fn place(&mut self, hash: u64, key: View<'_, K>) -> Place<'_, L, R> {
        let sides = self.table.entry(hash, key);
        Place { sides, lefts: &mut self.left, rights: &mut self.right }
    }

    fn bytes(&self) -> usize {
        self.table.bytes() + self.left.bytes() + self.right.bytes() + size_of::<Self>()
    }
}

/// Windows in the order in which they fire.
type Order = (Timestamp, Timestamp);

fn order(window: Window) -> Order {
    (window.end, window.start)
}

/// The live windows.
pub(super) struct Panes<K: Key, L, R> {
    by_end: BTreeMap<Order, usize>,
    /// The live panes, in places that are used again.
    slab: Vec<Option<Pane<K, L, R>>>,
    free: Vec<usize>,
    spare: Vec<Pane<K, L, R>>,
    spare_bytes: usize,
    /// The pane used last, if its window is the only one of its records.
    recent: (Window, usize),
    /// Windows before this one have fired.
    frontier: Order,
    has_disk: bool,
}

/// Of no time at all.
const NEVER: Window = Window { start: Timestamp(0), end: Timestamp(0) };
const FIRST: Order = (Timestamp::MIN, Timestamp::MIN);

impl<K: Key, L: Record, R: Record> Panes<K, L, R> {
    pub fn new() -> Self {
        let (slab, free, spare) = (Vec::new(), Vec::new(), Vec::new());
        Panes {
            by_end: BTreeMap::new(),
            slab,
            free,
            spare,
            spare_bytes: 0,
            recent: (NEVER, 0),
            frontier: FIRST,
            has_disk: false,
        }
    }

    /// From now on panes may have something on a disk. There is none.
    pub fn use_disk(&mut self) {
        self.has_disk = true;
        self.slab.resize_with(ASIDE, || None);
    }

    /// What lies aside in such a place, of a window.
    pub fn aside(&mut self, place: usize, window: Window) -> &mut Pane<K, L, R> {
        debug_assert!(place < ASIDE && self.has_disk);
        let aside = self.slab[place].get_or_insert_with(Pane::new);
        aside.window = window;
        aside
    }

    /// Gives the memory of what lies aside back.
    pub fn clear_aside(&mut self) {
        self.slab[..ASIDE].fill_with(|| None);
    }

    /// Fetches what these keys will need, if they belong to the window used last.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        if let Some(Some(pane)) = self.slab.get_mut(self.recent.1) {
            pane.table.prepare(hashes);
        }
    }

    /// Calls `add` with each pane of a point in time that is not past cleanup at `now`; false if there was none but past
    /// ones.
    #[inline(always)]
    pub fn each<S: Assigner<At = Timestamp>>(
        &mut self,
        spec: &S,
        time: Timestamp,
        now: Timestamp,
        mut add: impl FnMut(usize, &mut Pane<K, L, R>),
    ) -> bool {
        let (window, number) = self.recent;
        if window.start <= time && time < window.end {
            let pane = self.get_mut(number);
            let is_live = pane.cleanup > now;
            if is_live {
                add(number, pane);
            }
            return is_live;
        }
        let (mut late, mut live) = (false, false);
        let windows = spec.windows_of(time);
        let is_only_one = windows.size_hint() == (1, Some(1));
        for window in windows {
            let Some(number) = self.pane_of(spec, window, now) else {
                late = true;
                continue;
            };
            if is_only_one {
                self.recent = (window, number);
            }
            live = true;
            add(number, self.get_mut(number));
        }
        live || !late
    }

    /// The pane of a window, unless it is past cleanup.
    #[inline(never)]
    fn pane_of(&mut self, spec: &impl Assigner, window: Window, now: Timestamp) -> Option<usize> {
        if let Some(number) = self.by_end.get(&order(window)) {
            return (self.get(*number).cleanup > now).then_some(*number);
        }
        let cleanup = spec.cleanup(window);
        (cleanup > now).then(|| self.open(window, cleanup, window.last() <= now))
    }

    /// The pane of a window that was saved; `fired` is said of it if it is not there.
    pub fn restored(&mut self, spec: &impl Assigner, window: Window, fired: bool) -> usize {
        let known = self.by_end.get(&order(window)).copied();
        known.unwrap_or_else(|| self.open(window, spec.cleanup(window), fired))
    }

    fn open(&mut self, window: Window, cleanup: Timestamp, fired: bool) -> usize {
        let mut pane = self.spare.pop().unwrap_or_else(Pane::new);
        self.spare_bytes = self.spare_bytes.saturating_sub(pane.bytes());
        (pane.window, pane.cleanup, pane.fired) = (window, cleanup, fired);
        let number = self.free.pop().unwrap_or(self.slab.len());
        if number == self.slab.len() {
            self.slab.push(None);
        }
        self.slab[number] = Some(pane);
        self.by_end.insert(order(window), number);
        number
    }

    #[inline(always)]
    pub fn get(&self, number: usize) -> &Pane<K, L, R> {
        self.slab[number].as_ref().expect("a live pane")
    }

    #[inline(always)]
    pub fn get_mut(&mut self, number: usize) -> &mut Pane<K, L, R> {
        self.slab[number].as_mut().expect("a live pane")
    }

    /// Takes a live pane out of its place for as long as another one is written to.
    pub fn lend(&mut self, number: usize) -> Pane<K, L, R> {
        self.slab[number].take().expect("a live pane")
    }

    /// Puts it back.
    pub fn give_back(&mut self, number: usize, pane: Pane<K, L, R>) {
        self.slab[number] = Some(pane);
    }

    /// The live panes, in order.
    pub fn all(&self) -> impl Iterator<Item = &Pane<K, L, R>> {
        self.by_end.values().map(|number| self.get(*number))
    }

    /// The same, to be changed.
    pub fn all_mut(&mut self, mut each: impl FnMut(&mut Pane<K, L, R>)) {
        for number in self.by_end.values() {
            each(self.slab[*number].as_mut().expect("a live pane"));
        }
    }

    /// The live pane that ends first.
    pub fn first(&self) -> Option<usize> {
        self.by_end.first_key_value().map(|(_, number)| *number)
    }

    /// The next pane whose time has come at `now` and that has not fired. It counts as fired from here on.
    pub fn next_due(&mut self, now: Timestamp) -> Option<usize> {
        loop {
            let (&at, &number) = self.by_end.range(self.frontier..).next()?;
            let (fired, last) = (self.get(number).fired, self.get(number).window.last());
            if last > now {
                return None;
            }
            self.frontier = (at.0, at.1 + crate::time::Span(1));
            if !fired {
                return Some(number);
            }
        }
    }

    /// True if the memory of a pane that is about to be drained should be kept for coming ones.
    pub fn keeps_memory(&self, number: usize) -> bool {
        let has_room = self.spare.len() < SPARE_PANES
            || self.spare_bytes + self.get(number).bytes() <= SPARE_BYTES;
        has_room && !self.has_disk
    }

    /// Closes a pane whose `drained` entries were drained.
    pub fn close(&mut self, number: usize, drained: usize, keep: bool) {
        let Some(mut pane) = self.slab[number].take() else { return };
        self.by_end.remove(&order(pane.window));
        self.free.push(number);
        self.recent = (NEVER, 0);
        if let Some(mut shelved) = pane.shelved.take() {
            shelved.clear();
        }
        // A table far larger than what was in it would make draining slow, so it is not used again.
        let is_roomy = pane.table.slots() > 8 * drained.max(64);
        if keep && !is_roomy {
            pane.left.clear();
            pane.right.clear();
            self.spare_bytes += pane.bytes();
            self.spare.push(pane);
        }
    }

    /// Gives all memory back, if no pane is live.
    pub fn release(&mut self) {
        if self.by_end.is_empty() {
            let (frontier, has_disk) = (self.frontier, self.has_disk);
            *self = Panes { frontier, ..Panes::new() };
            if has_disk {
                self.use_disk();
            }
        }
    }

    /// Elements, once for each window they belong to.
    pub fn elements(&self) -> usize {
        let shelved = |pane: &Pane<K, L, R>| pane.shelved.as_ref().map_or(0, |it| it.len());
        self.all().map(|pane| pane.left.len() + pane.right.len() + shelved(pane)).sum()
    }

    pub fn bytes(&self) -> usize {
        self.slab.iter().flatten().chain(&self.spare).map(Pane::bytes).sum()
    }
}
