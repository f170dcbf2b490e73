//! What one key has in the panes of sliding windows.

use std::collections::VecDeque;

use crate::time::Timestamp;

/// A key's values, one per pane that it has records in. The newest two, which nearly all records are for, lie in the table
/// itself; older ones lie apart, in order of time.
pub(super) struct Ring<V> {
    /// Where the newest pane starts.
    newest: Timestamp,
    /// Where the one before starts; the newest itself, if there is none.
    previous: Timestamp,
    value: V,
    previous_value: V,
    /// Only if there is a previous one.
    older: Option<Box<Older<V>>>,
}

/// Values of panes, by start.
pub(super) struct Older<V>(VecDeque<(Timestamp, V)>);

impl<V> Older<V> {
    /// The values of panes that start from `first` to `last`.
    fn between(&self, first: Timestamp, last: Timestamp) -> impl Iterator<Item = &(Timestamp, V)> {
        // Mostly the oldest is of the window: what is older was dropped.
        let is_in_order = self.0.front().is_some_and(|(pane, _)| *pane >= first);
        let at = if is_in_order { 0 } else { self.0.partition_point(|(pane, _)| *pane < first) };
        self.0.range(at..).take_while(move |(pane, _)| *pane <= last)
    }
}

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
        let (value, previous_value) = (V::default(), V::default());
        Ring { newest: pane, previous: pane, value, previous_value, older: None }
    }

    /// The value in a pane, made if it is not there.
    #[inline(always)]
    pub fn value(&mut self, pane: Timestamp, spare: &mut Spare<V>) -> &mut V {
        if self.newest == pane {
            &mut self.value
        } else if self.previous == pane {
            &mut self.previous_value
        } else {
            self.other(pane, spare)
        }
    }

    #[inline(never)]
    fn other(&mut self, pane: Timestamp, spare: &mut Spare<V>) -> &mut V {
        if pane < self.previous && self.previous < self.newest {
            return self.older_value(pane, spare);
        }
        if self.previous < self.newest {
            let value = std::mem::take(&mut self.previous_value);
            spare.used += 1;
            Self::older(&mut self.older, spare).push_back((self.previous, value));
        }
        if pane < self.newest {
            self.previous = pane;
            return &mut self.previous_value;
        }
        self.previous_value = std::mem::take(&mut self.value);
        (self.previous, self.newest) = (self.newest, pane);
        &mut self.value
    }

    fn older_value(&mut self, pane: Timestamp, spare: &mut Spare<V>) -> &mut V {
        let older = Self::older(&mut self.older, spare);
        let at = match older.binary_search_by_key(&pane, |(start, _)| *start) {
            Ok(at) => at,
            Err(at) => {
                spare.used += 1;
                older.insert(at, (pane, V::default()));
                at
            }
        };
        &mut older[at].1
    }

    fn older<'r>(
        older: &'r mut Option<Box<Older<V>>>,
        spare: &mut Spare<V>,
    ) -> &'r mut VecDeque<(Timestamp, V)> {
        let new = || spare.boxes.pop().unwrap_or_else(|| Box::new(Older(VecDeque::new())));
        &mut older.get_or_insert_with(new).0
    }

    /// True if there are more values than the newest two.
    #[inline(always)]
    pub fn has_older(&self) -> bool {
        self.older.is_some()
    }

    /// Which of the newest two values are in panes that start from `first` to `last`: the previous, the newest.
    #[inline(always)]
    pub fn newest_two(&self, first: Timestamp, last: Timestamp) -> (bool, bool) {
        let since = |pane: Timestamp| pane.0.wrapping_sub(first.0).cast_unsigned();
        let (newest, previous) = (since(self.newest), since(self.previous));
        let most = since(last);
        ((self.previous < self.newest) & (previous <= most), newest <= most)
    }

    /// The value before the newest.
    #[inline(always)]
    pub fn previous(&self) -> &V {
        &self.previous_value
    }

    /// The newest value.
    #[inline(always)]
    pub fn newest(&self) -> &V {
        &self.value
    }

    /// Puts together the values in panes that start from `first` to `last`, in order of time: a copy of the first one, to
    /// which the others are merged. None if there is none.
    #[inline(always)]
    pub fn put_together<E>(
        &self,
        first: Timestamp,
        last: Timestamp,
        copy: impl Fn(&V) -> V,
        mut merge: impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<Option<V>, E> {
        let mut window = None;
        if let Some(older) = &self.older {
            for (_, value) in older.between(first, last) {
                match &mut window {
                    None => window = Some(copy(value)),
                    Some(window) => merge(window, value)?,
                }
            }
        }
        let is_in = |pane: Timestamp| first <= pane && pane <= last;
        if self.previous < self.newest && is_in(self.previous) {
            match &mut window {
                None => window = Some(copy(&self.previous_value)),
                Some(window) => merge(window, &self.previous_value)?,
            }
        }
        if is_in(self.newest) {
            match &mut window {
                None => window = Some(copy(&self.value)),
                Some(window) => merge(window, &self.value)?,
            }
        }
        Ok(window)
    }

    /// Drops the values in panes that start up to `last`; true if none is left. `keep` bounds the memory that is kept
    /// for other keys.
    #[inline(always)]
    pub fn forget(&mut self, last: Timestamp, spare: &mut Spare<V>, keep: usize) -> bool {
        if self.older.is_some() {
            self.forget_older(last, spare, keep);
        }
        if self.previous <= last && self.previous < self.newest {
            self.previous = self.newest;
            self.previous_value = V::default();
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
