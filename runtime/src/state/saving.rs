//! A snapshot of a table, taken while the table goes on changing.
//!
//! The owner of the table writes it a segment at a time, between other things. What is ahead of it and is about to
//! change is written first, those of a batch that is looked up ahead together; a bit per slot says which entries were
//! written, or came after the snapshot began and do not belong to it. So no entry is cloned, and whatever happens meanwhile, what is written is the table as
//! it was when the snapshot began.

use super::bits::{Mark, Marks};
use super::segment::Segment;
use super::table::Table;
use super::{LaterSection, OpenSection};
use crate::record::Key;

/// What entries of a table have in common: the window that it is of.
pub type Context = [i64; 2];

/// Writes an entry.
pub type WriteEntry<K, V> = fn(&mut OpenSection<'_>, Context, u64, &K, &V);

/// A snapshot of a table under way.
pub(super) struct Saving<K, V> {
    out: LaterSection,
    context: Context,
    write: WriteEntry<K, V>,
    /// What is below this hash is written: whole segments.
    next: u64,
    /// Marks of what was saved are good if they are of this round.
    round: u32,
    entries: Entries,
}

/// Which entries are written.
#[derive(Clone, Copy)]
enum Entries {
    All,
    /// Those that changed, as marks of this round tell.
    Changed(u32),
    /// Those that a disk does not know.
    Unwritten,
}

impl<K, V> Saving<K, V> {
    /// Writes entries; false if nobody wants them any more.
    fn write(
        &self,
        segments: &[Segment<K, V>],
        slots: impl Iterator<Item = (usize, usize)>,
    ) -> bool {
        self.out.write(|out| {
            for (segment, at) in slots {
                let (hash, (key, value)) =
                    (segments[segment].hash(at), segments[segment].entry(at));
                (self.write)(out, self.context, hash, key, value);
            }
        })
    }
}

impl<K: Key, V> Table<K, V> {
    /// Begins a snapshot: `out` is given, through `write`, each entry as it is now.
    pub fn begin_saving(&mut self, out: LaterSection, context: Context, write: WriteEntry<K, V>) {
        self.begin(out, context, write, Entries::All);
    }

    /// Begins a snapshot of the changes that were noted, and answers which keys were taken out: as changes, that comes
    /// before the entries. Changes are noted no longer.
    ///
    /// # Panics
    /// If changes were not noted.
    pub fn begin_saving_changes(
        &mut self,
        out: LaterSection,
        context: Context,
        write: WriteEntry<K, V>,
    ) -> Vec<(u64, K)> {
        let removed = self.take_removed();
        let changes = self.tracking.as_ref().expect("changes are noted").round;
        self.begin(out, context, write, Entries::Changed(changes));
        self.stop_tracking();
        removed
    }

    /// Begins a snapshot of the entries that a disk does not know.
    pub(super) fn begin_saving_unwritten(
        &mut self,
        out: LaterSection,
        context: Context,
        write: WriteEntry<K, V>,
    ) {
        self.begin(out, context, write, Entries::Unwritten);
    }

    /// Nothing is done to any segment: there may be many.
    fn begin(
        &mut self,
        out: LaterSection,
        context: Context,
        write: WriteEntry<K, V>,
        entries: Entries,
    ) {
        let round = self.next_round();
        self.saving = Some(Box::new(Saving { out, context, write, next: 0, round, entries }));
        self.watch();
    }

    /// Marks of all rounds before count no longer.
    pub(super) fn next_round(&mut self) -> u32 {
        self.rounds += 1;
        self.ahead.forget_marks();
        self.rounds
    }

    /// Makes a segment's marks good: they may be of earlier rounds. Before any of them changes.
    #[inline]
    pub(super) fn bring_up(&mut self, segment: usize) {
        let saving = self.saving.as_ref().map(|saving| saving.round);
        let tracking = self.tracking.as_ref().map(|tracking| tracking.round);
        let [dirty, saved] = self.segments[segment].marks.rounds;
        if saving.is_some_and(|round| round != saved)
            || tracking.is_some_and(|round| round != dirty)
        {
            self.renew(segment);
        }
    }

    #[cold]
    #[inline(never)]
    fn renew(&mut self, segment: usize) {
        let segment = &mut self.segments[segment];
        if segment.marks.len() == 0 {
            segment.marks = Marks::new(segment.slots());
            self.in_segments += segment.marks.bytes();
        }
        let marks = &mut segment.marks;
        let [dirty, saved] = marks.rounds;
        if let Some(saving) = self.saving.as_ref().filter(|saving| saving.round != saved) {
            match saving.entries {
                Entries::All => marks.fill(Mark::Saved, false),
                Entries::Changed(round) if round == dirty => marks.save_clean(),
                // Nothing was written in it.
                Entries::Changed(_) => marks.fill(Mark::Saved, true),
                Entries::Unwritten => marks.save_unset(&segment.unwritten),
            }
            marks.rounds[Mark::Saved as usize] = saving.round;
        }
        if let Some(tracking) = self.tracking.as_ref().filter(|tracking| tracking.round != dirty) {
            marks.fill(Mark::Dirty, false);
            marks.rounds[Mark::Dirty as usize] = tracking.round;
        }
    }

    /// Gives up the snapshot that is under way, if there is one.
    pub fn stop_saving(&mut self) {
        self.saving = None;
        self.watch();
    }

    /// Writes the next segment of a snapshot that is under way; true if there is more.
    pub fn save_segment(&mut self) -> bool {
        let Some(saving) = &self.saving else { return false };
        let (segment, behind) = self.segment_of(saving.next);
        self.save_all_of(segment);
        let next = self.first_hash(behind);
        match (&mut self.saving, next) {
            (Some(saving), Some(next)) => saving.next = next,
            _ => self.stop_saving(),
        }
        self.saving.is_some()
    }

    /// True if somebody wants to know when an entry of this hash changes.
    #[inline]
    pub(super) fn matters(&self, hash: u64) -> bool {
        let any = self.has_disk || self.tracking.is_some();
        any || self.saving.as_ref().is_some_and(|saving| hash >= saving.next)
    }

    /// An entry is about to change, or to go.
    #[inline]
    pub(super) fn save_slot(&mut self, segment: usize, at: usize) {
        if self.take_unsaved(segment, at) {
            self.write([(segment, at)].into_iter());
        }
    }

    /// True if an entry is still to be written, which the caller does: it counts as written from now on.
    #[inline]
    pub(super) fn take_unsaved(&mut self, segment: usize, at: usize) -> bool {
        let is_ahead = |saving: &Saving<K, V>| self.segments[segment].hash(at) >= saving.next;
        if cfg!(bug_18) || !self.saving.as_deref().is_some_and(is_ahead) {
            return false;
        }
        self.bring_up(segment);
        !self.segments[segment].marks.set(Mark::Saved, at)
    }

    /// Writes entries that were taken to be unsaved.
    pub(super) fn write(&mut self, slots: impl Iterator<Item = (usize, usize)>) {
        let written = self.saving.as_ref().is_none_or(|saving| saving.write(&self.segments, slots));
        if !written {
            self.stop_saving();
        }
    }

    /// An entry came after the snapshot began.
    #[inline]
    pub(super) fn note_new(&mut self, segment: usize, at: usize) {
        if self.saving.is_some() {
            self.bring_up(segment);
            self.segments[segment].marks.set(Mark::Saved, at);
        }
    }

    /// All entries of a segment are about to go, or it is their turn.
    pub(super) fn save_all_of(&mut self, segment: usize) {
        self.bring_up(segment);
        let (segments, Some(saving)) = (&self.segments, &self.saving) else { return };
        let mut next = 0;
        // A segment is ahead as a whole, or was written as a whole.
        let unsaved = std::iter::from_fn(|| {
            let at = segments[segment].next_unsaved(next)?;
            next = at + 1;
            (segments[segment].hash(at) >= saving.next).then_some((segment, at))
        });
        if saving.write(segments, unsaved) {
            self.segments[segment].marks.fill(Mark::Saved, true);
        } else {
            self.stop_saving();
        }
    }

    /// All entries are about to go.
    pub(super) fn save_all(&mut self) {
        while self.save_segment() {}
    }
}

#[cfg(test)]
mod tests;
