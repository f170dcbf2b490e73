//! `HashMap<K, V>`: its entries in the order of their keys' hashes.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::collections::HashMap;
use std::hash::Hash;

use rkyv::vec::ArchivedVec;

use super::entries::{ArchivedEntry, Entries, Source};
use super::lookup::{Lookup, by_hash, find_by_hash};
use crate::record::{
    Element, Emit, Key, KeyBytes, Layout, ListResolver, Record, Root, Tails, View, list_room,
};

/// The view of a `HashMap<K, V>`.
pub struct HashMapView<'a, K: Record, V: Record>(Map<'a, K, V>);

enum Map<'a, K: Record, V: Record> {
    Owned(&'a HashMap<K, V>),
    Archived(&'a [ArchivedEntry<K, V>]),
}

impl<'a, K: Key + Hash + Eq, V: Record> HashMapView<'a, K, V> {
    /// The view of the value under `key`.
    pub fn get<Q: Lookup<K> + ?Sized>(&self, key: &Q) -> Option<View<'a, V>> {
        match self.0 {
            Map::Owned(map) => key.in_hash(map).map(Emit::as_view),
            Map::Archived(entries) => {
                let found =
                    find_by_hash::<K, _>(entries, key.key(), |entry| K::view_archived(&entry.0));
                found.map(|entry| V::view_archived(&entry.1))
            }
        }
    }

    /// Whether there is a value under `key`.
    pub fn contains_key<Q: Lookup<K> + ?Sized>(&self, key: &Q) -> bool {
        self.get(key).is_some()
    }

    /// The entries in the order of their keys' hashes, the same on every machine and in every run.
    pub fn iter(&self) -> Entries<'a, K, V> {
        Entries(match self.0 {
            Map::Owned(map) => {
                let hashed = |(key, value)| (K::key_hash(Emit::as_view(key)), key, value);
                let mut entries: Vec<(u64, &K, &V)> = map.iter().map(hashed).collect();
                if !cfg!(bug_21) {
                    entries.sort_by(|a, b| by_hash((a.0, a.1), (b.0, b.1)));
                }
                let sorted: Vec<_> = entries.into_iter().map(|(_, k, v)| (k, v)).collect();
                Source::Sorted(sorted.into_iter())
            }
            Map::Archived(entries) => Source::Archived(entries.iter()),
        })
    }

    /// Copies the entries into a map of their own.
    pub fn into_owned(self) -> HashMap<K, V> {
        let owned =
            |(key, value): (View<'_, K>, View<'_, V>)| (K::from_view(key), V::from_view(value));
        self.iter().map(owned).collect()
    }
}

impl<K: Record, V: Record> HashMapView<'_, K, V> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        match self.0 {
            Map::Owned(map) => map.len(),
            Map::Archived(entries) => entries.len(),
        }
    }
}

// SAFETY: the archive of a list of entries.
unsafe impl<K: Key + Hash + Eq, V: Record> Record for HashMap<K, V> {
    type Archived = ArchivedVec<ArchivedEntry<K, V>>;
    type View<'a> = HashMapView<'a, K, V>;
    const FIXED: bool = false;
    fn view_archived(archived: &Self::Archived) -> HashMapView<'_, K, V> {
        HashMapView(Map::Archived(archived.as_slice()))
    }
    fn from_view(view: HashMapView<'_, K, V>) -> Self {
        view.into_owned()
    }
    fn layout(layout: &mut Layout) {
        layout.generic("HashMap", |layout| {
            K::layout(layout);
            layout.comma();
            V::layout(layout);
        });
    }
}

impl<K: Element + Key + Hash + Eq, V: Element> Element for HashMap<K, V> {}

// SAFETY: writes a list of entries.
unsafe impl<K: Key + Hash + Eq, V: Record> Emit for HashMap<K, V> {
    type Record = HashMap<K, V>;
    type Resolver = ListResolver;
    fn as_view(&self) -> HashMapView<'_, K, V> {
        HashMapView(Map::Owned(self))
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

// SAFETY: writes a list of entries.
unsafe impl<K: Key + Hash + Eq, V: Record> Emit for HashMapView<'_, K, V> {
    type Record = HashMap<K, V>;
    type Resolver = ListResolver;
    fn as_view(&self) -> HashMapView<'_, K, V> {
        *self
    }
    fn into_record(self) -> HashMap<K, V> {
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

super::common::map_view!(HashMapView, Map, [K: Key + Hash + Eq]);

impl<K: Key + Hash + Eq, V: Key> Key for HashMap<K, V> {
    fn write_key(view: HashMapView<'_, K, V>, out: &mut impl KeyBytes) {
        super::common::write_entries::<K, V>(view.iter(), out);
    }
    fn same_key(a: HashMapView<'_, K, V>, b: HashMapView<'_, K, V>) -> bool {
        super::common::same_entries::<K, V>(a.iter(), b.iter())
    }
}
