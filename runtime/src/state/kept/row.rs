//! Which checkpoints hold changes, and which everything.

use crate::state::Purpose;

/// The checkpoints in a row that build on each other.
#[derive(Default)]
pub(super) struct Row {
    /// The last one.
    last: Option<u64>,
    /// Increments since the last that is whole.
    increments: u32,
    /// Entries of that one, and changes in all increments since.
    entries: usize,
    changes: usize,
}

impl Row {
    /// Increments that one restore reads at most.
    const INCREMENTS_MAX: u32 = 64;
    /// Changes that are less than a small table.
    const FEW: usize = 64;

    /// Takes note of a checkpoint; true if it is to hold the changes since the last one only.
    pub(super) fn goes_on(
        &mut self,
        purpose: Purpose,
        entries: usize,
        changes: Option<usize>,
    ) -> bool {
        let Purpose::InRow { checkpoint, complete } = purpose else { return false };
        let follows = self.last.replace(checkpoint) == Some(complete);
        let changes = changes.filter(|_| follows && self.increments < Self::INCREMENTS_MAX);
        let changes = changes.map(|changes| self.changes + changes);
        let changes = changes.filter(|changes| *changes <= self.entries / 2 + Self::FEW);
        match changes {
            Some(changes) => (self.increments, self.changes) = (self.increments + 1, changes),
            None => (self.increments, self.changes, self.entries) = (0, 0, entries),
        }
        changes.is_some()
    }
}
