//! `BTreeSet<T>` and `HashSet<T>`: lists in the order of the elements, or of their hashes.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};

use rkyv::vec::ArchivedVec;
use serde::{Serialize, Serializer};

use super::lookup::{Lookup, by_hash, find_by_hash};
use crate::record::{
    Element, Emit, Key, KeyBytes, Layout, ListResolver, Ranked, Record, Root, Tails, View,
    list_room,
};

macro_rules! sets {
    ($($set:ident, $view:ident, $inner:ident, $name:literal, [$($bounds:tt)*], $in_set:ident,
        |$slice:ident, $wanted:ident| $find:expr, |$owned:ident| $sorted:expr;)*) => {$(
        #[doc = concat!("The view of a `", $name, "<T>`.")]
        pub struct $view<'a, T: Record>($inner<'a, T>);

        enum $inner<'a, T: Record> {
            Owned(&'a $set<T>),
            Archived(&'a [T::Archived]),
        }

        impl<'a, T: Record + $($bounds)*> $view<'a, T> {
            /// Whether the set has an element.
            pub fn contains<Q: Lookup<T> + ?Sized>(&self, $wanted: &Q) -> bool {
                match self.0 {
                    $inner::Owned(set) => $wanted.$in_set(set),
                    $inner::Archived($slice) => $find,
                }
            }

            /// The elements in the order of the archive, the same on every machine and in every run.
            pub fn iter(&self) -> std::vec::IntoIter<View<'a, T>> {
                let views: Vec<_> = match self.0 {
                    $inner::Owned($owned) => $sorted.map(Emit::as_view).collect(),
                    $inner::Archived(slice) => slice.iter().map(T::view_archived).collect(),
                };
                views.into_iter()
            }

            /// Copies the elements into a set of their own.
            pub fn into_owned(self) -> $set<T> {
                self.iter().map(T::from_view).collect()
            }
        }

        impl<T: Record> $view<'_, T> {
            /// The number of elements.
            pub fn len(&self) -> usize {
                match self.0 {
                    $inner::Owned(set) => set.len(),
                    $inner::Archived(slice) => slice.len(),
                }
            }

            /// True if there are no elements.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl<T: Record> Clone for $inner<'_, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Record> Copy for $inner<'_, T> {}

        impl<T: Record> Clone for $view<'_, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Record> Copy for $view<'_, T> {}

        // SAFETY: the archive of a list.
        unsafe impl<T: Record + $($bounds)*> Record for $set<T> {
            type Archived = ArchivedVec<T::Archived>;
            type View<'a> = $view<'a, T>;
            const FIXED: bool = false;
            fn view_archived(archived: &Self::Archived) -> $view<'_, T> {
                $view($inner::Archived(archived.as_slice()))
            }
            fn from_view(view: $view<'_, T>) -> Self {
                view.into_owned()
            }
            fn layout(layout: &mut Layout) {
                layout.generic($name, T::layout);
            }
        }

        impl<T: Element + $($bounds)*> Element for $set<T> {}

        // SAFETY: writes a list.
        unsafe impl<T: Record + $($bounds)*> Emit for $set<T> {
            type Record = $set<T>;
            type Resolver = ListResolver;
            fn as_view(&self) -> $view<'_, T> {
                $view($inner::Owned(self))
            }
            fn into_record(self) -> Self {
                self
            }
            fn room(&self) -> usize {
                list_room(self.as_view().iter())
            }
            fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
                out.put_iter(self.as_view().iter())
            }
            fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
                out.list(resolver, self.len());
            }
        }

        // SAFETY: writes a list.
        unsafe impl<T: Record + $($bounds)*> Emit for $view<'_, T> {
            type Record = $set<T>;
            type Resolver = ListResolver;
            fn as_view(&self) -> $view<'_, T> {
                *self
            }
            fn into_record(self) -> $set<T> {
                self.into_owned()
            }
            fn room(&self) -> usize {
                list_room(self.iter())
            }
            fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
                out.put_iter(self.iter())
            }
            fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
                out.list(resolver, self.len());
            }
        }

        impl<'a, T: Record + $($bounds)*> IntoIterator for $view<'a, T> {
            type Item = View<'a, T>;
            type IntoIter = std::vec::IntoIter<View<'a, T>>;
            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }

        impl<T: Element + $($bounds)*> fmt::Debug for $view<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }

        impl<T: Element + $($bounds)*> PartialEq for $view<'_, T> {
            fn eq(&self, other: &Self) -> bool {
                fn same<'a, T: Element>(a: View<'a, T>, b: View<'a, T>) -> bool {
                    a == b
                }
                let mut pairs = self.iter().zip(other.iter());
                self.len() == other.len() && pairs.all(|(a, b)| same::<T>(a, b))
            }
        }

        impl<T: Element + $($bounds)* + Eq> Eq for $view<'_, T> {}

        impl<T: Element + $($bounds)*> Serialize for $view<'_, T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.iter())
            }
        }

        impl<T: Key + $($bounds)*> Key for $set<T> {
            fn write_key(view: $view<'_, T>, out: &mut impl KeyBytes) {
                out.bytes(&(view.len() as u32).to_le_bytes());
                view.iter().for_each(|item| T::write_key(item, out));
            }
            fn same_key(a: $view<'_, T>, b: $view<'_, T>) -> bool {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| T::same_key(a, b))
            }
        }
    )*};
}

sets! {
    BTreeSet, SetView, Tree, "BTreeSet", [Ord], in_btree_set,
        |slice, wanted| slice
            .binary_search_by(|item| wanted.compare(T::view_archived(item)).reverse())
            .is_ok(),
        |owned| owned.iter();
    HashSet, HashSetView, Table, "HashSet", [Key + Hash + Eq], in_hash_set,
        |slice, wanted| find_by_hash::<T, _>(slice, wanted.key(), T::view_archived).is_some(),
        |owned| sorted(owned);
}

/// The elements of a hash set in the order of its archive.
fn sorted<T: Key>(set: &HashSet<T>) -> impl Iterator<Item = &T> {
    let hashed = set.iter().map(|item| (T::key_hash(item.as_view()), item));
    let mut items: Vec<(u64, &T)> = hashed.collect();
    items.sort_by(|a, b| by_hash(*a, *b));
    items.into_iter().map(|(_, item)| item)
}

impl<T: Record + Ord> SetView<'_, T> {
    fn with_owned<R>(&self, use_it: impl FnOnce(&BTreeSet<T>) -> R) -> R {
        match self.0 {
            Tree::Owned(set) => use_it(set),
            Tree::Archived(_) => use_it(&self.into_owned()),
        }
    }
}

impl<T: Element + Ord> PartialOrd for SetView<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Element + Ord> Ord for SetView<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.with_owned(|a| other.with_owned(|b| a.cmp(b)))
    }
}

impl<T: Element + Ord + Hash> Hash for SetView<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.with_owned(|set| set.hash(state));
    }
}

impl<T: Ranked + Ord> Ranked for BTreeSet<T> {
    fn rank(a: SetView<'_, T>, b: SetView<'_, T>) -> Ordering {
        fn rank<'a, T: Ranked + Ord>(a: SetView<'a, T>, b: SetView<'a, T>) -> Ordering {
            super::common::rank_items(a.iter(), b.iter(), |a, b| T::rank(a, b))
        }
        rank(a, b)
    }
}
