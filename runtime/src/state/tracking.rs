//! What changed in a table since its last snapshot, so that the next one need not hold what did not.
//!
//! A bit per slot tells which entries were written, a list which keys were taken out. Both are kept only while they pay:
//! once a good part of the table has changed, or so much was written that noting it costs as much as writing the table
//! again, or everything goes at once, the table stops looking, and the next snapshot is of all entries.

use super::bits::Mark;
use super::table::Table;
use crate::record::Key;

/// Changes that are noted for a small table.
const FEW: usize = 64;

/// What changed since.
pub(super) struct Tracking<K> {
    /// Marks of changes are good if they are of this round.
    pub(super) round: u32,
    /// Keys that were taken out, with their hashes; they may have come back since.
    removed: Vec<(u64, K)>,
    /// Entries written, each counted once.
    written: usize,
    /// How many that may be.
    written_max: usize,
    /// How often something may still be written.
    writes_left: usize,
}

impl<K> Tracking<K> {
    fn new(round: u32, entries: usize) -> Self {
        let (written_max, writes_left) = (entries / 8 + FEW, 4 * (entries + FEW));
        Tracking { round, removed: Vec::new(), written: 0, written_max, writes_left }
    }

    fn is_too_much(&self) -> bool {
        // A key costs about four times as much as a bit.
        self.written + 4 * self.removed.len() > self.written_max || self.writes_left == 0
    }
}

impl<K: Key, V> Table<K, V> {
    /// Everything there counts as unchanged from now on, and what changes is noted, for as long as that pays.
    /// `entries` are all that a snapshot would hold.
    pub fn track_changes(&mut self, entries: usize) {
        let round = self.next_round();
        self.tracking = Some(Box::new(Tracking::new(round, entries)));
        self.watch();
    }

    /// Changes are noted no longer.
    #[cold]
    #[inline(never)]
    pub(super) fn stop_tracking(&mut self) {
        if self.tracking.take().is_some() {
            self.watch();
        }
    }

    /// How many entries were written or taken out since changes are noted; none if that is not known.
    pub fn changes(&self) -> Option<usize> {
        self.tracking.as_ref().map(|tracking| tracking.written + tracking.removed.len())
    }

    /// The keys taken out since changes are noted, each perhaps several times and perhaps there again.
    pub(super) fn take_removed(&mut self) -> Vec<(u64, K)> {
        self.tracking.as_mut().map_or(Vec::new(), |tracking| std::mem::take(&mut tracking.removed))
    }

    /// The entry in a slot is about to change, or is new.
    #[inline]
    pub(super) fn note_written(&mut self, segment: usize, at: usize) {
        if !self.has_disk && self.tracking.is_none() {
            return;
        }
        self.bring_up(segment);
        if self.has_disk {
            self.note_unwritten(segment, at);
        }
        let Some(tracking) = &mut self.tracking else { return };
        tracking.written += usize::from(!self.segments[segment].marks.set(Mark::Dirty, at));
        tracking.writes_left -= 1;
        if tracking.is_too_much() {
            self.stop_tracking();
        }
    }

    /// The entry in a slot is about to go.
    pub(super) fn note_removed(&mut self, segment: usize, at: usize) {
        let Some(tracking) = &mut self.tracking else { return };
        let segment = &self.segments[segment];
        let key = K::from_view(segment.entry(at).0.as_view());
        tracking.removed.push((segment.hash(at), key));
        if tracking.is_too_much() {
            self.stop_tracking();
        }
    }
}
