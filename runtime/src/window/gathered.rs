//! Values by key in the order in which the keys came: filled, read through and emptied again and again.
//!
//! ```text
//!   hash, its last bits ──▶ index  [ 0 | 3 | 0 | 1 | 2 | 0 | .. ]      entries, one more than their number; 0 is none
//!                                                                       │
//!                           entries  [ hash key value | hash key value | hash key value ]
//! ```
//!
//! Nothing is sorted and nothing moves, so that a new key costs two writes, and emptying is a fill of the index. A
//! [`Table`](crate::state::Table), whose entries are in order for snapshots and firings, cost three times as much where
//! entries live for a moment only.

use super::panes::PaneTable;
use crate::record::{Key, View};

/// Values of type `V` by `K`, with their hashes.
pub(super) struct Gathered<K, V> {
    /// A power of two, see [`Gathered::is_full`].
    index: Vec<u32>,
    entries: Vec<Entry<K, V>>,
}

struct Entry<K, V> {
    hash: u64,
    key: K,
    value: V,
}

impl<K, V> Default for Gathered<K, V> {
    fn default() -> Self {
        Gathered { index: vec![0; Self::FEWEST], entries: Vec::new() }
    }
}

impl<K, V> Gathered<K, V> {
    /// Places of the index at first.
    const FEWEST: usize = 64;

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

    /// Doubles the index.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let places = self.index.len() * 2;
        self.index.clear();
        self.index.resize(places, 0);
        for (number, entry) in (1..).zip(&self.entries) {
            let mut at = entry.hash as usize & (places - 1);
            while self.index[at] != 0 {
                at = (at + 1) & (places - 1);
            }
            self.index[at] = number;
        }
    }
}

impl<K: Key, V: Default> Gathered<K, V> {
    /// The number of a key's entry, or else the place in the index for a new one.
    #[inline(always)]
    pub fn find(&self, hash: u64, key: View<'_, K>) -> Result<usize, usize> {
        // There is but one key of size zero.
        if size_of::<K>() == 0 && !self.entries.is_empty() {
            return Ok(0);
        }
        let last = self.index.len() - 1;
        let mut at = hash as usize & last;
        loop {
            let Some(number) = self.index[at].checked_sub(1) else { return Err(at) };
            let entry = &self.entries[number as usize];
            if entry.hash == hash && K::same_key(entry.key.as_view(), key) {
                return Ok(number as usize);
            }
            at = (at + 1) & last;
        }
    }

    /// Makes an entry at a place that `find` answered; answers its number.
    #[cold]
    #[inline(never)]
    pub fn insert(&mut self, at: usize, hash: u64, key: View<'_, K>) -> usize {
        let number = self.entries.len();
        self.entries.push(Entry { hash, key: K::from_view(key), value: V::default() });
        self.index[at] = u32::try_from(number + 1).expect("partials are bounded");
        if self.is_full() {
            self.grow();
        }
        number
    }

    /// The value of an entry by number.
    #[inline(always)]
    pub fn value(&mut self, number: usize) -> &mut V {
        &mut self.entries[number].value
    }

    /// An entry by number: its hash, its key, its value.
    #[inline(always)]
    pub fn get(&self, number: usize) -> Option<(u64, &K, &V)> {
        self.entries.get(number).map(|entry| (entry.hash, &entry.key, &entry.value))
    }
}

impl<K, V> PaneTable for Gathered<K, V> {
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn slots(&self) -> usize {
        self.index.len() / 8
    }

    fn bytes(&self) -> usize {
        self.index.capacity() * size_of::<u32>()
            + self.entries.capacity() * size_of::<Entry<K, V>>()
    }
}
