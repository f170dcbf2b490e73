//! What one key has in the panes of sliding windows.

use std::collections::VecDeque;

use crate::time::Timestamp;

/// A key's values, one per pane that it has records in. The newest, which nearly all records are for, lies in the table
/// itself; older ones lie apart, in order of time.
pub(super) struct Ring<V> {
    /// Where the newest pane starts.
    newest: Timestamp,
    value: V,
    older: Option<Box<Older<V>>>,
}

/// Values of panes, by start.
pub(super) struct Older<V>(VecDeque<(Timestamp, V)>);

/// Memory of keys that have no older panes any more.
pub(super) struct Spare<V> {
    #[expect(clippy::vec_box, reason = "they are handed out as they are")]
    boxes: Vec<Box<Older<V>>>,
    /// How many values lie in older panes of any key.
    pub used: usize,
}

impl<V> Spare<V> {
    pub fn new() -> Self {
        Spare { boxes: Vec::new(), used: 0 }
    }

    /// Memory of older panes, in use or not.
    pub fn bytes(&self) -> usize {
        let kept: usize = self.boxes.iter().map(|older| older.0.capacity()).sum();
        (kept + self.used) * size_of::<(Timestamp, V)>()
    }
}

impl<V: Default> Ring<V> {
    /// Values in one pane so far.
    #[inline(always)]
    pub fn new(pane: Timestamp) -> Self {
        Ring { newest: pane, value: V::default(), older: None }
    }

    /// The value in a pane, made if it is not there.
    #[inline(always)]
    pub fn value(&mut self, pane: Timestamp, spare: &mut Spare<V>) -> &mut V {
        if self.newest == pane { &mut self.value } else { self.other(pane, spare) }
    }

    #[inline(never)]
    fn other(&mut self, pane: Timestamp, spare: &mut Spare<V>) -> &mut V {
        let older = self.older.get_or_insert_with(|| {
            spare.boxes.pop().unwrap_or_else(|| Box::new(Older(VecDeque::new())))
        });
        if pane > self.newest {
            spare.used += 1;
            older.0.push_back((self.newest, std::mem::take(&mut self.value)));
            self.newest = pane;
            return &mut self.value;
        }
        let at = match older.0.binary_search_by_key(&pane, |(start, _)| *start) {
            Ok(at) => at,
            Err(at) => {
                spare.used += 1;
                older.0.insert(at, (pane, V::default()));
                at
            }
        };
        &mut older.0[at].1
    }

    /// The value in panes that start from `first` to `last`, if it is in the newest alone.
    #[inline(always)]
    pub fn newest_only(&self, first: Timestamp, last: Timestamp) -> Option<&V> {
        let is_in = first <= self.newest && self.newest <= last;
        (self.older.is_none() && is_in).then_some(&self.value)
    }

    /// The values in panes that start from `first` to `last`, in order of time.
    #[inline(never)]
    pub fn between(&self, first: Timestamp, last: Timestamp) -> impl Iterator<Item = &V> {
        let older = self.older.iter().flat_map(move |older| {
            let at = older.0.partition_point(|(pane, _)| *pane < first);
            older.0.range(at..).take_while(move |(pane, _)| *pane <= last)
        });
        let is_in = first <= self.newest && self.newest <= last;
        older.map(|(_, value)| value).chain(is_in.then_some(&self.value))
    }

    /// Drops the values in panes that start up to `last`; true if none is left. `keep` bounds the memory that is kept
    /// for other keys.
    #[inline(always)]
    pub fn forget(&mut self, last: Timestamp, spare: &mut Spare<V>, keep: usize) -> bool {
        if self.older.is_some() {
            self.forget_older(last, spare, keep);
        }
        self.newest <= last
    }

    #[inline(never)]
    fn forget_older(&mut self, last: Timestamp, spare: &mut Spare<V>, keep: usize) {
        let Some(older) = &mut self.older else { return };
        while older.0.front().is_some_and(|(pane, _)| *pane <= last) {
            older.0.pop_front();
            spare.used -= 1;
        }
        if older.0.is_empty() {
            let emptied = self.older.take();
            spare.boxes.extend(emptied.filter(|_| spare.boxes.len() < keep));
        }
    }
}
