//! Values by key in the order in which the keys came: filled, read through and emptied again and again.
//!
//! ```text
//!   hash, its last bits ──▶ index  [ 0 | 3 | 0 | 1 | 2 | 0 | .. ]      entries, one more than their number; 0 is none
//!                                          │
//!                           entries  [ key value | key value | key value ]
//! ```
//!
//! A place of the index holds the hash's first bits too: whether a key is new is known, and a jump that was foreseen
//! wrongly is mended, before the entry has come from memory.
//!
//! Nothing is sorted and nothing moves, so that a new key costs two writes, and emptying is a fill of the index. A
//! [`Table`](crate::state::Table), whose entries are in order for snapshots and firings, cost three times as much where
//! entries live for a moment only.

use crate::record::{Key, View};

/// Values of type `V` by `K`.
pub(super) struct Gathered<K, V> {
    /// A power of two, see [`Gathered::is_full`]. Above the number, as many bits of the hash.
    index: Vec<u32>,
    entries: Vec<Entry<K, V>>,
}

struct Entry<K, V> {
    key: K,
    value: V,
}

impl<K, V> Gathered<K, V> {
    /// Nothing.
    pub const NEW: Self = Gathered { index: Vec::new(), entries: Vec::new() };
    /// Places of the index at first.
    const FEWEST: usize = 64;
    /// The most entries that there may be.
    pub const MOST: usize = u16::MAX as usize;

    /// True if there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Drops all entries and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.index.fill(0);
    }

    /// True if the index is to grow. While it stays in the cache it is so large that nearly all keys are found at the
    /// first place looked at, and jumps are foreseen.
    fn is_full(&self) -> bool {
        const IN_CACHE: usize = 32 * 1024;
        let places = if self.index.len() < IN_CACHE { 8 } else { 2 };
        self.entries.len() * places > self.index.len()
    }

    /// True if there is memory for far more than there are entries.
    pub fn is_roomy(&self) -> bool {
        self.index.len() > 64 * self.entries.len().max(64)
    }

    /// Memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.index.capacity() * size_of::<u32>()
            + self.entries.capacity() * size_of::<Entry<K, V>>()
    }
}

/// The first bits of a hash, where they stand in the index.
#[inline(always)]
fn tagged(hash: u64) -> u32 {
    (hash >> 32) as u32 & !u32::from(u16::MAX)
}

impl<K: Key, V: Default> Gathered<K, V> {
    /// The value of a key, or else the place in the index for a new one.
    #[inline(always)]
    pub fn find(&mut self, hash: u64, key: View<'_, K>) -> Result<&mut V, usize> {
        // There is but one key of size zero.
        if size_of::<K>() == 0 && !self.entries.is_empty() {
            return Ok(&mut self.entries[0].value);
        }
        let last = self.index.len().wrapping_sub(1);
        let mut at = hash as usize & last;
        loop {
            let Some(&place) = self.index.get(at) else { return Err(at) };
            // Greater than any number if the bits differ, or if there is none.
            let number = (place ^ tagged(hash)).wrapping_sub(1) as usize;
            if number < Self::MOST && K::same_key(self.entries[number].key.as_view(), key) {
                return Ok(&mut self.entries[number].value);
            }
            if place == 0 {
                return Err(at);
            }
            at = (at + 1) & last;
        }
    }

    /// Makes an entry at a place that `find` answered.
    #[cold]
    #[inline(never)]
    pub fn insert(&mut self, at: usize, hash: u64, key: View<'_, K>) -> &mut V {
        let number = self.entries.len();
        self.entries.push(Entry { key: K::from_view(key), value: V::default() });
        if self.is_full() {
            self.grow();
        } else {
            self.index[at] = tagged(hash) | (number as u32 + 1);
        }
        &mut self.entries[number].value
    }

    /// Doubles the index.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let places = (self.index.len() * 2).max(Self::FEWEST);
        self.index.clear();
        self.index.resize(places, 0);
        for (number, entry) in (1..).zip(&self.entries) {
            let hash = K::task_hash(entry.key.as_view());
            let mut at = hash as usize & (places - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (places - 1);
            }
            self.index[at] = tagged(hash) | number;
        }
    }

    /// A key and its value by number.
    #[inline(always)]
    pub fn get(&self, number: usize) -> Option<(&K, &V)> {
        self.entries.get(number).map(|entry| (&entry.key, &entry.value))
    }
}
