//! Looking up the keys of a batch ahead: the lines they need are fetched while others are updated.
#![allow(unsafe_code)] // Reads tags through the directory's addresses.

use super::segment::{Slot, WINDOW, matching, tag};
use super::table::{Table, usable};
use crate::prefetch::prefetch;
use crate::record::Key;

/// Keys that are looked up ahead at once; what a chunk of a batch has.
pub(super) const AHEAD: usize = 64;

/// Where the keys of the last [`prepare`](Table::prepare) seem to be, in their order: the update that follows looks
/// there first, and elsewhere if the slot holds another key by then. Forgotten before memory is given back.
pub(super) struct Ahead<K, V> {
    pub(super) slots: [*mut Slot<K, V>; AHEAD],
    pub(super) next: usize,
    pub(super) end: usize,
    /// A bit for each slot whose entry may change, as whoever wants to know of it does; while the table has that version:
    /// entries move.
    marked: u64,
    version: u64,
}

impl<K, V> Ahead<K, V> {
    pub(super) fn new() -> Self {
        Ahead { slots: [std::ptr::null_mut(); AHEAD], next: 0, end: 0, marked: 0, version: 0 }
    }

    /// The slot for the next key.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<*mut Slot<K, V>> {
        if self.next == self.end {
            return None;
        }
        let slot = self.slots[self.next % AHEAD];
        // There is but one key of size zero: its slot stays the next.
        self.next += usize::from(size_of::<K>() > 0);
        Some(slot)
    }

    pub(super) fn forget(&mut self) {
        (self.next, self.end) = (0, 0);
    }

    /// Whoever wants to know of changes is to be told anew.
    pub(super) fn forget_marks(&mut self) {
        self.marked = 0;
    }

    /// True if the entry in the slot that was handed out last may change in a table of this version.
    #[inline(always)]
    pub(super) fn is_marked(&self, version: u64) -> bool {
        let last = self.next.wrapping_sub(usize::from(size_of::<K>() > 0));
        self.version == version && self.marked >> (last % AHEAD) & 1 == 1
    }
}

impl<K: Key, V> Table<K, V> {
    /// Fetches the lines that these keys will need into the cache, and remembers where they are. For batches of some 64
    /// keys that are then updated in their order.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        // A few entries lie in the nearest cache anyway.
        if self.len() * size_of::<Slot<K, V>>() > 16 * 1024 {
            self.fetch(&hashes[..hashes.len().min(AHEAD)]);
        }
    }

    /// Fetches the lines that these keys will need if they are there, for whoever only [gets](Table::get) them.
    #[inline(always)]
    pub fn prepare_to_get(&self, hashes: &[u64]) {
        if self.len() * size_of::<Slot<K, V>>() > 16 * 1024 {
            self.fetch_tags(hashes);
            for &hash in hashes {
                prefetch(self.seems_at(usable(hash)));
            }
        }
    }

    /// The tags of all, where they are more than the second-level cache holds.
    #[inline(always)]
    fn fetch_tags(&self, hashes: &[u64]) {
        const SEGMENTS_WITH_TAGS_IN_CACHE: usize = 128;
        if self.segments.len() > SEGMENTS_WITH_TAGS_IN_CACHE {
            for &hash in hashes {
                let place = self.place(usable(hash));
                prefetch(place.tags.wrapping_add(place.home(usable(hash))));
            }
        }
    }

    /// The slot in which the tags tell that an entry of this hash is: it may lie on another line than its home. Without
    /// one the home itself: it is a slot, and its hash is another.
    #[inline(always)]
    fn seems_at(&self, hash: u64) -> *mut Slot<K, V> {
        let place = self.place(hash);
        let home = place.home(hash);
        // SAFETY: a home is the number of a slot, and WINDOW tags more than there are slots can be read.
        let matches = unsafe { matching(place.tags.add(home), tag(hash)) };
        place.slots.wrapping_add(home + matches.trailing_zeros() as usize % WINDOW)
    }

    /// First the tags, then the slots.
    #[inline(never)]
    fn fetch(&mut self, hashes: &[u64]) {
        self.fetch_tags(hashes);
        for (index, &hash) in hashes.iter().enumerate() {
            let slot = self.seems_at(usable(hash));
            prefetch(slot);
            self.ahead.slots[index] = slot;
        }
        (self.ahead.next, self.ahead.end) = (0, hashes.len());
        if self.watched {
            self.mark_ahead(hashes);
        }
    }

    /// Tells whoever wants to know of changes that these keys' entries change, all at once.
    #[inline(never)]
    fn mark_ahead(&mut self, hashes: &[u64]) {
        let mut slots = [(0, 0); AHEAD];
        for (index, &hash) in hashes.iter().enumerate() {
            let (hash, slot) = (usable(hash), self.ahead.slots[index]);
            slots[index] = (self.place(hash).segment as usize, self.slot_number(hash, slot));
            self.segments[slots[index].0].marks.fetch(slots[index].1);
        }
        let (mut unsaved, mut len) = ([(0, 0); AHEAD], 0);
        (self.ahead.marked, self.ahead.version) = (0, self.version);
        for (index, &hash) in hashes.iter().enumerate() {
            let (segment, at) = slots[index];
            if self.segments[segment].hash(at) != usable(hash) {
                continue;
            }
            self.note_written(segment, at);
            if self.take_unsaved(segment, at) {
                unsaved[len] = (segment, at);
                len += 1;
            }
            self.ahead.marked |= 1 << index;
        }
        self.write(unsaved[..len].iter().copied());
    }
}
