//! Iterating over the entries of a map's view.

use std::collections::btree_map;

use rkyv::tuple::ArchivedTuple2;

use crate::record::{Record, View};

/// An archived entry.
pub(super) type ArchivedEntry<K, V> =
    ArchivedTuple2<<K as Record>::Archived, <V as Record>::Archived>;

/// The entries of a map in the order of its archive, as views.
pub struct Entries<'a, K: Record, V: Record>(pub(super) Source<'a, K, V>);

pub(super) enum Source<'a, K: Record, V: Record> {
    Tree(btree_map::Iter<'a, K, V>),
    Sorted(std::vec::IntoIter<(&'a K, &'a V)>),
    Archived(std::slice::Iter<'a, ArchivedEntry<K, V>>),
}

impl<K: Record, V: Record> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        Entries(match &self.0 {
            Source::Tree(entries) => Source::Tree(entries.clone()),
            Source::Sorted(entries) => Source::Sorted(entries.clone()),
            Source::Archived(entries) => Source::Archived(entries.clone()),
        })
    }
}

impl<'a, K: Record, V: Record> Iterator for Entries<'a, K, V> {
    type Item = (View<'a, K>, View<'a, V>);

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Source::Tree(entries) => entries.next().map(|(k, v)| (k.as_view(), v.as_view())),
            Source::Sorted(entries) => entries.next().map(|(k, v)| (k.as_view(), v.as_view())),
            Source::Archived(entries) => {
                let views = |entry: &'a ArchivedEntry<K, V>| {
                    (K::view_archived(&entry.0), V::view_archived(&entry.1))
                };
                entries.next().map(views)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Source::Tree(entries) => entries.size_hint(),
            Source::Sorted(entries) => entries.size_hint(),
            Source::Archived(entries) => entries.size_hint(),
        }
    }
}

impl<K: Record, V: Record> ExactSizeIterator for Entries<'_, K, V> {}
