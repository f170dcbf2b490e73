//! The keyed table: hot state of one operator in one task.
//!
//! Extendible hashing (Fagin et al. 1979) over the *high* bits of the key's 64-bit hash, with sorted segments:
//!
//! ```text
//!   hash  0110 1011…      directory, by the hash's first bits        segments
//!         └┬─┘            00 ─────────────────────────────▶  [ · a b · c ]       depth 1
//!          └ entry 01 ──▶ 01 ─────────────────────────────▶  (the same one)
//!                         10 ─────────────────────────────▶  [ d · · e f · ]     depth 2
//!                         11 ─────────────────────────────▶  [ · g h · · i j ]   depth 2
//! ```
//!
//! A full segment is split by the next bit of the hash, and the directory doubled when it has no entry for that bit:
//! never is the whole table rehashed. Directory entries hold the address, so that a lookup costs one line of the
//! directory, which stays in the cache, and one or two of the segment; [`prepare`](Table::prepare) fetches those ahead
//! for a batch of keys. Iteration is in the order of (hash, canonical key bytes), which is also key-group order.
//!
//! Where many hashes share a long prefix a split separates nothing. The directory is then bounded by
//! [`ENTRIES_PER_SEGMENT`], and the segment grows in place of splitting; as it is sorted, a long run is searched by
//! bisection.
//!
//! Invariants: directory entries that agree in a segment's first `depth` bits hold that segment's address; every change
//! of a segment's memory updates them before anything else happens. The entries of a segment have its prefix.
#![allow(unsafe_code)] // Directory entries hold raw addresses of slots.

use std::cmp::Ordering;

use super::ahead::Ahead;
use super::cursor::Cursor;
use super::saving::Saving;
use super::segment::{EMPTY, Segment, Slot, matching, tag};
use super::tracking::Tracking;
use crate::record::{Key, View};

/// Directory entries that there may be for each segment before it grows instead of being split.
const ENTRIES_PER_SEGMENT: usize = 1024;
/// First bits that the hashes of all keys of a task may share without cost: a thousand tasks.
const SHARED_BITS: u32 = 10;
/// Slots that are looked at one after the other before a search goes on by bisection.
const SCAN: usize = 32;

/// A table of `V` by `K`. The caller gives the hash along, which must be the same for equal keys:
/// [`Key::key_hash`], shipped with every batch on a keyed exchange.
pub struct Table<K: Key, V> {
    directory: Vec<Place<K, V>>,
    /// `64 -` the directory's bits; there is at least one bit.
    shift: u32,
    pub(super) segments: Vec<Segment<K, V>>,
    /// What the segments hold, in bytes: there may be thousands, and it is asked for with each batch.
    pub(super) in_segments: usize,
    len: usize,
    /// Changes whenever entries move.
    pub(super) version: u64,
    /// What changed since the last snapshot, if that is known.
    pub(super) tracking: Option<Box<Tracking<K>>>,
    /// What is here may be on a disk, too.
    pub(super) has_disk: bool,
    /// The snapshot under way.
    pub(super) saving: Option<Box<Saving<K, V>>>,
    /// Somebody wants to know of changes: [`mark`](Table::mark) is to be called before each.
    pub(super) watched: bool,
    /// How often a snapshot began or changes began to be noted.
    pub(super) rounds: u32,
    pub(super) ahead: Ahead<K, V>,
}

/// A directory entry: all that a search needs.
pub(super) struct Place<K, V> {
    pub(super) slots: *mut Slot<K, V>,
    pub(super) tags: *const u8,
    pub(super) segment: u32,
    depth: u8,
    /// `64 -` the binary logarithm of the segment's homes.
    shift: u8,
}

impl<K, V> Place<K, V> {
    /// As [`Segment::home`].
    #[inline(always)]
    pub(super) fn home(&self, hash: u64) -> usize {
        ((hash << (self.depth & 63)) >> (self.shift & 63)) as usize
    }
}

impl<K, V> Clone for Place<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K, V> Copy for Place<K, V> {}

/// Where a search ended.
struct Found<K, V> {
    slot: *mut Slot<K, V>,
    hit: bool,
}

/// An entry found, or the place for a new one.
pub enum Entry<'t, K: Key, V> {
    /// The key is there.
    Occupied(&'t mut V),
    /// The key is not there.
    Vacant(Vacant<'t, K, V>),
}

/// The place for a new entry.
pub struct Vacant<'t, K: Key, V> {
    table: &'t mut Table<K, V>,
    hash: u64,
}

impl<'t, K: Key, V> Vacant<'t, K, V> {
    /// Makes the entry. `key` must be the one that was looked for.
    pub fn insert(self, key: K, value: V) -> &'t mut V {
        self.table.insert(self.hash, key, value)
    }
}

impl<K: Key, V> Default for Table<K, V> {
    fn default() -> Self {
        Table::new()
    }
}

impl<K: Key, V> Table<K, V> {
    /// An empty table.
    pub fn new() -> Self {
        let mut table = Table {
            directory: Vec::new(),
            shift: 63,
            segments: Vec::new(),
            in_segments: 0,
            len: 0,
            version: 0,
            tracking: None,
            has_disk: false,
            saving: None,
            watched: false,
            rounds: 0,
            ahead: Ahead::new(),
        };
        table.start();
        table
    }

    fn start(&mut self) {
        self.ahead.forget();
        let mut first = Segment::new(0, 0, Segment::<K, V>::MIN_LOG);
        self.shift = 63;
        self.in_segments = first.bytes();
        self.directory = vec![place(&mut first, 0); 2];
        self.segments = vec![first];
    }

    /// Entries.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there is no entry.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Memory held by the table itself, in bytes; what keys and values own elsewhere is not counted.
    pub fn bytes(&self) -> usize {
        debug_assert_eq!(self.in_segments, self.segments.iter().map(Segment::bytes).sum::<usize>());
        self.in_segments
            + self.segments.capacity() * size_of::<Segment<K, V>>()
            + self.directory.capacity() * size_of::<Place<K, V>>()
    }

    /// Entries there is memory for.
    pub fn slots(&self) -> usize {
        self.segments.iter().map(Segment::slots).sum()
    }

    /// The value of a key.
    #[inline(always)]
    pub fn get(&self, hash: u64, key: View<'_, K>) -> Option<&V> {
        let found = self.find(usable(hash), key);
        // SAFETY: a hit is a slot that holds an entry, and `self` is borrowed for as long as the value is.
        found.hit.then(|| unsafe { &(*found.slot).entry.assume_init_ref().1 })
    }

    /// The value of a key, made by `V::default` if there is none.
    #[inline(always)]
    pub fn entry(&mut self, hash: u64, key: View<'_, K>) -> &mut V
    where
        V: Default,
    {
        self.entry_or(hash, key, V::default)
    }

    /// The value of a key, made by `init` if there is none.
    #[inline(always)]
    pub fn entry_or(&mut self, hash: u64, key: View<'_, K>, init: impl FnOnce() -> V) -> &mut V {
        let hash = usable(hash);
        if let Some(slot) = self.ahead.next() {
            // SAFETY: `fetch` found the slot in memory of this table's, which has given none back since: it would have
            // forgotten the slot. One whose hash is a usable one holds an entry.
            unsafe {
                if (*slot).hash == hash
                    && K::same_key((*slot).entry.assume_init_ref().0.as_view(), key)
                {
                    if self.watched && !self.ahead.is_marked(self.version) {
                        self.mark(hash, slot);
                    }
                    return &mut (*slot).entry.assume_init_mut().1;
                }
            }
        }
        let found = self.find(hash, key);
        if !found.hit {
            return self.insert_new(hash, key, init);
        }
        if size_of::<K>() == 0 {
            self.ahead.slots[0] = found.slot;
            (self.ahead.next, self.ahead.end) = (0, 1);
        }
        if self.watched {
            self.mark(hash, found.slot);
        }
        // SAFETY: a hit is a slot that holds an entry, and `self` is borrowed for as long as the value is.
        unsafe { &mut (*found.slot).entry.assume_init_mut().1 }
    }

    /// Out of line, so that what updates an entry stays small.
    #[inline(never)]
    fn insert_new(&mut self, hash: u64, key: View<'_, K>, init: impl FnOnce() -> V) -> &mut V {
        self.insert(hash, K::from_view(key), init())
    }

    /// The entry of a key, or the place for it.
    #[inline(always)]
    pub fn find_entry(&mut self, hash: u64, key: View<'_, K>) -> Entry<'_, K, V> {
        let hash = usable(hash);
        let found = self.find(hash, key);
        if found.hit {
            if self.watched {
                self.mark(hash, found.slot);
            }
            // SAFETY: a hit is a slot that holds an entry, and `self` is borrowed for as long as the value is.
            Entry::Occupied(unsafe { &mut (*found.slot).entry.assume_init_mut().1 })
        } else {
            Entry::Vacant(Vacant { table: self, hash })
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, hash: u64, key: View<'_, K>) -> Option<(K, V)> {
        let hash = usable(hash);
        let found = self.find(hash, key);
        if !found.hit {
            return None;
        }
        let at = self.slot_number(hash, found.slot);
        let segment = self.place(hash).segment as usize;
        Some(self.remove_at(segment, at).0)
    }

    /// Takes the entry out of a slot; answers also which slot became empty, those before it having moved.
    pub(super) fn remove_at(&mut self, segment: usize, at: usize) -> ((K, V), usize) {
        self.note_removed(segment, at);
        self.save_slot(segment, at);
        self.take_slot(segment, at)
    }

    /// The same, where nobody wants to know.
    pub(super) fn take_slot(&mut self, segment: usize, at: usize) -> ((K, V), usize) {
        self.len -= 1;
        self.version += 1;
        self.segments[segment].remove(at)
    }

    /// Drops all entries and gives the memory back.
    pub fn clear(&mut self) {
        self.stop_tracking();
        self.save_all();
        self.len = 0;
        self.version += 1;
        self.start();
    }

    /// Drops all entries and keeps the memory and the layout for as many again.
    pub fn recycle(&mut self) {
        self.stop_tracking();
        self.save_all();
        self.segments.iter_mut().for_each(Segment::clear);
        self.len = 0;
        self.version += 1;
    }

    #[inline(always)]
    pub(super) fn place(&self, hash: u64) -> &Place<K, V> {
        // SAFETY: the directory has `1 << (64 - shift)` entries, `1 <= 64 - shift`.
        unsafe { self.directory.get_unchecked((hash >> self.shift) as usize) }
    }

    /// Looks for a key.
    #[inline(always)]
    fn find(&self, hash: u64, key: View<'_, K>) -> Found<K, V> {
        let place = self.place(hash);
        let home = place.home(hash);
        // SAFETY: a home is the number of a slot, and WINDOW tags more than there are slots can be read.
        let mut matches = unsafe { matching(place.tags.add(home), tag(hash)) };
        while matches != 0 {
            let slot = place.slots.wrapping_add(home + matches.trailing_zeros() as usize);
            // SAFETY: a matching tag is not zero, so that the slot exists and holds an entry.
            let (other, entry) = unsafe { ((*slot).hash, (*slot).entry.assume_init_ref()) };
            if other == hash && K::same_key(entry.0.as_view(), key) {
                return Found { slot, hit: true };
            }
            matches &= matches - 1;
        }
        // SAFETY: as above.
        if unsafe { matching(place.tags.add(home), 0) } != 0 {
            // Entries lie without a gap behind their home: it would have been met before the gap.
            return Found { slot: std::ptr::null_mut(), hit: false };
        }
        self.search(hash, key)
    }

    /// Looks for a key that is not near its home. Without a hit, the slot is where it belongs.
    #[inline(never)]
    fn search(&self, hash: u64, key: View<'_, K>) -> Found<K, V> {
        let place = self.place(hash);
        let mut slot = place.slots.wrapping_add(place.home(hash));
        for _ in 0..SCAN {
            // SAFETY: `slot` starts at a home, which lies in the segment, and stops at the latest at its last slot,
            // whose hash, EMPTY, is greater than all usable ones.
            let other = unsafe { (*slot).hash };
            if other > hash {
                return Found { slot, hit: false };
            }
            if other == hash {
                // SAFETY: an entry stands in every slot with a usable hash.
                let entry = unsafe { (*slot).entry.assume_init_ref() };
                if K::same_key(entry.0.as_view(), key) {
                    return Found { slot, hit: true };
                }
                break;
            }
            slot = slot.wrapping_add(1);
        }
        self.bisect(hash, key)
    }

    /// Looks for a key by bisection, among entries with the same hash by canonical bytes.
    #[cold]
    #[inline(never)]
    fn bisect(&self, hash: u64, key: View<'_, K>) -> Found<K, V> {
        let place = *self.place(hash);
        let segment = &self.segments[place.segment as usize];
        let bytes = canonical::<K>(key);
        // From a hash's home on, slots are first less, then equal, then greater or empty: an entry behind an empty
        // slot has its home behind that slot.
        let order = |at: usize| match segment.hash(at).cmp(&hash) {
            Ordering::Equal => canonical::<K>(segment.entry(at).0.as_view()).cmp(&bytes),
            order => order,
        };
        let (mut low, mut high) = (segment.home(hash), segment.slots() - 1);
        while low < high {
            let middle = low.midpoint(high);
            if order(middle).is_lt() { low = middle + 1 } else { high = middle }
        }
        Found { slot: place.slots.wrapping_add(low), hit: order(low).is_eq() }
    }

    pub(super) fn slot_number(&self, hash: u64, slot: *mut Slot<K, V>) -> usize {
        (slot.addr() - self.place(hash).slots.addr()) / size_of::<Slot<K, V>>()
    }

    /// Looks anew whether anybody wants to know of changes.
    pub(super) fn watch(&mut self) {
        self.watched = self.has_disk || self.tracking.is_some() || self.saving.is_some();
    }

    /// The entry in a slot is about to change.
    #[inline(never)]
    fn mark(&mut self, hash: u64, slot: *mut Slot<K, V>) {
        if self.matters(hash) {
            let at = self.slot_number(hash, slot);
            let segment = self.place(hash).segment as usize;
            self.about_to_change(segment, at);
        }
    }

    /// The entry in a slot is about to change.
    pub(super) fn about_to_change(&mut self, segment: usize, at: usize) {
        self.note_written(segment, at);
        self.save_slot(segment, at);
    }

    /// Makes an entry for a key that is not there.
    fn insert(&mut self, hash: u64, key: K, value: V) -> &mut V {
        let (segment, at) = self.insert_at(hash, key, value);
        self.note_written(segment, at);
        &mut self.segments[segment].entry_mut(at).1
    }

    /// The same, which does not count as a change; answers its segment and slot.
    #[inline(always)]
    pub(super) fn insert_at(&mut self, hash: u64, key: K, value: V) -> (usize, usize) {
        self.version += 1;
        let mut entry = (key, value);
        let (index, at) = loop {
            let index = self.place(hash).segment as usize;
            if !self.segments[index].is_full() {
                let at = match self.segments[index].near(hash) {
                    Some(gap) => gap,
                    None => self.slot_number(hash, self.search(hash, entry.0.as_view()).slot),
                };
                match self.segments[index].insert(at, hash, entry) {
                    Ok(()) => break (index, at),
                    Err(back) => entry = back,
                }
            }
            self.make_room(index, hash);
        };
        self.len += 1;
        self.note_new(index, at);
        (index, at)
    }

    /// Grows or splits the segment of `hash`.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, index: usize, hash: u64) {
        self.ahead.forget();
        let segment = &self.segments[index];
        let (depth, bits) = (u32::from(segment.depth()), 64 - self.shift);
        // A task's keys share the first bits of their hashes: a segment that does not know them would leave most of its
        // homes empty and crowd the others.
        let is_one_sided = depth < SHARED_BITS && segment.is_one_sided();
        let is_large = segment.is_full() && segment.log() >= Segment::<K, V>::MAX_LOG;
        let splits = (is_one_sided || is_large)
            && depth < 63
            && (depth < bits || self.directory.len() < ENTRIES_PER_SEGMENT * self.segments.len());
        self.in_segments -= segment.bytes();
        if !splits {
            self.segments[index].grow();
            self.in_segments += self.segments[index].bytes();
            self.update_places(index, hash);
            return;
        }
        if depth == bits {
            self.directory = self.directory.iter().flat_map(|&place| [place, place]).collect();
            self.shift -= 1;
        }
        let number = self.segments.len();
        let upper = self.segments[index].split(number);
        self.in_segments += self.segments[index].bytes() + upper.bytes();
        self.segments.push(upper);
        let next_bit = 1 << (63 - depth);
        self.update_places(index, hash & !next_bit);
        self.update_places(self.segments.len() - 1, hash | next_bit);
    }

    /// Writes a segment's address to all its directory entries; `hash` has its prefix.
    fn update_places(&mut self, index: usize, hash: u64) {
        let place = place(&mut self.segments[index], index);
        let range = self.range(place.depth, hash);
        self.directory[range].fill(place);
    }

    /// The directory entries of all hashes that agree with `hash` in the first `depth` bits.
    fn range(&self, depth: u8, hash: u64) -> std::ops::Range<usize> {
        let bits = 64 - self.shift;
        let entries = 1usize << (bits - u32::from(depth));
        let first = (hash >> self.shift) as usize & !(entries - 1);
        first..first + entries
    }
}

impl<K: Key, V> Table<K, V> {
    /// The segment of a hash and the directory entry behind the segment's last.
    pub(super) fn segment_of(&self, hash: u64) -> (usize, usize) {
        let place = self.place(hash);
        (place.segment as usize, self.range(place.depth, hash).end)
    }

    /// The first hash that belongs to a directory entry; none behind the last.
    pub(super) fn first_hash(&self, directory: usize) -> Option<u64> {
        (directory < self.directory.len()).then(|| (directory as u64) << self.shift)
    }

    /// The least and the greatest hash of all keys.
    pub fn hashes(&self) -> Option<(u64, u64)> {
        let (first, ..) = self.next_in_order(&mut Cursor::default())?;
        let places = self.directory.iter().rev().map(|place| place.segment as usize);
        let last = places.into_iter().find_map(|index| self.segments[index].last_hash())?;
        Some((first, last))
    }

    /// Drops the entries of a segment, and its memory unless `keep`; `hash` has its prefix.
    pub(super) fn vacate(&mut self, index: usize, hash: u64, keep: bool) {
        if self.segments[index].len() > 0 {
            self.stop_tracking();
        }
        self.save_all_of(index);
        let segment = &mut self.segments[index];
        self.len -= segment.len();
        self.version += 1;
        if keep {
            segment.clear();
        } else {
            self.ahead.forget();
            let log = Segment::<K, V>::MIN_LOG;
            let mut new = Segment::new(index, segment.depth(), log);
            std::mem::swap(segment, &mut new);
            self.in_segments = self.in_segments + segment.bytes() - new.bytes();
            self.update_places(index, hash);
        }
    }
}

/// The hash under which a key is kept: the greatest one stands for empty slots.
#[inline(always)]
pub(crate) fn usable(hash: u64) -> u64 {
    hash.min(EMPTY - 1)
}

/// A key's canonical bytes.
pub(super) fn canonical<K: Key>(key: View<'_, K>) -> Vec<u8> {
    let mut bytes = Vec::new();
    K::write_key(key, &mut bytes);
    bytes
}

fn place<K, V>(segment: &mut Segment<K, V>, index: usize) -> Place<K, V> {
    let (slots, tags) = segment.first();
    let (depth, log) = (segment.depth(), segment.log());
    Place { slots, tags, segment: index as u32, depth, shift: 64 - log }
}
