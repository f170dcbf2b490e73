//! What the function of a `co_group` is given.

use super::log::Log;
use crate::record::{Key, Record, View};
use crate::task::Scratch;
use crate::time::Timestamp;
use crate::window::{Fired, Out};

/// A key whose window has fired, with what it has on both sides.
pub struct Group<'g, K: Key, L: Record, R: Record> {
    pub(super) fired: Fired<'g, K>,
    pub(super) lefts: Grouped<'g, L>,
    pub(super) rights: Grouped<'g, R>,
}

/// The records of one side of a group, in order of arrival: views of them.
pub struct Grouped<'g, T> {
    pub(super) log: &'g Log<T>,
    pub(super) numbers: &'g [u32],
}

impl<T> Clone for Grouped<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Grouped<'_, T> {}

impl<'g, T: Record> Grouped<'g, T> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.numbers.len()
    }

    /// True if there is none.
    pub fn is_empty(self) -> bool {
        self.numbers.is_empty()
    }

    /// The `index`-th one, from 0.
    pub fn get(self, index: usize) -> Option<View<'g, T>> {
        self.numbers.get(index).map(|at| self.log.get(*at).1)
    }

    /// The one that came first.
    pub fn first(self) -> Option<View<'g, T>> {
        self.get(0)
    }

    /// The one that came last.
    pub fn last(self) -> Option<View<'g, T>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The event time of the `index`-th one.
    pub fn timestamp(self, index: usize) -> Option<Timestamp> {
        self.numbers.get(index).map(|at| self.log.get(*at).0)
    }

    /// Iterates over them.
    pub fn iter(self) -> GroupedIter<'g, T> {
        GroupedIter { log: self.log, numbers: self.numbers.iter() }
    }
}

impl<'g, T: Record> IntoIterator for Grouped<'g, T> {
    type Item = View<'g, T>;
    type IntoIter = GroupedIter<'g, T>;

    fn into_iter(self) -> GroupedIter<'g, T> {
        self.iter()
    }
}

/// Iterator over one side of a group.
pub struct GroupedIter<'g, T> {
    log: &'g Log<T>,
    numbers: std::slice::Iter<'g, u32>,
}

impl<T> Clone for GroupedIter<'_, T> {
    fn clone(&self) -> Self {
        GroupedIter { log: self.log, numbers: self.numbers.clone() }
    }
}

impl<'g, T: Record> Iterator for GroupedIter<'g, T> {
    type Item = View<'g, T>;

    #[inline]
    fn next(&mut self) -> Option<View<'g, T>> {
        self.numbers.next().map(|at| self.log.get(*at).1)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl<T: Record> DoubleEndedIterator for GroupedIter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.numbers.next_back().map(|at| self.log.get(*at).1)
    }
}

impl<T: Record> ExactSizeIterator for GroupedIter<'_, T> {}

/// Lets a function make of a group whatever it does.
#[inline(always)]
pub fn apply_group<K: Key, L: Record, R: Record, O: Record>(
    group: &Group<'_, K, L, R>,
    scratch: &mut Scratch<O>,
    f: impl FnOnce(Fired<'_, K>, Grouped<'_, L>, Grouped<'_, R>, &mut Out<'_, O>),
) {
    let mut out = Out::new(scratch, group.fired.window().last());
    f(group.fired, group.lefts, group.rights, &mut out);
}
