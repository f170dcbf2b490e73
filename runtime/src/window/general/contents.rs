//! What is kept per key and window.

use std::collections::VecDeque;

use crate::operator::{Aggregate, Overflow};
use crate::record::{Emit, Record, View};
use crate::time::Timestamp;
use crate::window::evictor::{Evictor, Keeps};

/// What a window holds of a key.
pub trait Contents: Default {
    /// What it takes to put two into one.
    type With;
    /// Bytes of each of the things counted by [`len`](Contents::len).
    const ITEM: usize;
    /// What goes into a snapshot, one by one.
    type Piece: Record;

    /// What is kept, for the state's [meaning](crate::state::State::meaning).
    fn meaning(with: &Self::With) -> String;
    /// How many there are; without any a window does not fire.
    fn len(&self) -> usize;
    /// True if there is nothing.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Takes in what a session held that is merged with this one.
    ///
    /// # Errors
    /// If an aggregate cannot take it.
    fn absorb(&mut self, other: Self, with: &Self::With) -> Result<(), Overflow>;
    /// Lets an evictor take out what it does.
    fn evict(&mut self, evictor: &Evictor) {
        let _ = evictor;
    }
    /// Calls `each` with all pieces.
    fn each_piece<'c>(&'c self, each: impl FnMut(View<'c, Self::Piece>));
    /// Takes a piece back in, in the order in which they were given.
    fn put_piece(&mut self, piece: View<'_, Self::Piece>);
}

/// All elements, in order of arrival.
pub struct Elements<T> {
    list: VecDeque<Element<T>>,
}

struct Element<T> {
    time: Timestamp,
    /// Its number among all that came to the operator.
    arrival: u64,
    record: T,
}

impl<T> Default for Elements<T> {
    fn default() -> Self {
        Elements { list: VecDeque::new() }
    }
}

impl<T: Record> Elements<T> {
    pub(super) fn push(&mut self, time: Timestamp, arrival: u64, record: T) {
        self.list.push_back(Element { time, arrival, record });
    }

    pub(super) fn events(&self) -> Events<'_, T> {
        Events { list: &self.list }
    }

    /// Keeps the elements whose distance to the last one is below a threshold.
    pub(super) fn evict_by<D: PartialOrd>(
        &mut self,
        threshold: &D,
        mut delta: impl FnMut(View<'_, T>, View<'_, T>) -> D,
    ) {
        let Some(last) = self.list.pop_back() else { return };
        let mut is_far = |element: &Element<T>| {
            delta(element.record.as_view(), last.record.as_view()) >= *threshold
        };
        self.list.retain(|element| !is_far(element));
        if !is_far(&last) {
            self.list.push_back(last);
        }
    }
}

impl<T: Record> Contents for Elements<T> {
    type With = ();
    const ITEM: usize = size_of::<Element<T>>();
    /// Time, number in order of arrival, record.
    type Piece = (Timestamp, u64, T);

    fn meaning(_: &()) -> String {
        "elements".to_owned()
    }

    fn len(&self) -> usize {
        self.list.len()
    }

    fn absorb(&mut self, other: Self, (): &()) -> Result<(), Overflow> {
        self.list.extend(other.list);
        self.list.make_contiguous().sort_by_key(|element| element.arrival);
        Ok(())
    }

    fn evict(&mut self, evictor: &Evictor) {
        match evictor.keeps {
            Keeps::Count(n) => {
                let n = usize::try_from(n).unwrap_or(usize::MAX);
                self.list.drain(..self.list.len().saturating_sub(n));
            }
            Keeps::Time(span) => {
                let youngest = self.list.iter().map(|element| element.time).max();
                let Some(youngest) = youngest else { return };
                // In 128 bits: a difference of two times need not fit into 64.
                let age = |time: Timestamp| i128::from(youngest.0) - i128::from(time.0);
                self.list.retain(|element| age(element.time) < i128::from(span.0));
            }
        }
    }

    fn each_piece<'c>(&'c self, each: impl FnMut(View<'c, Self::Piece>)) {
        let piece =
            |element: &'c Element<T>| (element.time, element.arrival, element.record.as_view());
        self.list.iter().map(piece).for_each(each);
    }

    fn put_piece(&mut self, (time, arrival, record): View<'_, Self::Piece>) {
        self.push(time, arrival, T::from_view(record));
    }
}

/// The elements of a window, in order of arrival: views of them. A `Copy` handle.
pub struct Events<'e, T> {
    list: &'e VecDeque<Element<T>>,
}

impl<T> Clone for Events<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Events<'_, T> {}

impl<'e, T: Record> Events<'e, T> {
    /// How many there are; none if an evictor took all.
    pub fn len(self) -> usize {
        self.list.len()
    }

    /// True if there is none.
    pub fn is_empty(self) -> bool {
        self.list.is_empty()
    }

    /// The element that came first.
    pub fn first(self) -> Option<View<'e, T>> {
        self.get(0)
    }

    /// The element that came last.
    pub fn last(self) -> Option<View<'e, T>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The `index`-th element, from 0.
    pub fn get(self, index: usize) -> Option<View<'e, T>> {
        self.list.get(index).map(|element| element.record.as_view())
    }

    /// Their event time; none if there is no such element.
    pub fn timestamp(self, index: usize) -> Option<Timestamp> {
        self.list.get(index).map(|element| element.time)
    }

    /// Iterates over them.
    pub fn iter(self) -> EventsIter<'e, T> {
        EventsIter { list: self.list.iter() }
    }
}

impl<'e, T: Record> IntoIterator for Events<'e, T> {
    type Item = View<'e, T>;
    type IntoIter = EventsIter<'e, T>;

    fn into_iter(self) -> EventsIter<'e, T> {
        self.iter()
    }
}

/// Iterator over the elements of a window.
pub struct EventsIter<'e, T> {
    list: std::collections::vec_deque::Iter<'e, Element<T>>,
}

impl<'e, T: Record> Iterator for EventsIter<'e, T> {
    type Item = View<'e, T>;

    fn next(&mut self) -> Option<View<'e, T>> {
        self.list.next().map(|element| element.record.as_view())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.list.size_hint()
    }
}

impl<T: Record> DoubleEndedIterator for EventsIter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.list.next_back().map(|element| element.record.as_view())
    }
}

impl<T: Record> ExactSizeIterator for EventsIter<'_, T> {}

/// An aggregate's accumulator.
pub struct Accumulated<A: Aggregate> {
    pub(super) acc: Option<A::Acc>,
}

impl<A: Aggregate> Default for Accumulated<A> {
    fn default() -> Self {
        Accumulated { acc: None }
    }
}

impl<A: Aggregate> Contents for Accumulated<A> {
    type With = A;
    const ITEM: usize = 0;
    type Piece = A::Acc;

    fn meaning(with: &A) -> String {
        with.meaning()
    }

    fn len(&self) -> usize {
        usize::from(self.acc.is_some())
    }

    fn absorb(&mut self, other: Self, with: &A) -> Result<(), Overflow> {
        match (&mut self.acc, other.acc) {
            (Some(acc), Some(other)) => with.merge(acc, other.as_view()),
            (acc @ None, other) => {
                *acc = other;
                Ok(())
            }
            (Some(_), None) => Ok(()),
        }
    }

    fn each_piece<'c>(&'c self, each: impl FnMut(View<'c, A::Acc>)) {
        self.acc.iter().map(Emit::as_view).for_each(each);
    }

    fn put_piece(&mut self, piece: View<'_, A::Acc>) {
        self.acc = Some(A::Acc::from_view(piece));
    }
}

/// A reduced record, and those of merged sessions that it still has to be reduced with.
pub struct Reduced<T> {
    pub(super) kept: Option<T>,
    pub(super) more: VecDeque<T>,
}

impl<T> Default for Reduced<T> {
    fn default() -> Self {
        Reduced { kept: None, more: VecDeque::new() }
    }
}

impl<T: Record> Contents for Reduced<T> {
    type With = ();
    const ITEM: usize = 0;
    type Piece = T;

    fn meaning(_: &()) -> String {
        "reduce".to_owned()
    }

    fn len(&self) -> usize {
        usize::from(self.kept.is_some())
    }

    fn absorb(&mut self, other: Self, (): &()) -> Result<(), Overflow> {
        let mut records = other.kept.into_iter().chain(other.more);
        if self.kept.is_none() {
            self.kept = records.next();
        }
        self.more.extend(records);
        Ok(())
    }

    fn each_piece<'c>(&'c self, each: impl FnMut(View<'c, T>)) {
        self.kept.iter().chain(&self.more).map(Emit::as_view).for_each(each);
    }

    fn put_piece(&mut self, piece: View<'_, T>) {
        let record = T::from_view(piece);
        match &self.kept {
            None => self.kept = Some(record),
            Some(_) => self.more.push_back(record),
        }
    }
}

/// A folded value.
pub struct Folded<A> {
    pub(super) kept: Option<A>,
}

impl<A> Default for Folded<A> {
    fn default() -> Self {
        Folded { kept: None }
    }
}

impl<A: Record> Contents for Folded<A> {
    type With = A;
    const ITEM: usize = 0;
    type Piece = A;

    fn meaning(_: &A) -> String {
        "fold".to_owned()
    }

    fn len(&self) -> usize {
        usize::from(self.kept.is_some())
    }

    fn absorb(&mut self, _: Self, _: &A) -> Result<(), Overflow> {
        unreachable!("folds are refused on windows that merge")
    }

    fn each_piece<'c>(&'c self, each: impl FnMut(View<'c, A>)) {
        self.kept.iter().map(Emit::as_view).for_each(each);
    }

    fn put_piece(&mut self, piece: View<'_, A>) {
        self.kept = Some(A::from_view(piece));
    }
}
