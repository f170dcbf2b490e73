//! A snapshot of a table, taken while the table goes on changing.
//!
//! The owner of the table writes it a segment at a time, between other things. What is ahead of it and is about to
//! change is written first, entry by entry; a bit per slot says which entries were written, or came after the snapshot
//! began and do not belong to it. So no entry is cloned, and whatever happens meanwhile, what is written is the table as
//! it was when the snapshot began.

use super::LaterSection;
use super::bits::Bits;
use super::table::Table;
use crate::record::Key;

/// What entries of a table have in common: the window that it is of.
pub type Context = [i64; 2];

/// Writes an entry.
pub type WriteEntry<K, V> = fn(&LaterSection, Context, u64, &K, &V);

/// A snapshot of a table under way.
pub(super) struct Saving<K, V> {
    out: LaterSection,
    context: Context,
    write: WriteEntry<K, V>,
    /// Segments below the directory entry of this hash are written; none if all are.
    next: Option<u64>,
}

impl<K: Key, V> Table<K, V> {
    /// Begins a snapshot: `out` is given, through `write`, each entry as it is now.
    pub fn begin_saving(&mut self, out: LaterSection, context: Context, write: WriteEntry<K, V>) {
        self.saving = Some(Box::new(Saving { out, context, write, next: Some(0) }));
        self.watch();
        for segment in &mut self.segments {
            segment.saved = Bits::new(segment.slots());
        }
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
        assert!(self.tracking.is_some(), "changes are noted");
        let removed = self.take_removed();
        self.saving = Some(Box::new(Saving { out, context, write, next: Some(0) }));
        for segment in &mut self.segments {
            segment.saved = segment.dirty.take_inverted();
        }
        self.stop_tracking();
        removed
    }

    /// Gives up the snapshot that is under way, if there is one.
    pub fn stop_saving(&mut self) {
        self.saving = None;
        self.watch();
        for segment in &mut self.segments {
            segment.saved = Bits::default();
        }
    }

    /// Writes the next segment of a snapshot that is under way; true if there is more.
    pub fn save_segment(&mut self) -> bool {
        let Some(hash) = self.saving.as_ref().and_then(|saving| saving.next) else { return false };
        let (segment, behind) = self.segment_of(hash);
        self.save_all_of(segment);
        let next = self.first_hash(behind).filter(|_| self.saving.is_some());
        if next.is_none() {
            self.stop_saving();
        } else if let Some(saving) = &mut self.saving {
            saving.next = next;
        }
        next.is_some()
    }

    /// An entry is about to change, or to go.
    #[inline]
    pub(super) fn save_slot(&mut self, segment: usize, at: usize) {
        let Some(saving) = &self.saving else { return };
        if !saving.out.is_wanted() {
            self.stop_saving();
            return;
        }
        let segment = &mut self.segments[segment];
        if !segment.saved.get(at) {
            segment.saved.set(at);
            let (hash, (key, value)) = (segment.hash(at), segment.entry(at));
            (saving.write)(&saving.out, saving.context, hash, key, value);
        }
    }

    /// All entries of a segment are about to go, or it is their turn.
    pub(super) fn save_all_of(&mut self, segment: usize) {
        if self.saving.is_none() {
            return;
        }
        let mut next = 0;
        while let Some(at) = self.segments[segment].next_unsaved(next) {
            self.save_slot(segment, at);
            next = at + 1;
        }
    }

    /// All entries are about to go.
    pub(super) fn save_all(&mut self) {
        while self.save_segment() {}
    }
}

#[cfg(test)]
mod tests;
