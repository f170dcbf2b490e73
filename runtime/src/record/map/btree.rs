//! `BTreeMap<K, V>`: its entries in the order of the keys.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use rkyv::vec::ArchivedVec;

use super::entries::{ArchivedEntry, Entries, Source};
use super::lookup::Lookup;
use crate::record::{
    Element, Emit, Key, KeyBytes, Layout, ListResolver, Ranked, Record, Root, Tails, View,
    list_room,
};

/// The view of a `BTreeMap<K, V>`.
pub struct MapView<'a, K: Record, V: Record>(Map<'a, K, V>);

enum Map<'a, K: Record, V: Record> {
    Owned(&'a BTreeMap<K, V>),
    Archived(&'a [ArchivedEntry<K, V>]),
}

impl<'a, K: Record + Ord, V: Record> MapView<'a, K, V> {
    /// The view of the value under `key`.
    pub fn get<Q: Lookup<K> + ?Sized>(&self, key: &Q) -> Option<View<'a, V>> {
        match self.0 {
            Map::Owned(map) => key.in_btree(map).map(Emit::as_view),
            Map::Archived(entries) => {
                let order =
                    |entry: &ArchivedEntry<K, V>| key.compare(K::view_archived(&entry.0)).reverse();
                let at = entries.binary_search_by(order).ok()?;
                Some(V::view_archived(&entries[at].1))
            }
        }
    }

    /// Whether there is a value under `key`.
    pub fn contains_key<Q: Lookup<K> + ?Sized>(&self, key: &Q) -> bool {
        self.get(key).is_some()
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> Entries<'a, K, V> {
        Entries(match self.0 {
            Map::Owned(map) => Source::Tree(map.iter()),
            Map::Archived(entries) => Source::Archived(entries.iter()),
        })
    }

    /// Copies the entries into a map of their own.
    pub fn into_owned(self) -> BTreeMap<K, V> {
        self.iter().map(|(key, value)| (K::from_view(key), V::from_view(value))).collect()
    }

    fn with_owned<R>(&self, use_it: impl FnOnce(&BTreeMap<K, V>) -> R) -> R {
        match self.0 {
            Map::Owned(map) => use_it(map),
            Map::Archived(_) => use_it(&self.into_owned()),
        }
    }
}

impl<K: Record, V: Record> MapView<'_, K, V> {
    /// The number of entries.
    pub fn len(&self) -> usize {
        match self.0 {
            Map::Owned(map) => map.len(),
            Map::Archived(entries) => entries.len(),
        }
    }
}

// SAFETY: the archive of a list of entries.
unsafe impl<K: Record + Ord, V: Record> Record for BTreeMap<K, V> {
    type Archived = ArchivedVec<ArchivedEntry<K, V>>;
    type View<'a> = MapView<'a, K, V>;
    const FIXED: bool = false;
    fn view_archived(archived: &Self::Archived) -> MapView<'_, K, V> {
        MapView(Map::Archived(archived.as_slice()))
    }
    fn from_view(view: MapView<'_, K, V>) -> Self {
        view.into_owned()
    }
    fn layout(layout: &mut Layout) {
        layout.generic("BTreeMap", |layout| {
            K::layout(layout);
            layout.comma();
            V::layout(layout);
        });
    }
}

impl<K: Element + Ord, V: Element> Element for BTreeMap<K, V> {}

// SAFETY: writes a list of entries.
unsafe impl<K: Record + Ord, V: Record> Emit for BTreeMap<K, V> {
    type Record = BTreeMap<K, V>;
    type Resolver = ListResolver;
    fn as_view(&self) -> MapView<'_, K, V> {
        MapView(Map::Owned(self))
    }
    fn into_record(self) -> Self {
        self
    }
    fn room(&self) -> usize {
        list_room(self.iter().map(|(key, value)| (key.as_view(), value.as_view())))
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        out.put_iter(self.iter().map(|(key, value)| (key.as_view(), value.as_view())))
    }
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.list(resolver, self.len());
    }
}

// SAFETY: writes a list of entries.
unsafe impl<K: Record + Ord, V: Record> Emit for MapView<'_, K, V> {
    type Record = BTreeMap<K, V>;
    type Resolver = ListResolver;
    fn as_view(&self) -> MapView<'_, K, V> {
        *self
    }
    fn into_record(self) -> BTreeMap<K, V> {
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

super::common::map_view!(MapView, Map, [K: Ord]);

impl<K: Element + Ord, V: Element + PartialOrd> PartialOrd for MapView<'_, K, V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.with_owned(|a| other.with_owned(|b| a.partial_cmp(b)))
    }
}

impl<K: Element + Ord, V: Element + Ord> Ord for MapView<'_, K, V> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.with_owned(|a| other.with_owned(|b| a.cmp(b)))
    }
}

impl<K: Element + Ord + Hash, V: Element + Hash> Hash for MapView<'_, K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.with_owned(|map| map.hash(state));
    }
}

impl<K: Key + Ord, V: Key> Key for BTreeMap<K, V> {
    fn write_key(view: MapView<'_, K, V>, out: &mut impl KeyBytes) {
        super::common::write_entries::<K, V>(view.iter(), out);
    }
    fn same_key(a: MapView<'_, K, V>, b: MapView<'_, K, V>) -> bool {
        super::common::same_entries::<K, V>(a.iter(), b.iter())
    }
}

impl<K: Ranked + Ord, V: Ranked> Ranked for BTreeMap<K, V> {
    fn rank(a: MapView<'_, K, V>, b: MapView<'_, K, V>) -> Ordering {
        fn rank<'a, K: Ranked + Ord, V: Ranked>(
            a: MapView<'a, K, V>,
            b: MapView<'a, K, V>,
        ) -> Ordering {
            super::common::rank_entries::<K, V>(a.iter(), b.iter())
        }
        rank(a, b)
    }
}
