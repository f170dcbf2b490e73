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
    /// Changes are noted since the last checkpoint, or were, until it did not pay.
    is_noting: bool,
    /// Checkpoints between which changes are not to be noted, after it did not pay; and how many of them are still to come.
    pauses: u32,
    pauses_left: u32,
}

impl Row {
    /// Increments that one restore reads at most.
    const INCREMENTS_MAX: u32 = 64;
    /// Changes that are less than a small table.
    const FEW: usize = 64;
    /// Checkpoints without notes at most, before it is tried again.
    const PAUSES_MAX: u32 = 15;

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

    /// True if changes are to be noted from this checkpoint on; `are_noted` tells whether they still were. To note them
    /// costs a tenth of a task that writes all over its table, and is for nothing then: the more often it was, the longer
    /// it is not tried again.
    pub(super) fn notes(&mut self, are_noted: bool) -> bool {
        if self.is_noting {
            self.pauses = if are_noted { 0 } else { (2 * self.pauses + 1).min(Self::PAUSES_MAX) };
            self.pauses_left = self.pauses;
        }
        self.is_noting = self.pauses_left == 0;
        self.pauses_left = self.pauses_left.saturating_sub(1);
        self.is_noting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_pay_is_tried_less_and_less_often_and_what_pays_always() {
        let mut row = Row::default();
        // What is noted does not last until the next checkpoint.
        let tried = |row: &mut Row| (0..200).filter(|_| row.notes(false)).count();
        assert_eq!(tried(&mut row), 15);
        while !row.notes(false) {}
        assert!((0..200).all(|_| row.notes(true)), "from the first time on that it pays");
        assert!(!row.notes(false));
    }
}
