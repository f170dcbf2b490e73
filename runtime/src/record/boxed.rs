//! `Box<T>`: a relative pointer; what recursive records are made of.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use rkyv::boxed::ArchivedBox;
use serde::{Serialize, Serializer};

use super::tails::whole_room;
use super::{
    Element, Emit, Key, KeyBytes, Layout, ListResolver, Ranked, Record, Root, SliceView, Tails,
    View,
};

/// The view of a `Box<T>`: [`BoxView::get`] gives the view of what is inside.
pub struct BoxView<'a, T: Record> {
    // A list of one, because a slice view already knows all places where elements can be.
    one: SliceView<'a, T>,
}

impl<'a, T: Record> BoxView<'a, T> {
    /// The view of what is inside.
    #[inline(always)]
    pub fn get(&self) -> View<'a, T> {
        self.one.get(0).expect("made of exactly one element")
    }

    /// Copies what is inside into a box of its own.
    pub fn into_owned(self) -> Box<T> {
        Box::new(T::from_view(self.get()))
    }
}

// SAFETY: `ArchivedBox` is a relative pointer, as `Root::pointer` writes it.
unsafe impl<T: Record> Record for Box<T> {
    type Archived = ArchivedBox<T::Archived>;
    type View<'a> = BoxView<'a, T>;
    const FIXED: bool = false;
    #[inline(always)]
    fn view_archived(archived: &Self::Archived) -> BoxView<'_, T> {
        BoxView { one: SliceView::archived(std::slice::from_ref(archived.get())) }
    }
    fn from_view(view: BoxView<'_, T>) -> Self {
        view.into_owned()
    }
    fn layout(layout: &mut Layout) {
        layout.generic("Box", T::layout);
    }
}

impl<T: Element> Element for Box<T> {}

// SAFETY: `tails` writes what is inside, `root` a pointer to it.
unsafe impl<E: Emit> Emit for Box<E> {
    type Record = Box<E::Record>;
    type Resolver = ListResolver;
    #[inline(always)]
    fn as_view(&self) -> View<'_, Self::Record> {
        BoxView { one: E::slice_view(std::slice::from_ref(&**self)) }
    }
    fn into_record(self) -> Self::Record {
        Box::new((*self).into_record())
    }
    fn room(&self) -> usize {
        whole_room(&**self)
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        ListResolver(out.put(&**self))
    }
    #[inline(always)]
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.pointer(resolver.0);
    }
}

// SAFETY: as for `Box`, whose archive this writes.
unsafe impl<T: Record> Emit for BoxView<'_, T> {
    type Record = Box<T>;
    type Resolver = ListResolver;
    #[inline(always)]
    fn as_view(&self) -> BoxView<'_, T> {
        *self
    }
    fn into_record(self) -> Box<T> {
        self.into_owned()
    }
    fn room(&self) -> usize {
        whole_room(&self.get())
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        ListResolver(out.put(&self.get()))
    }
    #[inline(always)]
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.pointer(resolver.0);
    }
}

impl<T: Key> Key for Box<T> {
    fn write_key(view: BoxView<'_, T>, out: &mut impl KeyBytes) {
        T::write_key(view.get(), out);
    }
    fn same_key(a: BoxView<'_, T>, b: BoxView<'_, T>) -> bool {
        T::same_key(a.get(), b.get())
    }
}

impl<T: Ranked> Ranked for Box<T> {
    fn rank(a: BoxView<'_, T>, b: BoxView<'_, T>) -> Ordering {
        T::rank(a.get(), b.get())
    }
}

impl<T: Record> Clone for BoxView<'_, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Record> Copy for BoxView<'_, T> {}

impl<T: Element> fmt::Debug for BoxView<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

impl<T: Element> PartialEq for BoxView<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.one == other.one
    }
}

impl<T: Element + Eq> Eq for BoxView<'_, T> {}

impl<T: Element + PartialOrd> PartialOrd for BoxView<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.one.partial_cmp(&other.one)
    }
}

impl<T: Element + Ord> Ord for BoxView<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.one.cmp(&other.one)
    }
}

impl<T: Element + Hash> Hash for BoxView<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.one.with_owned(|one| one[0].hash(state));
    }
}

impl<T: Element> Serialize for BoxView<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}
