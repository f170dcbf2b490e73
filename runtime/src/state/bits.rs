//! Two bits per slot of a segment.
//!
//! A table has many segments, and a snapshot begins in all of them at once. So nothing is done to any then: marks say of
//! which round they are, and those of an earlier one are made good when a segment is next looked at
//! ([`Table::bring_up`](super::Table)). The two bits of a slot lie on one line of the cache.

use crate::prefetch::prefetch;

/// Which of the two bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mark {
    /// Written since changes are noted.
    Dirty = 0,
    /// No business of the snapshot under way any more.
    Saved = 1,
}

/// Marks that can be moved along with the slots they belong to. With none at all, every one reads as not set and writes go
/// nowhere: nobody has wanted to know yet.
#[derive(Default, Debug)]
pub(super) struct Marks {
    words: Vec<[u64; 2]>,
    len: usize,
    /// Since which round either is kept; 0 is before all.
    pub(super) rounds: [u32; 2],
}

impl Marks {
    /// None set, for so many slots.
    pub(super) fn new(len: usize) -> Marks {
        Marks { words: vec![[0; 2]; len.div_ceil(64)], len, rounds: [0; 2] }
    }

    /// None set, for so many slots, if there are marks here, and of the same rounds.
    pub(super) fn like(&self, len: usize) -> Marks {
        if self.len == 0 {
            return Marks::default();
        }
        Marks { rounds: self.rounds, ..Marks::new(len) }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<[u64; 2]>()
    }

    #[inline]
    pub(super) fn get(&self, mark: Mark, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word[mark as usize] >> (at % 64) & 1 == 1)
    }

    /// Fetches the marks of a slot into the cache.
    #[inline]
    pub(super) fn fetch(&self, at: usize) {
        prefetch(self.words.as_ptr().wrapping_add(at / 64));
    }

    /// Sets a mark and returns what it was.
    #[inline]
    pub(super) fn set(&mut self, mark: Mark, at: usize) -> bool {
        let Some(word) = self.words.get_mut(at / 64) else { return false };
        let word = &mut word[mark as usize];
        let was = *word;
        *word |= 1 << (at % 64);
        was >> (at % 64) & 1 == 1
    }

    /// The first slot at or behind `at` that does not have the mark.
    #[inline]
    pub(super) fn next_without(&self, mark: Mark, at: usize) -> Option<usize> {
        let mut ones_below = (1 << (at % 64)) - 1;
        for (index, word) in self.words.iter().enumerate().skip(at / 64) {
            let ones = word[mark as usize] | ones_below;
            if ones != u64::MAX {
                let zero = index * 64 + ones.trailing_ones() as usize;
                return (zero < self.len).then_some(zero);
            }
            ones_below = 0;
        }
        None
    }

    /// Gives all slots the mark, or none.
    pub(super) fn fill(&mut self, mark: Mark, set: bool) {
        let word = if set { u64::MAX } else { 0 };
        self.words.iter_mut().for_each(|words| words[mark as usize] = word);
    }

    /// What is not dirty counts as saved, and what is does not.
    pub(super) fn save_clean(&mut self) {
        self.words.iter_mut().for_each(|[dirty, saved]| *saved = !*dirty);
    }

    /// What is not dirty in others counts as saved, and what is does not.
    pub(super) fn save_unset(&mut self, others: &Marks) {
        for (words, others) in self.words.iter_mut().zip(&others.words) {
            words[Mark::Saved as usize] = !others[Mark::Dirty as usize];
        }
    }

    /// Both marks of a slot.
    #[inline]
    pub(super) fn both(&self, at: usize) -> [bool; 2] {
        [self.get(Mark::Dirty, at), self.get(Mark::Saved, at)]
    }

    /// Gives a slot its marks.
    #[inline]
    pub(super) fn put(&mut self, at: usize, marks: [bool; 2]) {
        let Some(words) = self.words.get_mut(at / 64) else { return };
        for (word, mark) in words.iter_mut().zip(marks) {
            *word = *word & !(1 << (at % 64)) | u64::from(mark) << (at % 64);
        }
    }

    pub(super) fn clear(&mut self) {
        self.words.fill([0; 2]);
    }

    /// Moves the marks of `at..last` one up, over those of `last`; `at` has none then. Runs are a few slots long.
    pub(super) fn open(&mut self, at: usize, last: usize) {
        if self.len == 0 {
            return;
        }
        if at / 64 == last / 64 {
            let moved = ones(at % 64, last % 64) & !(1 << (at % 64));
            for word in &mut self.words[at / 64] {
                *word = *word & !ones(at % 64, last % 64) | *word << 1 & moved;
            }
            return;
        }
        for to in (at + 1..=last).rev() {
            self.put(to, self.both(to - 1));
        }
        self.put(at, [false; 2]);
    }

    /// Moves the marks of `at + 1..=last` one down, over those of `at`; `last` has none then.
    pub(super) fn close(&mut self, at: usize, last: usize) {
        if self.len == 0 {
            return;
        }
        if at / 64 == last / 64 {
            let moved = ones(at % 64, last % 64) & !(1 << (last % 64));
            for word in &mut self.words[at / 64] {
                *word = *word & !ones(at % 64, last % 64) | *word >> 1 & moved;
            }
            return;
        }
        for to in at..last {
            self.put(to, self.both(to + 1));
        }
        self.put(last, [false; 2]);
    }
}

/// The bits of a word from one to another, both among them.
fn ones(first: usize, last: usize) -> u64 {
    u64::MAX << first & u64::MAX >> (63 - last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(marks: &Marks) -> Vec<[bool; 2]> {
        (0..marks.len()).map(|at| marks.both(at)).collect()
    }

    proptest! {
        #[test]
        fn marks_move_with_their_slots(
            set in prop::collection::vec(any::<[bool; 2]>(), 200),
            (at, run) in (0..200usize, 0..70usize),
        ) {
            let last = (at + run).min(199);
            let mut marks = Marks::new(200);
            set.iter().enumerate().for_each(|(at, both)| marks.put(at, *both));
            let mut expected = set;
            expected[at..=last].rotate_right(1);
            expected[at] = [false; 2];
            marks.open(at, last);
            prop_assert_eq!(&all(&marks), &expected);
            expected[at..=last].rotate_left(1);
            expected[last] = [false; 2];
            marks.close(at, last);
            prop_assert_eq!(all(&marks), expected);
        }
    }
}
