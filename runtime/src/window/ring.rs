//! What one key has in the panes of sliding windows.

use std::collections::VecDeque;

use crate::prefetch::prefetch;
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
    /// Only before the previous one, or the newest if there is none.
    older: Option<Box<Older<V>>>,
}

/// Values of panes, by start.
///
/// A window of many panes is not put together from all of them each time it fires. The first panes have sums from each to
/// the last of them; those behind have one sum, which grows: a window is two sums, and a pane is added twice in all, once
/// to the sum behind, and once to those in front when the last of these has been dropped ("two stacks").
pub(super) struct Older<V> {
    panes: VecDeque<(Timestamp, V)>,
    /// Of the first panes: each with those that follow it here.
    sums: VecDeque<V>,
    /// Of the panes from there up to `summed`.
    behind: Option<V>,
    summed: usize,
}

impl<V> Older<V> {
    fn new() -> Self {
        let (panes, sums) = (VecDeque::new(), VecDeque::new());
        Older { panes, sums, behind: None, summed: 0 }
    }

    /// A pane has changed: the sums are made again.
    fn forget_sums(&mut self) {
        self.sums.clear();
        self.behind = None;
        self.summed = 0;
    }

    /// Drops the first pane.
    fn pop_front(&mut self) {
        self.panes.pop_front();
        if self.sums.pop_front().is_some() {
            self.summed -= 1;
        } else {
            self.forget_sums();
        }
    }

    /// Puts together the values in panes that start from `first` to `last`, where both only grow.
    fn sum_between<E>(
        &mut self,
        first: Timestamp,
        last: Timestamp,
        copy: &impl Fn(&V) -> V,
        merge: &mut impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<Option<V>, E> {
        let is_long = self.panes.len() >= Self::LONG;
        if !is_long || self.panes.front().is_none_or(|(pane, _)| *pane < first) {
            return self.each_between(first, last, copy, merge);
        }
        if self.sums.is_empty() {
            self.forget_sums();
            self.summed = self.panes.partition_point(|(pane, _)| *pane <= last);
            for (_, value) in self.panes.range(..self.summed).rev() {
                let mut sum = copy(value);
                if let Some(following) = self.sums.front() {
                    merge(&mut sum, following)?;
                }
                self.sums.push_front(sum);
            }
        }
        while let Some((_, value)) = self.panes.get(self.summed).filter(|(pane, _)| *pane <= last) {
            match &mut self.behind {
                None => self.behind = Some(copy(value)),
                Some(sum) => merge(sum, value)?,
            }
            self.summed += 1;
        }
        let mut window = self.sums.front().map(copy);
        if let (Some(window), Some(behind)) = (&mut window, &self.behind) {
            merge(window, behind)?;
        }
        Ok(window)
    }

    /// The same by looking at each of them.
    fn each_between<E>(
        &self,
        first: Timestamp,
        last: Timestamp,
        copy: &impl Fn(&V) -> V,
        merge: &mut impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<Option<V>, E> {
        let mut window = None;
        for (_, value) in self.between(first, last) {
            match &mut window {
                None => window = Some(copy(value)),
                Some(window) => merge(window, value)?,
            }
        }
        Ok(window)
    }

    /// Panes that are worth sums; few in unit tests, so that these meet them.
    const LONG: usize = if cfg!(test) { 2 } else { 8 };

    /// The values of panes that start from `first` to `last`.
    fn between(&self, first: Timestamp, last: Timestamp) -> impl Iterator<Item = &(Timestamp, V)> {
        // Mostly the oldest is of the window: what is older was dropped.
        let is_in_order = self.panes.front().is_some_and(|(pane, _)| *pane >= first);
        let at =
            if is_in_order { 0 } else { self.panes.partition_point(|(pane, _)| *pane < first) };
        self.panes.range(at..).take_while(move |(pane, _)| *pane <= last)
    }
}

/// Memory of keys that have no older panes any more.
pub(super) struct Spare<V> {
    boxes: Vec<Box<Older<V>>>,
    /// How many values lie in older panes of any key.
    pub used: usize,
    /// How many sums of them there are.
    sums: usize,
}

impl<V> Spare<V> {
    pub fn new() -> Self {
        Spare { boxes: Vec::new(), used: 0, sums: 0 }
    }

    /// Memory of older panes and their sums, in use or not.
    pub fn bytes(&self) -> usize {
        let kept: usize = self.boxes.iter().map(|older| older.panes.capacity()).sum();
        let kept_sums: usize = self.boxes.iter().map(|older| older.sums.capacity()).sum();
        (kept + self.used) * size_of::<(Timestamp, V)>() + (kept_sums + self.sums) * size_of::<V>()
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
        if pane < self.newest && self.is_older(pane) {
            return self.older_value(pane, spare);
        }
        if self.previous < self.newest {
            let value = std::mem::take(&mut self.previous_value);
            spare.used += 1;
            Self::older(&mut self.older, spare).panes.push_back((self.previous, value));
        }
        if pane < self.newest {
            self.previous = pane;
            return &mut self.previous_value;
        }
        self.previous_value = std::mem::take(&mut self.value);
        (self.previous, self.newest) = (self.newest, pane);
        &mut self.value
    }

    /// True if a pane before the newest one does not come next to it.
    fn is_older(&self, pane: Timestamp) -> bool {
        let last = self.older.as_ref().and_then(|older| older.panes.back());
        self.previous < self.newest && pane < self.previous
            || last.is_some_and(|(last, _)| pane <= *last)
    }

    fn older_value(&mut self, pane: Timestamp, spare: &mut Spare<V>) -> &mut V {
        let older = Self::older(&mut self.older, spare);
        spare.sums -= older.sums.len();
        older.forget_sums();
        let older = &mut older.panes;
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

    fn older<'r>(older: &'r mut Option<Box<Older<V>>>, spare: &mut Spare<V>) -> &'r mut Older<V> {
        let new = || spare.boxes.pop().unwrap_or_else(|| Box::new(Older::new()));
        older.get_or_insert_with(new)
    }

    /// Calls `each` with the value in each pane, in order of time.
    pub fn each(&self, mut each: impl FnMut(Timestamp, &V)) {
        for (pane, value) in self.older.iter().flat_map(|older| &older.panes) {
            each(*pane, value);
        }
        if self.previous < self.newest {
            each(self.previous, &self.previous_value);
        }
        each(self.newest, &self.value);
    }

    /// True if there are more values than the newest two.
    #[inline(always)]
    pub fn has_older(&self) -> bool {
        self.older.is_some()
    }

    /// Fetches what tells of older values into the cache.
    #[inline(always)]
    pub fn fetch_older(&self) {
        if let Some(older) = &self.older {
            prefetch(&raw const **older);
        }
    }

    /// Fetches what putting together and forgetting read of older values; to be called once what tells of them is there.
    #[inline(always)]
    pub fn fetch_older_ends(&self) {
        if let Some(Older { panes, sums, .. }) = self.older.as_deref() {
            for pane in [panes.front(), panes.back()].into_iter().flatten() {
                prefetch(pane);
            }
            if let Some(sum) = sums.front() {
                prefetch(sum);
            }
        }
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
    pub fn put_together<E>(
        &self,
        first: Timestamp,
        last: Timestamp,
        copy: impl Fn(&V) -> V,
        mut merge: impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<Option<V>, E> {
        let window = match &self.older {
            Some(older) => older.each_between(first, last, &copy, &mut merge)?,
            None => None,
        };
        self.with_newest_two(window, first, last, copy, merge)
    }

    /// The same for windows one after the other, of values that may be merged in any grouping.
    pub fn put_together_next<E>(
        &mut self,
        first: Timestamp,
        last: Timestamp,
        spare: &mut Spare<V>,
        copy: impl Fn(&V) -> V,
        mut merge: impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<Option<V>, E> {
        let mut window = None;
        if let Some(older) = &mut self.older {
            // It will not be the previous one for long. The memory of older ones is at hand here, but not where records
            // come to a new pane.
            if self.previous < self.newest && self.previous <= last {
                let value = std::mem::take(&mut self.previous_value);
                spare.used += 1;
                older.panes.push_back((self.previous, value));
                self.previous = self.newest;
            }
            spare.sums -= older.sums.len();
            let sum = older.sum_between(first, last, &copy, &mut merge);
            spare.sums += older.sums.len();
            window = sum?;
        }
        self.with_newest_two(window, first, last, copy, merge)
    }

    /// Adds the newest two values, if they are in the window.
    #[inline(always)]
    fn with_newest_two<E>(
        &self,
        mut window: Option<V>,
        first: Timestamp,
        last: Timestamp,
        copy: impl Fn(&V) -> V,
        mut merge: impl FnMut(&mut V, &V) -> Result<(), E>,
    ) -> Result<Option<V>, E> {
        let (previous, newest) = self.newest_two(first, last);
        for (is_in, value) in [(previous, &self.previous_value), (newest, &self.value)] {
            match &mut window {
                _ if !is_in => {}
                None => window = Some(copy(value)),
                Some(window) => merge(window, value)?,
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
        spare.sums -= older.sums.len();
        while older.panes.front().is_some_and(|(pane, _)| *pane <= last) {
            older.pop_front();
            spare.used -= 1;
        }
        spare.sums += older.sums.len();
        if older.panes.is_empty() {
            older.forget_sums();
            let emptied = self.older.take();
            spare.boxes.extend(emptied.filter(|_| spare.boxes.len() < keep));
        }
    }
}
