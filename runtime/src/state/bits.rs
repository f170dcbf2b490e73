//! A bit per slot of a segment.

use crate::prefetch::prefetch;

/// A fixed number of bits that can be moved along with the slots they belong to. With no bits at all, every bit reads
/// as zero and writes go nowhere: tracking is off.
#[derive(Default, Debug)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// `len` zero bits.
    pub(super) fn new(len: usize) -> Bits {
        Bits { words: vec![0; len.div_ceil(64)], len }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * 8
    }

    #[inline]
    pub(super) fn get(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// Fetches the word of a bit into the cache.
    #[inline]
    pub(super) fn fetch(&self, at: usize) {
        prefetch(self.words.as_ptr().wrapping_add(at / 64));
    }

    /// Sets a bit and returns what it was.
    #[inline]
    pub(super) fn set(&mut self, at: usize) -> bool {
        let Some(word) = self.words.get_mut(at / 64) else { return false };
        let was = *word;
        *word |= 1 << (at % 64);
        was >> (at % 64) & 1 == 1
    }

    /// The first bit at or behind `at` that is zero.
    #[inline]
    pub(super) fn next_zero(&self, at: usize) -> Option<usize> {
        let mut ones_below = (1 << (at % 64)) - 1;
        for (index, word) in self.words.iter().enumerate().skip(at / 64) {
            let ones = word | ones_below;
            if ones != u64::MAX {
                let zero = index * 64 + ones.trailing_ones() as usize;
                return (zero < self.len).then_some(zero);
            }
            ones_below = 0;
        }
        None
    }

    /// Takes all bits, each as its opposite.
    pub(super) fn take_inverted(&mut self) -> Bits {
        let mut bits = std::mem::take(self);
        bits.words.iter_mut().for_each(|word| *word = !*word);
        bits
    }

    /// Clears a bit and returns what it was.
    pub(super) fn take(&mut self, at: usize) -> bool {
        let was = self.get(at);
        if let Some(word) = self.words.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
        was
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    /// Moves the bits of `at..last` one up, over bit `last`; bit `at` becomes zero. Runs are a few slots long.
    pub(super) fn open(&mut self, at: usize, last: usize) {
        if self.len == 0 {
            return;
        }
        for to in (at + 1..=last).rev() {
            self.copy(to - 1, to);
        }
        self.take(at);
    }

    /// Moves the bits of `at + 1..=last` one down, over bit `at`; bit `last` becomes zero.
    pub(super) fn close(&mut self, at: usize, last: usize) {
        if self.len == 0 {
            return;
        }
        for to in at..last {
            self.copy(to + 1, to);
        }
        self.take(last);
    }

    fn copy(&mut self, from: usize, to: usize) {
        if self.get(from) {
            self.set(to);
        } else {
            self.take(to);
        }
    }
}
