//! What joins have in common whose elements go to a disk: both sides of it, and when they go.

use std::collections::BinaryHeap;
use std::rc::Rc;

use super::Sides;
use super::log::{Log, Run};
use crate::record::{Key, Record};
use crate::state::{Backing, Cursor, Part, Shelf, Table};
use crate::time::Timestamp;

/// Elements of both sides by hash of their keys, each with a note.
pub(super) struct Shelves<K, N, L, R> {
    pub left: Shelf<K, N, L>,
    pub right: Shelf<K, N, R>,
}

impl<K: Record, N: Record, L: Record, R: Record> Shelves<K, N, L, R> {
    pub fn new(backing: &Rc<Backing>) -> Self {
        Shelves { left: Shelf::new(backing), right: Shelf::new(backing) }
    }

    pub fn len(&self) -> usize {
        self.left.len() + self.right.len()
    }

    pub fn clear(&mut self) {
        self.left.clear();
        self.right.clear();
    }
}

/// Puts one side of what keys have on its shelf, `note` telling what is to be said of an element.
pub(super) fn shelve<K: Key, N: Record, T: Record>(
    table: &Table<K, Sides>,
    log: &Log<T>,
    run: impl Fn(&Sides) -> Run,
    shelf: &mut Shelf<K, N, T>,
    note: impl Fn(u32) -> N,
) {
    let mut writing = shelf.writing();
    let mut cursor = Cursor::default();
    while let Some((hash, key, sides)) = table.next_in_order(&mut cursor) {
        for number in log.each(run(sides)) {
            let (time, element) = log.get(number);
            writing.put(hash, (key.as_view(), time, note(number).as_view(), element));
        }
    }
    writing.end();
}

/// What a join has in memory, and may have.
pub(super) struct Memory {
    backing: Rc<Backing>,
    part: Part,
    /// What it had when all had gone to the disk.
    floor: usize,
    /// Elements that were loaded since the last look.
    loaded: usize,
    has_spilled: bool,
}

/// Bytes that go to the disk at once when some have before: more would take longer. With 4 MiB the longest pauses of the
/// benchmark `joins` (6 M records, 64 MiB, 2026-11) are of 80 to 160 ms and a record takes 7.1 µs; with all there is room
/// for, 40 MiB, they are of 300 to 550 ms and it takes 5.5 µs.
const AT_ONCE: usize = 4 << 20;

/// Elements that are loaded between two looks at how much memory they take.
const LOOK: usize = 1024;

impl Memory {
    pub fn new(backing: &Rc<Backing>) -> Memory {
        let (backing, part) = (backing.clone(), Part::new(backing));
        Memory { backing, part, floor: 0, loaded: 0, has_spilled: false }
    }

    pub fn backing(&self) -> &Rc<Backing> {
        &self.backing
    }

    /// True if so many bytes are more than there may be, so that elements are to go to the disk. Memory that would not
    /// become less for it does not count.
    pub fn is_too_large(&mut self, bytes: usize) -> bool {
        self.part.set_used(bytes);
        let is_large = self.part.is_large() || self.has_spilled && bytes > AT_ONCE;
        is_large && bytes > self.floor + self.floor / 4
    }

    /// Elements went to the disk.
    pub fn was_emptied(&mut self, bytes: usize) {
        self.part.set_used(bytes);
        self.floor = bytes;
        self.has_spilled = true;
    }

    /// An element was loaded; true if it is time to look whether there are too many.
    pub fn is_time_to_look(&mut self) -> bool {
        self.loaded = (self.loaded + 1) % LOOK;
        self.loaded == 0
    }
}

/// What the keys of a table own elsewhere in memory, about, if the first is like the others.
pub(super) fn owned<K: Key, V>(table: &Table<K, V>) -> usize {
    let Some((_, key, _)) = table.next_in_order(&mut Cursor::default()) else { return 0 };
    let each = match key.room() {
        0 => 0,
        // As allocators round it: eight bytes are their own.
        bytes => (bytes + 8).next_multiple_of(16).max(32),
    };
    table.len() * each
}

/// Makes room for one more where memory has a bound: it would double.
pub(super) fn grow_little<T: Ord>(heap: &mut BinaryHeap<T>) {
    if heap.len() == heap.capacity() {
        heap.reserve_exact(64.max(heap.len() / 8));
    }
}

/// Times as hashes, in the same order.
pub(super) fn slot(time: Timestamp) -> u64 {
    time.0 as u64 ^ 1 << 63
}
