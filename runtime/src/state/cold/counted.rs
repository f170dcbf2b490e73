//! How many entries are only on a disk.
//!
//! A disk drops by itself what is over, and tells nobody. So entries whose lives end are counted by when they were
//! written, and are not counted any more once that is over.

use std::collections::BTreeMap;

/// Entries, by when they were written if their lives end.
#[derive(Debug)]
pub(super) struct Counted {
    /// Milliseconds whose entries are counted together; a single count if lives do not end.
    span: i64,
    /// By the number of the span.
    by_span: BTreeMap<i64, usize>,
    /// Spans before this one are over.
    over: i64,
    total: usize,
}

impl Counted {
    /// None yet. Lives are so many milliseconds, or do not end.
    pub(super) fn new(life: Option<i64>) -> Counted {
        let span = life.map_or(i64::MAX, |life| (life / 8).max(1));
        Counted { span, by_span: BTreeMap::new(), over: i64::MIN, total: 0 }
    }

    pub(super) fn total(&self) -> usize {
        self.total
    }

    fn of(&mut self, written: Option<i64>) -> Option<&mut usize> {
        let number = written.unwrap_or(0).div_euclid(self.span);
        (number >= self.over).then(|| self.by_span.entry(number).or_default())
    }

    pub(super) fn add(&mut self, written: Option<i64>, entries: usize) {
        if let Some(count) = self.of(written) {
            *count += entries;
            self.total += entries;
        }
    }

    pub(super) fn remove(&mut self, written: Option<i64>, entries: usize) {
        if let Some(count) = self.of(written) {
            let removed = entries.min(*count);
            *count -= removed;
            self.total -= removed;
        }
    }

    /// What was written before this time is over.
    pub(super) fn expire(&mut self, before: i64) {
        self.over = self.over.max(before.div_euclid(self.span));
        let alive = self.by_span.split_off(&self.over);
        let over = std::mem::replace(&mut self.by_span, alive);
        self.total -= over.values().sum::<usize>();
    }

    pub(super) fn clear(&mut self) {
        self.by_span.clear();
        self.total = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_does_not_count() {
        let mut counted = Counted::new(Some(80));
        (0..1000).for_each(|written| counted.add(Some(written), 2));
        assert_eq!(counted.total(), 2000);
        counted.expire(905);
        assert_eq!(counted.total(), 200, "all of a span of ten, or none");
        // Whether the disk has them still or not.
        counted.remove(Some(3), 2);
        counted.remove(Some(950), 2);
        counted.add(Some(4), 2);
        assert_eq!(counted.total(), 198);
        assert!(counted.by_span.len() <= 10);
    }

    #[test]
    fn lives_that_do_not_end_are_counted() {
        let mut counted = Counted::new(None);
        counted.add(None, 5);
        counted.remove(None, 2);
        assert_eq!(counted.total(), 3);
        counted.clear();
        assert_eq!(counted.total(), 0);
    }
}
