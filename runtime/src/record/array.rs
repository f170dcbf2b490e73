//! `[T; N]`: its elements side by side; view `[View; N]`.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::cmp::Ordering;

use super::{Element, Emit, Key, KeyBytes, Layout, Ranked, Record, Root, Tails, View};

// SAFETY: an array of archives has no padding between its elements.
unsafe impl<T: Record, const N: usize> Record for [T; N] {
    type Archived = [T::Archived; N];
    type View<'a> = [T::View<'a>; N];
    const FIXED: bool = T::FIXED;
    #[inline(always)]
    fn view_archived(archived: &Self::Archived) -> Self::View<'_> {
        archived.each_ref().map(T::view_archived)
    }
    #[inline(always)]
    fn from_view(view: Self::View<'_>) -> Self {
        view.map(T::from_view)
    }
    fn layout(layout: &mut Layout) {
        layout.array(N, T::layout);
    }
}

// Serde knows arrays of up to 32 elements.
macro_rules! elements {
    ($($n:literal)*) => {$(impl<T: Element> Element for [T; $n] {})*};
}
elements!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);

// SAFETY: writes the elements in order.
unsafe impl<E: Emit, const N: usize> Emit for [E; N] {
    type Record = [E::Record; N];
    type Resolver = [E::Resolver; N];
    #[inline(always)]
    fn as_view(&self) -> View<'_, Self::Record> {
        self.each_ref().map(Emit::as_view)
    }
    #[inline(always)]
    fn into_record(self) -> Self::Record {
        self.map(Emit::into_record)
    }
    #[inline(always)]
    fn room(&self) -> usize {
        self.iter().fold(0, |sum, item| sum + item.room())
    }
    #[inline(always)]
    fn tails(&self, out: &mut Tails<'_>) -> Self::Resolver {
        self.each_ref().map(|item| item.tails(out))
    }
    #[inline(always)]
    fn root(&self, resolver: Self::Resolver, out: &mut Root<'_>) {
        if let Some(bytes) = E::plain_bytes(self) {
            return out.bytes(bytes);
        }
        for (item, resolver) in self.iter().zip(resolver) {
            item.root(resolver, out);
        }
    }
    #[inline(always)]
    fn plain_bytes(items: &[Self]) -> Option<&[u8]> {
        E::plain_bytes(items.as_flattened())
    }
}

impl<T: Key, const N: usize> Key for [T; N] {
    fn write_key(view: Self::View<'_>, out: &mut impl KeyBytes) {
        view.into_iter().for_each(|item| T::write_key(item, out));
    }
    fn same_key(a: Self::View<'_>, b: Self::View<'_>) -> bool {
        a.into_iter().zip(b).all(|(a, b)| T::same_key(a, b))
    }
}

impl<T: Ranked, const N: usize> Ranked for [T; N] {
    fn rank(a: Self::View<'_>, b: Self::View<'_>) -> Ordering {
        a.into_iter().zip(b).map(|(a, b)| T::rank(a, b)).fold(Ordering::Equal, Ordering::then)
    }
}
