//! The view of a list, wherever its elements lie.
#![allow(unsafe_code)] // Erases the type of a slice of things that are not records themselves, such as `&str`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::{Element, Emit, Record, View};

/// The view of a `Vec<T>`: a slice of an owned list, of an archive, or of anything that emits `T`.
///
/// Indexing and iterating yield views of the elements. Comparing, hashing and printing give what the owned `Vec<T>`
/// gives; ordering and hashing may copy elements out of an archive to get there.
pub struct SliceView<'a, T: Record> {
    items: Items<'a, T>,
}

enum Items<'a, T: Record> {
    Owned(&'a [T]),
    Archived(&'a [T::Archived]),
    Erased(Erased<'a, T>),
}

/// A slice of some `E: Emit<Record = T>`.
struct Erased<'a, T: Record> {
    first: *const (),
    len: usize,
    /// An `erased_get::<E>`, its type erased too, so that views of long-lived slices serve as views of shorter-lived ones.
    get: unsafe fn(),
    slice: PhantomData<&'a [T]>,
}

type Get<'a, T> = unsafe fn(*const (), usize) -> View<'a, T>;

impl<'a, T: Record> Erased<'a, T> {
    fn new<E: Emit<Record = T>>(items: &'a [E]) -> Self {
        let get: Get<'a, T> = erased_get::<'a, E>;
        // SAFETY: a function pointer under another signature, which is not called until it has its own again.
        let get = unsafe { std::mem::transmute::<Get<'a, T>, unsafe fn()>(get) };
        Erased { first: items.as_ptr().cast(), len: items.len(), get, slice: PhantomData }
    }

    #[inline]
    fn get(&self, index: usize) -> Option<View<'a, T>> {
        // SAFETY: `new` stored a `Get` for a lifetime of at least `'a`; its result is covariant in it like every view.
        let get = unsafe { std::mem::transmute::<unsafe fn(), Get<'a, T>>(self.get) };
        // SAFETY: `first` starts a slice of `len` elements, borrowed for `'a`; the index lies within.
        (index < self.len).then(|| unsafe { get(self.first, index) })
    }
}

/// # Safety
/// `first` is the start of a slice of `E` that lives for `'a` and has more than `at` elements.
unsafe fn erased_get<'a, E: Emit + 'a>(first: *const (), at: usize) -> View<'a, E::Record> {
    // SAFETY: by the caller's promise.
    unsafe { &*first.cast::<E>().add(at) }.as_view()
}

impl<'a, T: Record> SliceView<'a, T> {
    /// The view of owned elements.
    #[inline(always)]
    pub fn owned(items: &'a [T]) -> Self {
        SliceView { items: Items::Owned(items) }
    }

    /// The view of archived elements.
    #[inline(always)]
    pub fn archived(items: &'a [T::Archived]) -> Self {
        SliceView { items: Items::Archived(items) }
    }

    /// The view of elements that are not `T` but emit it.
    #[inline(always)]
    pub fn erased<E: Emit<Record = T>>(items: &'a [E]) -> Self {
        SliceView { items: Items::Erased(Erased::new(items)) }
    }

    /// The number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        match &self.items {
            Items::Owned(items) => items.len(),
            Items::Archived(items) => items.len(),
            Items::Erased(items) => items.len,
        }
    }

    /// True if there are no elements.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The view of the element at `index`, if there is one.
    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<View<'a, T>> {
        match &self.items {
            Items::Owned(items) => items.get(index).map(Emit::as_view),
            Items::Archived(items) => items.get(index).map(T::view_archived),
            Items::Erased(items) => items.get(index),
        }
    }

    /// The view of the first element.
    #[inline]
    pub fn first(&self) -> Option<View<'a, T>> {
        self.get(0)
    }

    /// The view of the last element.
    #[inline]
    pub fn last(&self) -> Option<View<'a, T>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The views of the elements in order.
    #[inline(always)]
    pub fn iter(&self) -> SliceIter<'a, T> {
        SliceIter { view: *self, next: 0, end: self.len() }
    }

    /// Copies the elements into a list of their own.
    pub fn into_owned(self) -> Vec<T> {
        self.iter().map(T::from_view).collect()
    }

    /// The bytes of the elements' archive, if they lie in memory as they do there.
    #[inline(always)]
    pub(crate) fn plain_bytes(&self) -> Option<&'a [u8]> {
        match self.items {
            Items::Owned(items) => T::plain_bytes(items),
            // SAFETY: archives are bytes without padding, and those of fixed records hold no relative pointers.
            Items::Archived(items) if T::FIXED => Some(unsafe {
                std::slice::from_raw_parts(items.as_ptr().cast(), size_of_val(items))
            }),
            _ => None,
        }
    }

    /// Lends the elements as an owned slice: the one this views, or a copy.
    pub(super) fn with_owned<R>(&self, use_it: impl FnOnce(&[T]) -> R) -> R {
        match self.items {
            Items::Owned(items) => use_it(items),
            _ => use_it(&self.into_owned()),
        }
    }
}

impl<T: Record> Clone for SliceView<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for SliceView<'_, T> {}

impl<T: Record> Clone for Items<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for Items<'_, T> {}

impl<T: Record> Clone for Erased<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for Erased<'_, T> {}

impl<T: Record> Default for SliceView<'_, T> {
    fn default() -> Self {
        SliceView::owned(&[])
    }
}

impl<'a, T: Record> IntoIterator for SliceView<'a, T> {
    type Item = View<'a, T>;
    type IntoIter = SliceIter<'a, T>;
    #[inline(always)]
    fn into_iter(self) -> SliceIter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Record> IntoIterator for &SliceView<'a, T> {
    type Item = View<'a, T>;
    type IntoIter = SliceIter<'a, T>;
    #[inline(always)]
    fn into_iter(self) -> SliceIter<'a, T> {
        self.iter()
    }
}

/// Iterates over the views of a list's elements.
pub struct SliceIter<'a, T: Record> {
    view: SliceView<'a, T>,
    next: usize,
    end: usize,
}

impl<T: Record> Clone for SliceIter<'_, T> {
    fn clone(&self) -> Self {
        SliceIter { view: self.view, next: self.next, end: self.end }
    }
}

impl<'a, T: Record> Iterator for SliceIter<'a, T> {
    type Item = View<'a, T>;
    #[inline(always)]
    fn next(&mut self) -> Option<View<'a, T>> {
        if self.next == self.end {
            return None;
        }
        self.next += 1;
        self.view.get(self.next - 1)
    }
    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.end - self.next, Some(self.end - self.next))
    }
}

impl<T: Record> DoubleEndedIterator for SliceIter<'_, T> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        self.end -= 1;
        self.view.get(self.end)
    }
}

impl<T: Record> ExactSizeIterator for SliceIter<'_, T> {}

impl<T: Element> fmt::Debug for SliceView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: Element> PartialEq for SliceView<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| same::<T>(a, b))
    }
}

/// Compares two views, brought to one lifetime.
fn same<'a, T: Element>(a: View<'a, T>, b: View<'a, T>) -> bool {
    a == b
}

impl<T: Element + Eq> Eq for SliceView<'_, T> {}

impl<T: Element + PartialOrd> PartialOrd for SliceView<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.with_owned(|a| other.with_owned(|b| a.partial_cmp(b)))
    }
}

impl<T: Element + Ord> Ord for SliceView<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.with_owned(|a| other.with_owned(|b| a.cmp(b)))
    }
}

impl<T: Element + Hash> Hash for SliceView<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.with_owned(|items| items.hash(state));
    }
}

impl<T: Element> Serialize for SliceView<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for item in self {
            list.serialize_element(&item)?;
        }
        list.end()
    }
}

impl<'a> SliceView<'a, u8> {
    /// The bytes themselves.
    pub fn as_bytes(&self) -> &'a [u8] {
        match self.items {
            Items::Owned(bytes) | Items::Archived(bytes) => bytes,
            Items::Erased(_) => unreachable!("only `u8` emits `u8`, and its slices are not erased"),
        }
    }
}

/// Compares with a plain array: `view.tags == ["a", "b"]`.
impl<'a, T: Element, U, const N: usize> PartialEq<[U; N]> for SliceView<'a, T>
where
    View<'a, T>: PartialEq<U>,
{
    fn eq(&self, other: &[U; N]) -> bool {
        self.len() == N && self.iter().zip(other).all(|(a, b)| a == *b)
    }
}
