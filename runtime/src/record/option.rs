//! `Option<T>`: a tag byte and room for the value.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use rkyv::option::ArchivedOption;

use super::{Emit, Key, KeyBytes, Layout, Record, Root, Tails, View};

// SAFETY: `ArchivedOption` is `repr(u8)`: the tag, then the value; alignment 1.
unsafe impl<T: Record> Record for Option<T> {
    type Archived = ArchivedOption<T::Archived>;
    type View<'a> = Option<T::View<'a>>;
    const FIXED: bool = T::FIXED;
    #[inline(always)]
    fn view_archived(archived: &Self::Archived) -> Self::View<'_> {
        match archived {
            ArchivedOption::Some(value) => Some(T::view_archived(value)),
            ArchivedOption::None => None,
        }
    }
    #[inline(always)]
    fn from_view(view: Self::View<'_>) -> Self {
        view.map(T::from_view)
    }
    fn layout(layout: &mut Layout) {
        layout.generic("Option", T::layout);
    }
}

// SAFETY: writes the tag and either the value or zeros of its size.
unsafe impl<E: Emit> Emit for Option<E> {
    type Record = Option<E::Record>;
    type Resolver = Option<E::Resolver>;
    #[inline(always)]
    fn as_view(&self) -> View<'_, Self::Record> {
        self.as_ref().map(Emit::as_view)
    }
    #[inline(always)]
    fn into_record(self) -> Self::Record {
        self.map(Emit::into_record)
    }
    #[inline(always)]
    fn room(&self) -> usize {
        self.as_ref().map_or(0, Emit::room)
    }
    #[inline(always)]
    fn tails(&self, out: &mut Tails<'_>) -> Self::Resolver {
        self.as_ref().map(|value| value.tails(out))
    }
    #[inline(always)]
    fn root(&self, resolver: Self::Resolver, out: &mut Root<'_>) {
        match (self, resolver) {
            (Some(value), Some(resolver)) => {
                out.put([1]);
                value.root(resolver, out);
            }
            _ => {
                out.put([0]);
                out.zeros(size_of::<<E::Record as Record>::Archived>());
            }
        }
    }
}

impl<T: Key> Key for Option<T> {
    #[inline]
    fn write_key(view: Self::View<'_>, out: &mut impl KeyBytes) {
        out.bytes(&[u8::from(view.is_some())]);
        if let Some(value) = view {
            T::write_key(value, out);
        }
    }
    #[inline]
    fn same_key(a: Self::View<'_>, b: Self::View<'_>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => T::same_key(a, b),
            (None, None) => true,
            _ => false,
        }
    }
}
