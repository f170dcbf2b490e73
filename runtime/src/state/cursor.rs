//! Walking a table in order, with a cursor that can stop anywhere.

use super::table::Table;
use crate::record::Key;

/// A place in a table's order, between two entries. It stays right when entries come and go on either side of it; only
/// among keys of one and the same hash may an entry be met twice or missed if some of those come or go meanwhile.
#[derive(Clone, Debug, Default)]
pub struct Cursor {
    /// Every hash below this one has been passed, and `ties` entries of this one.
    hash: u64,
    ties: usize,
    /// Where that was when the table had `version`: directory entry and slot.
    directory: usize,
    pub(super) slot: usize,
    pub(super) version: Option<u64>,
}

impl<K: Key, V> Table<K, V> {
    /// The next entry in the order of (hash, canonical key bytes), with its hash.
    #[inline]
    pub fn next_in_order(&self, cursor: &mut Cursor) -> Option<(u64, &K, &V)> {
        loop {
            let (segment, next) = self.locate(cursor)?;
            if let Some(at) = self.segments[segment].next_taken(cursor.slot) {
                let hash = self.segments[segment].hash(at);
                cursor.pass(hash, at);
                let (key, value) = self.segments[segment].entry(at);
                return Some((hash, key, value));
            }
            self.leave(cursor, next);
        }
    }

    /// As [`next_in_order`](Table::next_in_order), but what the cursor has passed is dropped, a segment at a time;
    /// with `keep` the memory stays for new entries. While a table is drained, nothing else changes it.
    #[inline]
    pub fn drain_in_order(&mut self, cursor: &mut Cursor, keep: bool) -> Option<(u64, &K, &mut V)> {
        if self.tracking.is_some() {
            self.stop_tracking();
        }
        loop {
            let (segment, next) = self.locate(cursor)?;
            if let Some(at) = self.segments[segment].next_taken(cursor.slot) {
                let hash = self.segments[segment].hash(at);
                cursor.pass(hash, at);
                self.save_slot(segment, at);
                let (key, value) = self.segments[segment].entry_mut(at);
                return Some((hash, key, value));
            }
            self.vacate(segment, cursor.hash, keep);
            cursor.version = Some(self.version);
            self.leave(cursor, next);
        }
    }

    /// The entry that the cursor passed last; none if it has passed none, or if the table has changed since.
    #[inline(always)]
    pub fn passed(&self, cursor: &Cursor) -> Option<(u64, &K, &V)> {
        if cursor.version != Some(self.version) {
            return None;
        }
        let (segment, _) = self.segment_of(self.first_hash(cursor.directory)?);
        let (segment, at) = (&self.segments[segment], cursor.slot.checked_sub(1)?);
        let (key, value) = segment.entry(at);
        Some((segment.hash(at), key, value))
    }

    /// Changes all values in a way that means nothing to whoever reads them, so that none counts as changed.
    pub fn adjust(&mut self, mut change: impl FnMut(&mut V)) {
        for segment in &mut self.segments {
            let mut next = 0;
            while let Some(at) = segment.next_taken(next) {
                change(&mut segment.entry_mut(at).1);
                next = at + 1;
            }
        }
    }

    /// The segment in which the cursor stands, and the directory entry behind it; none at the end.
    #[inline]
    pub(super) fn locate(&self, cursor: &mut Cursor) -> Option<(usize, usize)> {
        if cursor.version != Some(self.version) {
            self.seek(cursor);
        }
        let first = self.first_hash(cursor.directory)?;
        Some(self.segment_of(first))
    }

    /// Finds the cursor's place again after entries have moved.
    #[cold]
    fn seek(&self, cursor: &mut Cursor) {
        let (segment, next) = self.segment_of(cursor.hash);
        let segment = &self.segments[segment];
        cursor.version = Some(self.version);
        cursor.directory = next - 1;
        cursor.slot = segment.home(cursor.hash);
        let mut ties = cursor.ties;
        while let Some(at) = segment.next_taken(cursor.slot) {
            if segment.hash(at) > cursor.hash || segment.hash(at) == cursor.hash && ties == 0 {
                return;
            }
            ties -= usize::from(segment.hash(at) == cursor.hash);
            cursor.slot = at + 1;
        }
    }

    /// Goes on to the segment that begins at a directory entry.
    pub(super) fn leave(&self, cursor: &mut Cursor, directory: usize) {
        cursor.directory = directory;
        cursor.slot = 0;
        cursor.ties = 0;
        cursor.hash = self.first_hash(directory).unwrap_or(u64::MAX);
    }
}

impl Cursor {
    /// The hash of the entry passed last.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Passes `len` entries up to a slot; the last `ties` of them are of one hash.
    pub(super) fn pass_all(&mut self, hash: u64, ties: usize, len: usize, slot: usize) {
        let goes_on = hash == self.hash && ties == len;
        self.ties = if goes_on { self.ties + ties } else { ties };
        (self.hash, self.slot) = (hash, slot);
    }

    /// An entry that was passed is gone; what followed up to a slot has moved by one.
    pub(super) fn taken_out(&mut self, hash: u64, gap: usize) {
        self.ties -= usize::from(hash == self.hash && self.ties > 0);
        self.slot -= usize::from(gap >= self.slot);
    }

    #[inline(always)]
    fn pass(&mut self, hash: u64, at: usize) {
        self.ties = if hash == self.hash { self.ties + 1 } else { 1 };
        self.hash = hash;
        self.slot = at + 1;
    }
}
