//! Tuples of up to eight parts.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use super::{Emit, Key, KeyBytes, Layout, Record, Root, Tails, View};

macro_rules! tuples {
    ($($archived:ident { $($part:ident $index:tt),* })*) => {$(
        // SAFETY: rkyv's archived tuples are `repr(C)` structs of their parts, alignment 1.
        unsafe impl<$($part: Record),*> Record for ($($part,)*) {
            type Archived = rkyv::tuple::$archived<$($part::Archived),*>;
            type View<'a> = ($($part::View<'a>,)*);
            const FIXED: bool = true $(&& $part::FIXED)*;
            #[inline(always)]
            fn view_archived(archived: &Self::Archived) -> Self::View<'_> {
                ($($part::view_archived(&archived.$index),)*)
            }
            #[inline(always)]
            fn from_view(view: Self::View<'_>) -> Self {
                ($($part::from_view(view.$index),)*)
            }
            fn layout(layout: &mut Layout) {
                layout.generic("tuple", |layout| { $($part::layout(layout); layout.comma();)* });
            }
        }
        // SAFETY: writes the parts in order.
        unsafe impl<$($part: Emit),*> Emit for ($($part,)*) {
            type Record = ($($part::Record,)*);
            type Resolver = ($($part::Resolver,)*);
            #[inline(always)]
            fn as_view(&self) -> View<'_, Self::Record> {
                ($(self.$index.as_view(),)*)
            }
            #[inline(always)]
            fn into_record(self) -> Self::Record {
                ($(self.$index.into_record(),)*)
            }
            #[inline(always)]
            fn room(&self) -> usize {
                0 $(+ self.$index.room())*
            }
            #[inline(always)]
            fn tails(&self, out: &mut Tails<'_>) -> Self::Resolver {
                ($(self.$index.tails(out),)*)
            }
            #[inline(always)]
            fn root(&self, resolver: Self::Resolver, out: &mut Root<'_>) {
                $(self.$index.root(resolver.$index, out);)*
            }
        }
        impl<$($part: Key),*> Key for ($($part,)*) {
            #[inline]
            fn write_key(view: Self::View<'_>, out: &mut impl KeyBytes) {
                $($part::write_key(view.$index, out);)*
            }
            #[inline]
            fn same_key(a: Self::View<'_>, b: Self::View<'_>) -> bool {
                true $(&& $part::same_key(a.$index, b.$index))*
            }
        }
    )*};
}

tuples! {
    ArchivedTuple1 { A 0 }
    ArchivedTuple2 { A 0, B 1 }
    ArchivedTuple3 { A 0, B 1, C 2 }
    ArchivedTuple4 { A 0, B 1, C 2, D 3 }
    ArchivedTuple5 { A 0, B 1, C 2, D 3, E 4 }
    ArchivedTuple6 { A 0, B 1, C 2, D 3, E 4, F 5 }
    ArchivedTuple7 { A 0, B 1, C 2, D 3, E 4, F 5, G 6 }
    ArchivedTuple8 { A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7 }
}
