//! `Reverse<T>`: as `T`, in the opposite order.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::cmp::{Ordering, Reverse};

use super::{Element, Emit, Key, KeyBytes, Layout, Ranked, Record, Root, Tails, View};

// SAFETY: the archive of a `T`.
unsafe impl<T: Record> Record for Reverse<T> {
    type Archived = T::Archived;
    type View<'a> = Reverse<T::View<'a>>;
    const FIXED: bool = T::FIXED;
    #[inline(always)]
    fn view_archived(archived: &Self::Archived) -> Self::View<'_> {
        Reverse(T::view_archived(archived))
    }
    #[inline(always)]
    fn from_view(view: Self::View<'_>) -> Self {
        Reverse(T::from_view(view.0))
    }
    fn layout(layout: &mut Layout) {
        layout.generic("Reverse", T::layout);
    }
}

impl<T: Element> Element for Reverse<T> {}

// SAFETY: writes what `T` writes.
unsafe impl<E: Emit> Emit for Reverse<E> {
    type Record = Reverse<E::Record>;
    type Resolver = E::Resolver;
    #[inline(always)]
    fn as_view(&self) -> View<'_, Self::Record> {
        Reverse(self.0.as_view())
    }
    #[inline(always)]
    fn into_record(self) -> Self::Record {
        Reverse(self.0.into_record())
    }
    #[inline(always)]
    fn room(&self) -> usize {
        self.0.room()
    }
    #[inline(always)]
    fn tails(&self, out: &mut Tails<'_>) -> Self::Resolver {
        self.0.tails(out)
    }
    #[inline(always)]
    fn root(&self, resolver: Self::Resolver, out: &mut Root<'_>) {
        self.0.root(resolver, out);
    }
}

impl<T: Key> Key for Reverse<T> {
    fn write_key(view: Self::View<'_>, out: &mut impl KeyBytes) {
        T::write_key(view.0, out);
    }
    fn same_key(a: Self::View<'_>, b: Self::View<'_>) -> bool {
        T::same_key(a.0, b.0)
    }
}

impl<T: Ranked> Ranked for Reverse<T> {
    #[inline]
    fn rank(a: Self::View<'_>, b: Self::View<'_>) -> Ordering {
        T::rank(b.0, a.0)
    }
}
