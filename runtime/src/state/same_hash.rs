//! The entries of one hash: what a timer that holds a key's hash, not the key, is for.

use super::Table;
use super::table::usable;
use crate::record::Key;

/// The entries whose keys have a hash, in the order of canonical key bytes. Made by [`Table::of_hash`].
pub struct SameHash<'t, K: Key, V> {
    table: &'t mut Table<K, V>,
    hash: u64,
    segment: usize,
    /// The slot of the entry at hand, or of what follows the last.
    at: usize,
}

impl<K: Key, V> Table<K, V> {
    /// The entries whose keys have this hash: nearly always one.
    #[inline]
    pub fn of_hash(&mut self, hash: u64) -> SameHash<'_, K, V> {
        let hash = usable(hash);
        let segment = self.segment_of(hash).0;
        let at = self.segments[segment].first_of(hash);
        SameHash { table: self, hash, segment, at }
    }
}

impl<K: Key, V> SameHash<'_, K, V> {
    /// The entry at hand, to be changed; none behind the last.
    #[inline]
    pub fn entry(&mut self) -> Option<(&K, &mut V)> {
        if self.table.segments[self.segment].hash(self.at) != self.hash {
            return None;
        }
        if self.table.watched {
            self.table.about_to_change(self.segment, self.at);
        }
        let segment = &mut self.table.segments[self.segment];
        let (key, value) = segment.entry_mut(self.at);
        Some((key, value))
    }

    /// Goes on to the next entry. There must be one at hand.
    #[inline]
    pub fn pass(&mut self) {
        self.at += 1;
    }

    /// True if none follows the entry at hand.
    #[inline]
    pub fn is_last(&self) -> bool {
        self.table.segments[self.segment].hash(self.at + 1) != self.hash
    }

    /// Takes out the entry at hand, and gives memory back where nothing is left.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn remove(self) -> (K, V) {
        let (entry, _) = self.table.remove_at(self.segment, self.at);
        if self.table.segments[self.segment].is_oversized() {
            self.table.vacate(self.segment, self.hash, false);
        }
        entry
    }
}
