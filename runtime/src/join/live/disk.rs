//! Windows of which a part is on a disk.
//!
//! What came last is in memory, as ever. When that is full, all of it goes to the disk, hash by hash, behind what is there.
//! A window that fires is on the disk as a whole, if any of it is, and read in the order of hashes, some at a time.

use std::rc::Rc;

use super::save::{FIRED, WAITING};
use super::{Again, Current, Live, Source};
use crate::join::Sides;
use crate::join::log::{Log, Mark, Run};
use crate::join::panes::{Pane, Shelved};
use crate::join::save::{Saved, Sections};
use crate::join::shelves::{Memory, Shelves, owned, shelve};
use crate::record::{Key, Record};
use crate::state::{Backing, Cursor, SnapshotWriter, Table, usable};
use crate::time::Window;

/// Where what a walk has read lies, and what a key has that fires again.
const WALKED: usize = 0;
const AGAIN: usize = 1;
/// Hashes that are read at once.
const HASHES: usize = 64;

/// Writing.
impl<K: Key, L: Record, R: Record> Live<K, L, R> {
    /// From now on what has no room in memory goes to a disk. Nothing is in it.
    pub fn spill(&mut self, backing: &Rc<Backing>) {
        self.memory = Some(Memory::new(backing));
        self.panes.use_disk();
    }

    pub fn bytes_on_disk(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.backing().bytes_on_disk())
    }

    /// What is in memory goes to the disk if that is too much, and nothing is about to fire.
    #[cold]
    pub(super) fn make_room(&mut self) {
        let bytes = self.bytes();
        let Some(memory) = &mut self.memory else { return };
        if !self.again.is_empty() || self.walk.is_some() || self.current.is_some() {
            return;
        }
        let keys: usize = self.panes.all().map(|pane| owned(&pane.table)).sum();
        if memory.is_too_large(bytes + keys) {
            self.shelve();
        }
    }

    /// The same, now and then while a snapshot is loaded.
    #[inline]
    pub(super) fn make_room_while_loading(&mut self) {
        if self.memory.as_mut().is_some_and(Memory::is_time_to_look) {
            self.make_room();
        }
    }

    /// All that is in memory goes to the disk.
    fn shelve(&mut self) {
        let Some(memory) = &self.memory else { return };
        self.panes.clear_aside();
        self.panes.all_mut(|pane| shelve_pane(pane, memory));
        let bytes = self.bytes();
        if let Some(memory) = &mut self.memory {
            memory.was_emptied(bytes);
        }
    }

    /// Begins a snapshot if something is on the disk: then all is to be there, in order. False if nothing is.
    pub(super) fn begin_saving_shelved(&mut self, out: &mut SnapshotWriter) -> bool {
        let Some(memory) = &self.memory else { return false };
        memory.backing().stop_saving();
        if !self.panes.all().any(Pane::is_shelved) {
            return false;
        }
        self.shelve();
        self.panes.all_mut(|pane| {
            let Some(shelved) = &mut pane.shelved else { return };
            let Window { start, end } = pane.window;
            let Sections { left, right } = if pane.fired { FIRED } else { WAITING };
            let (left, right) = (out.later::<Saved<K, L>>(left), out.later::<Saved<K, R>>(right));
            shelved.left.begin_saving(left, move |out, hash, (key, time, (), element)| {
                out.put(hash, (start, end, key, time, element));
            });
            shelved.right.begin_saving(right, move |out, hash, (key, time, (), element)| {
                out.put(hash, (start, end, key, time, element));
            });
        });
        true
    }

    pub fn save_more(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| memory.backing().save_more())
    }
}

/// What a pane has in memory goes to the disk.
fn shelve_pane<K: Key, L: Record, R: Record>(pane: &mut Pane<K, L, R>, memory: &Memory) {
    if pane.table.is_empty() {
        return;
    }
    let new = || Box::new(Shelves::new(memory.backing()));
    let shelved = pane.shelved.get_or_insert_with(new);
    shelve(&pane.table, &pane.left, |sides| sides.left, &mut shelved.left, |_| ());
    shelve(&pane.table, &pane.right, |sides| sides.right, &mut shelved.right, |_| ());
    pane.vacate();
}

/// Reading.
impl<K: Key, L: Record, R: Record> Live<K, L, R> {
    /// A pane of which something is on the disk is about to be walked through.
    #[cold]
    pub(super) fn begin_on_disk(&mut self, pane: usize) -> Source {
        let Some(memory) = &self.memory else { return Source::Memory };
        shelve_pane(self.panes.get_mut(pane), memory);
        let window = self.panes.get(pane).window;
        self.panes.aside(WALKED, window).vacate();
        Source::Disk(Unread { left: Some(0), right: Some(0) })
    }

    /// Moves on by a key; what it has.
    #[inline(never)]
    pub(super) fn step_on_disk(&mut self) -> Option<Sides> {
        loop {
            let walk = self.walk.as_mut()?;
            let Source::Disk(unread) = &mut walk.source else { return None };
            let pane = walk.pane;
            let read = self.panes.get(WALKED);
            let next = read.table.next_in_order(&mut walk.cursor.clone());
            let is_whole = |hash| unread.first().is_none_or(|unread| hash < unread);
            if next.is_some_and(|(hash, ..)| is_whole(hash)) {
                self.current = Some(Current::Walked(WALKED));
                return read.table.next_in_order(&mut walk.cursor).map(|(_, _, sides)| *sides);
            }
            if unread.first().is_none() {
                self.end();
                return None;
            }
            let mut lent = self.panes.lend(pane);
            unread.read(&mut lent.shelved, &mut walk.cursor, self.panes.get_mut(WALKED));
            self.panes.give_back(pane, lent);
        }
    }

    /// A key fires again, of whose window something is on the disk: that comes before what it has in memory.
    #[cold]
    pub(super) fn read_again(&mut self, again: &mut Again<K>) {
        let mut lent = self.panes.lend(again.pane);
        let read = self.panes.aside(AGAIN, lent.window);
        read_hash(&mut lent.shelved, again.hash, read);
        let key = again.key.as_view();
        let mut sides = read.table.get(again.hash, key).copied().unwrap_or_default();
        append(&mut sides.left, &mut read.left, &lent.left, again.sides.left);
        append(&mut sides.right, &mut read.right, &lent.right, again.sides.right);
        self.panes.give_back(again.pane, lent);
        (again.pane, again.sides) = (AGAIN, sides);
    }

    /// Keys of a hash fire, though their window has fired for others.
    pub(super) fn read_overdue(&mut self, pane: usize, hash: u64) {
        let Some(memory) = &self.memory else { return };
        let mut lent = self.panes.lend(pane);
        shelve_pane(&mut lent, memory);
        let read = self.panes.aside(AGAIN, lent.window);
        read_hash(&mut lent.shelved, hash, read);
        let mut keys = read.table.of_hash(hash);
        while let Some((key, _)) = keys.entry() {
            let (key, sides) = (K::from_view(key.as_view()), Sides::default());
            self.again.push_back(Again { pane, hash, key, sides });
            keys.pass();
        }
        self.panes.give_back(pane, lent);
    }
}

/// From which hashes on the sides of a window were not read yet; none if all of one was.
#[derive(Clone, Copy)]
pub(super) struct Unread {
    left: Option<u64>,
    right: Option<u64>,
}

impl Unread {
    /// From which hash on not all is there.
    fn first(&self) -> Option<u64> {
        self.left.into_iter().chain(self.right).min()
    }

    /// Reads more of the side that is behind: all of it that was read has been passed.
    fn read<K: Key, L: Record, R: Record>(
        &mut self,
        shelved: &mut Option<Box<Shelved<K, L, R>>>,
        cursor: &mut Cursor,
        read: &mut Pane<K, L, R>,
    ) {
        let (Some(from), Some(shelved)) = (self.first(), shelved) else { return };
        let mut table = Table::new();
        // What the side that is ahead has.
        while let Some((hash, key, sides)) = read.table.next_in_order(cursor) {
            *table.entry(hash, key.as_view()) = *sides;
        }
        *cursor = Cursor::default();
        if self.left == Some(from) {
            read.left.clear();
            let end = shelved.left.range(from..=u64::MAX, HASHES, |hash, row| {
                let (key, time, (), element) = row;
                let run = &mut table.entry(hash, key).left;
                read.left.push(run, time, &element, Mark::default());
            });
            self.left = end.and_then(|end| end.checked_add(1));
        }
        if self.right == Some(from) {
            read.right.clear();
            let end = shelved.right.range(from..=u64::MAX, HASHES, |hash, row| {
                let (key, time, (), element) = row;
                let run = &mut table.entry(hash, key).right;
                read.right.push(run, time, &element, Mark::default());
            });
            self.right = end.and_then(|end| end.checked_add(1));
        }
        read.table = table;
    }
}

/// Reads what the keys of a hash have, and nothing else.
fn read_hash<K: Key, L: Record, R: Record>(
    shelved: &mut Option<Box<Shelved<K, L, R>>>,
    hash: u64,
    read: &mut Pane<K, L, R>,
) {
    read.vacate();
    let Some(shelved) = shelved else { return };
    let Pane { table, left, right, .. } = read;
    let hashes = [usable(hash)];
    shelved.left.read(&hashes, |hash, (key, time, (), element)| {
        left.push(&mut table.entry(hash, key).left, time, &element, Mark::default());
    });
    shelved.right.read(&hashes, |hash, (key, time, (), element)| {
        right.push(&mut table.entry(hash, key).right, time, &element, Mark::default());
    });
}

/// Appends a run of another log.
fn append<T: Record>(run: &mut Run, log: &mut Log<T>, other: &Log<T>, others: Run) {
    for number in other.each(others) {
        let (time, element) = other.get(number);
        log.push(run, time, &element, Mark::default());
    }
}
