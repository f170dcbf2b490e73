//! One segment of a [`Table`](super::Table): a flat, sorted, open-addressing array.
//!
//! ```text
//!   homes 0 .. 1 << log                                   slack, then one slot that stays empty
//!   ┌───┬─────────────┬───┬─────────────┬─────────────┬───┬──────┬─────┬───┐
//!   │ - │ hash key val│ - │ hash key val│ hash key val│ - │  ..  │  -  │ - │
//!   └───┴─────────────┴───┴─────────────┴─────────────┴───┴──────┴─────┴───┘
//! ```
//!
//! An entry's *home* is the number made of the bits of its hash that follow the segment's prefix. Entries lie at their
//! home or behind it, without a gap in between, in the order of (hash, canonical key bytes) ("ordered hash tables",
//! Amble and Knuth 1974): a scan is in hash order, a search stops at the first greater hash, and nothing wraps around.
//! An empty slot holds the greatest hash, so that one comparison ends a search.
//!
//! Beside the slots lies a byte per slot, the *tag*: eight low bits of the hash, or zero. Sixteen tags are compared at
//! once, so that a lookup has no branch that depends on how far an entry lies from its home. In the cache that halved
//! the time of an update against a scan of the slots; out of it, it costs a second cache line. Figures are in
//! `benches/benches/state.rs`.
//!
//! Invariants: the last slot is empty; a slot holds a key and a value if and only if its hash is not [`EMPTY`], and its
//! tag is then that of its hash, else zero; [`WINDOW`] zero tags lie behind the last slot's.
#![allow(unsafe_code)] // Slots are uninitialised where they are empty, and moved as plain memory.

use std::mem::MaybeUninit;

use super::bits::{Mark, Marks};
use super::chunk::CHUNK;

/// The hash of an empty slot. A key with this hash counts as one with the next smaller.
pub(super) const EMPTY: u64 = u64::MAX;

/// Tags that are compared at once.
pub(super) const WINDOW: usize = 16;

/// The tag of a taken slot.
#[inline(always)]
pub(super) fn tag(hash: u64) -> u8 {
    (hash as u8).max(1)
}

/// One slot: 24 bytes for a `u64` key and a `u64` value, all in one or two neighbouring cache lines.
#[repr(C)]
pub(super) struct Slot<K, V> {
    pub(super) hash: u64,
    pub(super) entry: MaybeUninit<(K, V)>,
}

impl<K, V> Slot<K, V> {
    const VACANT: Slot<K, V> = Slot { hash: EMPTY, entry: MaybeUninit::uninit() };
}

/// A sorted open-addressing array of entries whose hashes share a prefix of `depth` bits.
pub(super) struct Segment<K, V> {
    slots: Vec<Slot<K, V>>,
    tags: Vec<u8>,
    len: usize,
    log: u8,
    depth: u8,
    /// Tells it from others: see [`is_full`](Segment::is_full).
    number: usize,
    /// What is known of changes and of the snapshot under way. None before the first of either.
    pub(super) marks: Marks,
    /// Those of which a disk does not know what they are now. None while there is no disk.
    pub(super) unwritten: Marks,
}

impl<K, V> Segment<K, V> {
    /// The fewest homes, as a power of two.
    pub(super) const MIN_LOG: u8 = 3;
    /// Homes beyond which a segment is split rather than grown: 128 KiB, so that a split, which moves one segment's
    /// entries, stays far below a turn's time slice.
    pub(super) const MAX_LOG: u8 = {
        let slots = 128 * 1024 / size_of::<Slot<K, V>>();
        let log = slots.ilog2() as u8;
        if log < 6 { 6 } else { log }
    };

    /// An empty segment with `1 << log` homes, the `number`-th of its table.
    pub(super) fn new(number: usize, depth: u8, log: u8) -> Self {
        Segment::with_slots(number, depth, log, default_slots(log))
    }

    fn with_slots(number: usize, depth: u8, log: u8, slots: usize) -> Self {
        let mut vacant = Vec::with_capacity(slots);
        vacant.resize_with(slots, || Slot::VACANT);
        let (tags, marks, unwritten) =
            (vec![0; slots + WINDOW], Marks::default(), Marks::default());
        Segment { slots: vacant, tags, len: 0, log, depth, number, marks, unwritten }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn log(&self) -> u8 {
        self.log
    }

    pub(super) fn depth(&self) -> u8 {
        self.depth
    }

    /// The number of slots, the last one, always empty, included.
    pub(super) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot<K, V>>()
            + self.tags.capacity()
            + self.marks.bytes()
            + self.unwritten.bytes()
    }

    /// The first slot and the first tag, for the directory.
    pub(super) fn first(&mut self) -> (*mut Slot<K, V>, *const u8) {
        (self.slots.as_mut_ptr(), self.tags.as_ptr())
    }

    /// True if one more entry would make probes too long: 3/4 of the homes taken, or about as many. Hashes are spread
    /// evenly, so that all segments come to hold as many at about the same time: if all were full then, there would be
    /// little but splits for a while.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        let of_64 = if self.log < 8 { 48 } else { 40 + self.number.wrapping_mul(7) % 11 };
        self.len >= (of_64 << self.log) >> 6
    }

    /// The slot where a search for `hash` begins.
    #[inline(always)]
    pub(super) fn home(&self, hash: u64) -> usize {
        home(hash, self.depth, self.log)
    }

    /// True if there is nothing in it, but memory for much.
    pub(super) fn is_oversized(&self) -> bool {
        self.len == 0 && self.log > Self::MIN_LOG + 3
    }

    #[inline(always)]
    pub(super) fn hash(&self, at: usize) -> u64 {
        self.slots[at].hash
    }

    /// The first taken slot at or behind `at`.
    #[inline]
    pub(super) fn next_taken(&self, at: usize) -> Option<usize> {
        // A byte each to look at, eight at once, where slots are words.
        let mut at = at;
        while at < self.slots.len() {
            let tags: [u8; 8] = self.tags[at..at + 8].try_into().expect("eight bytes");
            let tags = u64::from_le_bytes(tags);
            if tags != 0 {
                return Some(at + tags.trailing_zeros() as usize / 8);
            }
            at += 8;
        }
        None
    }

    /// The last taken slot before `end`.
    pub(super) fn last_taken_before(&self, end: usize) -> Option<usize> {
        self.tags[..end].iter().rposition(|tag| *tag != 0)
    }

    /// The first taken slot at or behind `at` that the snapshot under way still needs.
    pub(super) fn next_unsaved(&self, mut at: usize) -> Option<usize> {
        loop {
            at = self.next_taken(self.marks.next_without(Mark::Saved, at)?)?;
            if !self.marks.get(Mark::Saved, at) {
                return Some(at);
            }
            at += 1;
        }
    }

    /// The hash of the last entry.
    pub(super) fn last_hash(&self) -> Option<u64> {
        self.slots.iter().rev().map(|slot| slot.hash).find(|hash| *hash != EMPTY)
    }

    /// The taken slots at or behind `at`, as many as there is room for: how many, and the slot behind the last one looked
    /// at.
    pub(super) fn gather(&self, at: usize, taken: &mut [u32; CHUNK]) -> (usize, usize) {
        let (mut at, mut len) = (at, 0);
        while at < self.slots.len() && len + WINDOW <= CHUNK {
            // SAFETY: `at` is the number of a slot, and WINDOW tags more than there are slots can be read.
            let empty = unsafe { matching(self.tags.as_ptr().add(at), 0) };
            // Each is written, and the next one over it if it is empty: no jump depends on which they are.
            for slot in 0..WINDOW {
                taken[len % CHUNK] = (at + slot) as u32;
                len += (!empty >> slot & 1) as usize;
            }
            at += WINDOW;
        }
        (len, at.min(self.slots.len()))
    }

    /// The entry at a taken slot.
    #[inline(always)]
    pub(super) fn entry(&self, at: usize) -> &(K, V) {
        let slot = &self.slots[at];
        assert!(slot.hash != EMPTY, "slot {at} is empty");
        // SAFETY: a slot whose hash is not EMPTY holds an entry.
        unsafe { slot.entry.assume_init_ref() }
    }

    /// The entry at a taken slot.
    #[inline(always)]
    pub(super) fn entry_mut(&mut self, at: usize) -> &mut (K, V) {
        let slot = &mut self.slots[at];
        assert!(slot.hash != EMPTY, "slot {at} is empty");
        // SAFETY: a slot whose hash is not EMPTY holds an entry.
        unsafe { slot.entry.assume_init_mut() }
    }

    /// The first slot with this hash; if there is none, any other slot.
    #[inline]
    pub(super) fn first_of(&self, hash: u64) -> usize {
        let home = self.home(hash);
        assert!(home + WINDOW <= self.tags.len(), "WINDOW tags lie behind the last slot's");
        let tags = self.tags[home..].as_ptr();
        // SAFETY: the assertion.
        let (gaps, mut like) = unsafe { (matching(tags, 0), matching(tags, tag(hash))) };
        while like != 0 {
            let at = home + like.trailing_zeros() as usize;
            if self.hash(at) == hash {
                return at;
            }
            like &= like - 1;
        }
        if gaps != 0 {
            return self.slots.len() - 1;
        }
        // From a home on, hashes only grow up to the first that is greater, and are greater or EMPTY from there.
        let home_on = &self.slots[home..self.slots.len() - 1];
        home + home_on.partition_point(|slot| slot.hash < hash)
    }

    /// Where a new entry belongs, if that is plain from the tags near its home: there is a gap, and no tag like its
    /// own, so that no entry there has the same hash.
    pub(super) fn near(&self, hash: u64) -> Option<usize> {
        let home = self.home(hash);
        assert!(home + WINDOW <= self.tags.len(), "WINDOW tags lie behind the last slot's");
        let tags = self.tags[home..].as_ptr();
        // SAFETY: the assertion.
        let (gaps, like) = unsafe { (matching(tags, 0), matching(tags, tag(hash))) };
        if gaps == 0 || like != 0 {
            return None;
        }
        let mut at = home + gaps.trailing_zeros() as usize;
        if at + 1 >= self.slots.len() {
            return None;
        }
        while at > home && self.hash(at - 1) > hash {
            at -= 1;
        }
        Some(at)
    }

    /// Puts an entry at slot `at`, where a search for it ended, and moves what follows by one; gives the entry back
    /// if there is no room behind.
    pub(super) fn insert(&mut self, at: usize, hash: u64, entry: (K, V)) -> Result<(), (K, V)> {
        debug_assert!(hash != EMPTY && at >= self.home(hash));
        // The gap's tag is the first zero: a byte each to look at, where slots are three words.
        let Some(entries) = self.tags[at..self.slots.len()].iter().position(|tag| *tag == 0) else {
            return Err(entry);
        };
        if at + entries + 1 >= self.slots.len() {
            return Err(entry);
        }
        // Runs are a few slots long: moving them one by one is faster than a call.
        for to in (at + 1..=at + entries).rev() {
            self.slots.swap(to, to - 1);
            self.tags[to] = self.tags[to - 1];
        }
        self.slots[at] = Slot { hash, entry: MaybeUninit::new(entry) };
        self.tags[at] = tag(hash);
        self.marks.open(at, at + entries);
        self.unwritten.open(at, at + entries);
        self.len += 1;
        Ok(())
    }

    /// Takes the entry out of a taken slot and closes the gap; answers also which slot is empty now.
    pub(super) fn remove(&mut self, at: usize) -> ((K, V), usize) {
        assert!(self.hash(at) != EMPTY, "slot {at} is empty");
        let taken = std::mem::replace(&mut self.slots[at], Slot::VACANT);
        let mut gap = at;
        while self.hash(gap + 1) != EMPTY && self.home(self.hash(gap + 1)) <= gap {
            self.slots.swap(gap, gap + 1);
            gap += 1;
        }
        self.tags.copy_within(at + 1..=gap, at);
        self.tags[gap] = 0;
        self.marks.close(at, gap);
        self.unwritten.close(at, gap);
        self.len -= 1;
        // SAFETY: the slot was taken, and is vacant now, so that the entry has one owner.
        (unsafe { taken.entry.assume_init() }, gap)
    }

    /// Drops all entries, keeps the memory.
    pub(super) fn clear(&mut self) {
        if self.len == 0 {
            return;
        }
        self.tags.fill(0);
        for slot in &mut self.slots {
            if slot.hash != EMPTY {
                slot.hash = EMPTY;
                if std::mem::needs_drop::<(K, V)>() {
                    // SAFETY: the slot held an entry; it counts as vacant from the line above, so that it is dropped
                    // once even if this panics.
                    unsafe { slot.entry.assume_init_drop() };
                }
            }
        }
        self.len = 0;
        self.marks.clear();
        self.unwritten.clear();
    }

    /// Makes room for at least one more entry without a split: more homes if too many are taken, else more slack
    /// (many entries share a home).
    pub(super) fn grow(&mut self) {
        let log = if self.is_full() { self.log + 1 } else { self.log };
        let all = 0..self.slots.len();
        let slack = self.slots.len() - (1 << self.log);
        let mut grown = self.moved(all, self.depth, log, if log == self.log { slack } else { 0 });
        std::mem::swap(self, &mut grown);
    }

    /// True if a split would move all entries to one side.
    pub(super) fn is_one_sided(&self) -> bool {
        let taken = |slot: &&Slot<K, V>| slot.hash != EMPTY;
        let (first, last) = (self.slots.iter().find(taken), self.slots.iter().rfind(taken));
        let differ = |first: &Slot<K, V>, last: &Slot<K, V>| first.hash ^ last.hash;
        let differ = first.zip(last).map(|(first, last)| differ(first, last));
        differ.is_some_and(|differ| differ & (1 << (63 - self.depth)) == 0)
    }

    /// Splits by the next bit of the hash: `self` keeps the lower half, the upper half is returned.
    /// It will be the `number`-th of the table.
    pub(super) fn split(&mut self, number: usize) -> Self {
        debug_assert!(self.depth < 63);
        let next_bit = 1u64 << (63 - self.depth);
        let middle = (0..self.slots.len())
            .find(|&at| self.hash(at) != EMPTY && self.hash(at) & next_bit != 0)
            .unwrap_or(self.slots.len());
        let mut upper = self.moved(middle..self.slots.len(), self.depth + 1, self.log, 0);
        upper.number = number;
        let mut lower = self.moved(0..middle, self.depth + 1, self.log, 0);
        std::mem::swap(self, &mut lower);
        upper
    }

    /// Moves the entries of `range`, in order, into a new segment with `extra` slots more than usual. They are gone
    /// from `self`.
    fn moved(&mut self, range: std::ops::Range<usize>, depth: u8, log: u8, extra: usize) -> Self {
        let (mut needed, mut entries) = (0, 0);
        for slot in self.slots[range.clone()].iter().filter(|slot| slot.hash != EMPTY) {
            needed = needed.max(home(slot.hash, depth, log)) + 1;
            entries += 1;
        }
        // An upper half that is all but empty need not be as large as what was split.
        let (log, needed) = if entries == 0 { (Self::MIN_LOG, 0) } else { (log, needed) };
        let slots = (default_slots(log) + extra).max(needed + 8);
        let mut new = Segment::with_slots(self.number, depth, log, slots);
        new.marks = self.marks.like(slots);
        new.unwritten = self.unwritten.like(slots);
        let mut next = 0;
        for at in range {
            if self.slots[at].hash == EMPTY {
                continue;
            }
            let to = next.max(new.home(self.slots[at].hash));
            new.slots[to] = std::mem::replace(&mut self.slots[at], Slot::VACANT);
            new.tags[to] = std::mem::take(&mut self.tags[at]);
            new.marks.put(to, self.marks.both(at));
            new.unwritten.put(to, self.unwritten.both(at));
            next = to + 1;
        }
        new.len = entries;
        self.len -= entries;
        new
    }
}

impl<K, V> Drop for Segment<K, V> {
    fn drop(&mut self) {
        if std::mem::needs_drop::<(K, V)>() {
            self.clear();
        }
    }
}

/// The slot where a search for `hash` begins in a segment of that depth and size.
#[inline(always)]
fn home(hash: u64, depth: u8, log: u8) -> usize {
    ((hash << depth) >> (64 - log)) as usize
}

/// Homes, slack for runs that reach over the last home, and the slot that stays empty.
fn default_slots(log: u8) -> usize {
    let homes = 1usize << log;
    homes + homes.min(64) + 1
}

/// One bit for each of the next [`WINDOW`] tags that is equal to `tag`.
///
/// # Safety
/// As many tags can be read.
#[inline(always)]
pub(super) unsafe fn matching(tags: *const u8, tag: u8) -> u32 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE2 is part of x86_64; the load is unaligned and of 16 bytes, which the caller vouches for.
    unsafe {
        use std::arch::x86_64::{
            _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8,
        };
        let window = _mm_loadu_si128(tags.cast());
        _mm_movemask_epi8(_mm_cmpeq_epi8(window, _mm_set1_epi8(tag.cast_signed()))) as u32
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: the caller vouches for WINDOW bytes.
    unsafe {
        let window = tags.cast::<[u8; WINDOW]>().read();
        window.iter().enumerate().fold(0, |bits, (at, &other)| bits | u32::from(other == tag) << at)
    }
}
