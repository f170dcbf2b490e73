//! The part of a table that is in memory, where the rest is on a disk: see [`cold`](super::cold).

use std::ops::RangeInclusive;

use super::bits::{Mark, Marks};
use super::segment::Segment;
use super::table::Table;
use crate::record::Key;

/// Among the marks of what a disk does not know: used lately. (What they belong to takes no part in snapshots by them.)
const USED: Mark = Mark::Saved;

/// How the entries of a hash have changed.
#[derive(Clone, Copy)]
pub(super) struct Changed {
    /// The disk does not know them as they are.
    pub(super) since_written: bool,
    /// They are not as the last snapshot has them, if changes since then are noted.
    pub(super) since_saved: bool,
}

impl<K: Key, V> Table<K, V> {
    /// True if there is an entry of a (usable) hash.
    #[inline]
    pub(super) fn has_hash(&self, hash: u64) -> bool {
        let segment = &self.segments[self.segment_of(hash).0];
        segment.hash(segment.first_of(hash)) == hash
    }

    /// The segment of a hash, if it has to grow before it takes one more entry.
    pub(super) fn full_segment(&self, hash: u64) -> Option<usize> {
        let segment = self.segment_of(hash).0;
        self.segments[segment].is_full().then_some(segment)
    }

    /// Makes an entry for a key that is not there, as the disk knows it.
    pub(super) fn insert_unchanged(&mut self, hash: u64, key: K, value: V) {
        self.insert_at(hash, key, value);
    }

    /// From now on what is here may be on a disk, too: there is nothing yet.
    pub(super) fn use_disk(&mut self) {
        self.has_disk = true;
        self.watch();
    }

    /// True if an entry in these slots was used since it was last asked.
    fn take_used(&mut self, segment: usize, mut slots: RangeInclusive<usize>) -> bool {
        let marks = &mut self.segments[segment].unwritten;
        slots.any(|at| {
            let [is_unwritten, was_used] = marks.both(at);
            marks.put(at, [is_unwritten, false]);
            was_used
        })
    }

    /// The entry in a slot was used, and is not as the disk knows it.
    pub(super) fn note_unwritten(&mut self, segment: usize, at: usize) {
        let segment = &mut self.segments[segment];
        if segment.unwritten.len() == 0 {
            segment.unwritten = Marks::new(segment.slots());
            self.in_segments += segment.unwritten.bytes();
        }
        segment.unwritten.set(Mark::Dirty, at);
        segment.unwritten.set(USED, at);
    }

    /// The entries of a hash are to be written again.
    pub(super) fn mark_hash(&mut self, hash: u64) {
        let mut same = self.of_hash(hash);
        while same.entry().is_some() {
            same.pass();
        }
    }

    /// Takes the entries of those hashes out of a segment for which `goes` answers true; if `spares`, only those that were
    /// not used since they were last looked at. `gone` is given all entries of
    /// a hash and how they have changed.
    pub(super) fn send_away(
        &mut self,
        segment: usize,
        spares: bool,
        goes: impl Fn(u64) -> bool,
        mut gone: impl FnMut(u64, Changed, &[(&K, &V)]),
    ) {
        let mut end = self.segments[segment].slots();
        // From behind: what is taken out moves what follows, not what comes before.
        while let Some(last) = self.segments[segment].last_taken_before(end) {
            let hash = self.segments[segment].hash(last);
            let mut first = last;
            while first > 0 && self.segments[segment].hash(first - 1) == hash {
                first -= 1;
            }
            end = first;
            if !goes(hash) || (self.take_used(segment, first..=last) && spares) {
                continue;
            }
            (first..=last).for_each(|at| self.save_slot(segment, at));
            let entries = (first..=last).map(|at| self.segments[segment].entry(at));
            let group: Vec<_> = entries.map(|(key, value)| (key, value)).collect();
            let any = |marks: &Marks| (first..=last).any(|at| marks.get(Mark::Dirty, at));
            let Segment { unwritten, marks, .. } = &self.segments[segment];
            let round = self.tracking.as_ref().map(|tracking| tracking.round);
            let is_noted = round == Some(marks.rounds[Mark::Dirty as usize]);
            let since_saved = is_noted && any(marks);
            gone(hash, Changed { since_written: any(unwritten), since_saved }, &group);
            (first..=last).rev().for_each(|at| _ = self.take_slot(segment, at));
        }
    }
}
