//! The panes that partial aggregates are gathered in.

use std::collections::BTreeMap;

use super::Assigner;
use super::gathered::Gathered;
use super::panes::{Place, place};
use crate::time::{Span, Timestamp, Window};

/// Emptied tables whose memory is kept for coming panes.
const SPARE_TABLES: usize = 2;

/// A table per pane.
pub(super) struct Gathering<S, K, V> {
    /// None if windows are known by their records only: there are no panes then.
    spec: Option<S>,
    /// Two panes used of late. Records out of order go to and fro between two, in a way that no processor foresees.
    recent: [Pane<K, V>; 2],
    others: BTreeMap<Place, Gathered<K, V>>,
    spare: Vec<Gathered<K, V>>,
}

/// A pane used of late.
struct Pane<K, V> {
    start: Timestamp,
    /// Milliseconds.
    length: u64,
    table: Gathered<K, V>,
}

impl<K, V> Pane<K, V> {
    /// Of no time at all. All others have entries.
    const NONE: Self = Pane { start: Timestamp(0), length: 0, table: Gathered::NEW };

    fn new(window: Window, table: Gathered<K, V>) -> Self {
        let length = window.end.0.wrapping_sub(window.start.0).cast_unsigned();
        Pane { start: window.start, length, table }
    }

    #[inline(always)]
    fn contains(&self, time: Timestamp) -> bool {
        time.0.wrapping_sub(self.start.0).cast_unsigned() < self.length
    }

    fn place(&self) -> Place {
        (Timestamp(self.start.0.wrapping_add(self.length.cast_signed())), self.start)
    }
}

impl<S: Assigner<At = Timestamp>, K, V> Gathering<S, K, V> {
    pub fn new(spec: Option<S>) -> Self {
        let (others, spare) = (BTreeMap::new(), Vec::new());
        Gathering { spec, recent: [const { Pane::NONE }; 2], others, spare }
    }

    /// The table of a point in time; none if it is in no pane.
    #[inline(always)]
    pub fn at(&mut self, time: Timestamp) -> Option<&mut Gathered<K, V>> {
        // Which of the two is a number, not a jump: that would be foreseen wrongly half of the time.
        let mut at = usize::from(!self.recent[0].contains(time));
        if !self.recent[at].contains(time) {
            self.open(time)?;
            at = 0;
        }
        Some(&mut self.recent[at].table)
    }

    /// Makes a point in time's pane the first of the recent ones.
    #[inline(never)]
    fn open(&mut self, time: Timestamp) -> Option<()> {
        let spec = self.spec.as_ref()?;
        let window = spec.windows_of(time).next()?;
        // No watermark is needed to know that the first millisecond of all is late.
        if spec.cleanup(window) == Timestamp::MIN {
            return None;
        }
        self.set_aside(1);
        // A pane that time ends with does not contain its last point.
        if self.recent[0].place() != place(window) {
            let table = self.others.remove(&place(window)).or_else(|| self.spare.pop());
            self.recent.swap(0, 1);
            self.recent[0] = Pane::new(window, table.unwrap_or(Gathered::NEW));
        }
        Some(())
    }

    fn set_aside(&mut self, at: usize) {
        let pane = std::mem::replace(&mut self.recent[at], Pane::NONE);
        if !pane.table.is_empty() {
            self.others.insert(pane.place(), pane.table);
        }
    }

    /// Takes out the first pane, with its start, if its last point in time is not behind this one.
    pub fn take_first(&mut self, until: Timestamp) -> Option<(Timestamp, Gathered<K, V>)> {
        let is_over = |(end, _): Place| end - Span(1) <= until;
        if self.recent.iter().any(|pane| !pane.table.is_empty() && is_over(pane.place())) {
            self.set_aside(0);
            self.set_aside(1);
        }
        let first = self.others.first_entry().filter(|first| is_over(*first.key()))?;
        let ((_, start), table) = first.remove_entry();
        Some((start, table))
    }

    /// Takes back the table of a pane that was drained.
    pub fn recycle(&mut self, mut table: Gathered<K, V>) {
        // One far larger than what was in it would make emptying slow, so it is not used again.
        if self.spare.len() < SPARE_TABLES && !table.is_roomy() {
            table.clear();
            self.spare.push(table);
        }
    }

    /// Memory, in bytes.
    pub fn bytes(&self) -> usize {
        let recent = self.recent.iter().map(|pane| &pane.table);
        let tables = recent.chain(self.others.values()).chain(&self.spare);
        tables.map(|table| table.bytes() + size_of::<Gathered<K, V>>()).sum()
    }
}
