//! Maps inside a key's state.
#![allow(unsafe_code)] // Implements the unsafe traits `Record` and `Emit`.

use std::collections::{BTreeMap, btree_map};
use std::fmt;

use rkyv::tuple::ArchivedTuple2;
use rkyv::vec::ArchivedVec;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::{
    Element, Emit, Key, Layout, ListResolver, Record, Root, Tails, View, list_room,
};

/// A map as a field of a process function's state: a handle whose entries are addressed one by one.
///
/// To be used in place of a `BTreeMap` where an event touches few of many entries. Nothing here needs all entries
/// at once but what visits all of them, so a state that is not in memory loads and writes entry by entry; that is why
/// there is no `len`. Entries come in the order of (key hash, canonical key bytes), the same in every run. Flink:
/// `MapState`.
///
/// ```
/// use thalweg::prelude::*;
/// use thalweg::state::MapState;
///
/// #[record]
/// #[derive(Default)]
/// struct Cart {
///     pieces: MapState<String, u32>,
/// }
///
/// let mut cart = Cart::default();
/// *cart.pieces.entry("apple") += 2;
/// cart.pieces.insert("pear", 1u32);
/// assert_eq!(cart.pieces.get("apple"), Some(2));
/// assert!(cart.pieces.remove("pear").is_some() && !cart.pieces.contains("pear"));
/// ```
pub struct MapState<K: Key, V: Record> {
    /// By hash and place among the keys of that hash, which are in the order of their canonical bytes.
    entries: BTreeMap<(u64, u32), (K, V)>,
}

impl<K: Key, V: Record> MapState<K, V> {
    /// No entries yet.
    pub fn new() -> Self {
        MapState { entries: BTreeMap::new() }
    }

    fn find(&self, hash: u64, key: View<'_, K>) -> Option<u32> {
        let mut same_hash = self.entries.range((hash, 0)..=(hash, u32::MAX));
        same_hash
            .find(|(_, (other, _))| K::same_key(other.as_view(), key))
            .map(|((_, place), _)| *place)
    }

    /// The value under a key. Flink: `get`.
    pub fn get(&self, key: View<'_, K>) -> Option<View<'_, V>> {
        let hash = K::key_hash(key);
        let (_, value) = self.entries.get(&(hash, self.find(hash, key)?))?;
        Some(value.as_view())
    }

    /// The value under a key, to be changed.
    pub fn get_mut(&mut self, key: View<'_, K>) -> Option<&mut V> {
        let hash = K::key_hash(key);
        let place = self.find(hash, key)?;
        self.entries.get_mut(&(hash, place)).map(|(_, value)| value)
    }

    /// The value under a key, to be changed; `V::default()` if there is none.
    pub fn entry(&mut self, key: View<'_, K>) -> &mut V
    where
        V: Default,
    {
        let hash = K::key_hash(key);
        let place = match self.find(hash, key) {
            Some(place) => place,
            None => self.add(hash, K::from_view(key), V::default()),
        };
        &mut self.entries.get_mut(&(hash, place)).expect("found or added above").1
    }

    /// Puts a value under a key, in place of the one that may be there. Flink: `put`.
    pub fn insert(&mut self, key: impl Emit<Record = K>, value: impl Emit<Record = V>) {
        let hash = K::key_hash(key.as_view());
        match self.find(hash, key.as_view()) {
            Some(place) => {
                if let Some(entry) = self.entries.get_mut(&(hash, place)) {
                    entry.1 = value.into_record();
                }
            }
            None => {
                self.add(hash, key.into_record(), value.into_record());
            }
        }
    }

    /// Adds an entry whose key is not there, and returns its place.
    fn add(&mut self, hash: u64, key: K, value: V) -> u32 {
        match self.entries.entry((hash, 0)) {
            btree_map::Entry::Vacant(place) => {
                place.insert((key, value));
                0
            }
            btree_map::Entry::Occupied(_) => self.add_among(hash, key, value),
        }
    }

    #[cold]
    fn add_among(&mut self, hash: u64, key: K, value: V) -> u32 {
        let bytes = canonical(&key);
        let mut same_hash = self.take_all(hash);
        let place = same_hash.partition_point(|(other, _)| canonical(other) < bytes);
        same_hash.insert(place, (key, value));
        self.entries.extend((0..).zip(same_hash).map(|(place, entry)| ((hash, place), entry)));
        place as u32
    }

    fn take_all(&mut self, hash: u64) -> Vec<(K, V)> {
        (0..).map_while(|place| self.entries.remove(&(hash, place))).collect()
    }

    /// Removes an entry and returns its value. Flink: `remove`.
    pub fn remove(&mut self, key: View<'_, K>) -> Option<V> {
        let hash = K::key_hash(key);
        let place = self.find(hash, key)?;
        let (_, value) = self.entries.remove(&(hash, place))?;
        // Those behind it move up, so that the places of a hash have no gap.
        for place in place.. {
            let Some(entry) = self.entries.remove(&(hash, place + 1)) else { break };
            self.entries.insert((hash, place), entry);
        }
        Some(value)
    }

    /// Whether there is a value under a key. Flink: `contains`.
    pub fn contains(&self, key: View<'_, K>) -> bool {
        self.find(K::key_hash(key), key).is_some()
    }

    /// True if there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there are in memory.
    pub(crate) fn held(&self) -> usize {
        self.entries.len()
    }

    /// All entries. Flink: `entries`.
    pub fn iter(&self) -> impl Iterator<Item = (View<'_, K>, View<'_, V>)> {
        self.entries.values().map(|(key, value)| (key.as_view(), value.as_view()))
    }

    /// Keeps the entries for which `keep` says so; it may change their values.
    pub fn retain(&mut self, mut keep: impl FnMut(View<'_, K>, &mut V) -> bool) {
        let gone: Vec<K> = self
            .entries
            .values_mut()
            .filter_map(|(key, value)| {
                (!keep(key.as_view(), value)).then(|| K::from_view(key.as_view()))
            })
            .collect();
        for key in gone {
            self.remove(key.as_view());
        }
    }

    /// Removes all entries. Flink: `clear`.
    pub fn clear(&mut self) {
        self.entries.clear();
    }
}

fn canonical<K: Key>(key: &K) -> Vec<u8> {
    super::table::canonical::<K>(key.as_view())
}

impl<K: Key, V: Record> Default for MapState<K, V> {
    fn default() -> Self {
        MapState::new()
    }
}

/// The view of a [`MapState`].
pub struct MapStateView<'a, K: Key, V: Record>(Entries<'a, K, V>);

enum Entries<'a, K: Key, V: Record> {
    Owned(&'a BTreeMap<(u64, u32), (K, V)>),
    Archived(&'a [ArchivedTuple2<K::Archived, V::Archived>]),
}

impl<K: Key, V: Record> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Key, V: Record> Copy for Entries<'_, K, V> {}
impl<K: Key, V: Record> Clone for MapStateView<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K: Key, V: Record> Copy for MapStateView<'_, K, V> {}

impl<'a, K: Key, V: Record> MapStateView<'a, K, V> {
    /// All entries.
    pub fn iter(&self) -> impl Iterator<Item = (View<'a, K>, View<'a, V>)> + use<'a, K, V> {
        let (owned, archived) = match self.0 {
            Entries::Owned(entries) => (Some(entries), None),
            Entries::Archived(entries) => (None, Some(entries)),
        };
        let owned = owned.into_iter().flat_map(BTreeMap::values);
        let archived = archived.into_iter().flatten();
        owned
            .map(|(key, value)| (key.as_view(), value.as_view()))
            .chain(archived.map(|entry| (K::view_archived(&entry.0), V::view_archived(&entry.1))))
    }

    /// Copies the entries into a map of their own.
    pub fn into_owned(self) -> MapState<K, V> {
        let mut map = MapState::new();
        for (key, value) in self.iter() {
            map.add(K::key_hash(key), K::from_view(key), V::from_view(value));
        }
        map
    }

    fn len(&self) -> usize {
        match self.0 {
            Entries::Owned(entries) => entries.len(),
            Entries::Archived(entries) => entries.len(),
        }
    }
}

// SAFETY: the archive of a list of entries.
unsafe impl<K: Key, V: Record> Record for MapState<K, V> {
    type Archived = ArchivedVec<ArchivedTuple2<K::Archived, V::Archived>>;
    type View<'a> = MapStateView<'a, K, V>;
    const FIXED: bool = false;
    fn view_archived(archived: &Self::Archived) -> MapStateView<'_, K, V> {
        MapStateView(Entries::Archived(archived.as_slice()))
    }
    fn from_view(view: MapStateView<'_, K, V>) -> Self {
        view.into_owned()
    }
    fn layout(layout: &mut Layout) {
        layout.generic("MapState", |layout| {
            K::layout(layout);
            layout.comma();
            V::layout(layout);
        });
    }
}

// SAFETY: writes a list of entries.
unsafe impl<K: Key, V: Record> Emit for MapState<K, V> {
    type Record = MapState<K, V>;
    type Resolver = ListResolver;
    fn as_view(&self) -> MapStateView<'_, K, V> {
        MapStateView(Entries::Owned(&self.entries))
    }
    fn into_record(self) -> Self {
        self
    }
    fn room(&self) -> usize {
        self.as_view().room()
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        self.as_view().tails(out)
    }
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.list(resolver, self.entries.len());
    }
}

// SAFETY: writes a list of entries.
unsafe impl<K: Key, V: Record> Emit for MapStateView<'_, K, V> {
    type Record = MapState<K, V>;
    type Resolver = ListResolver;
    fn as_view(&self) -> MapStateView<'_, K, V> {
        *self
    }
    fn into_record(self) -> MapState<K, V> {
        self.into_owned()
    }
    fn room(&self) -> usize {
        list_room(self.iter())
    }
    fn tails(&self, out: &mut Tails<'_>) -> ListResolver {
        let entries: Vec<_> = self.iter().collect();
        out.put_iter(entries.into_iter())
    }
    fn root(&self, resolver: ListResolver, out: &mut Root<'_>) {
        out.list(resolver, self.len());
    }
}

impl<K: Key + Element, V: Element> Element for MapState<K, V> {}

impl<K: Key, V: Record> Clone for MapState<K, V> {
    fn clone(&self) -> Self {
        self.as_view().into_owned()
    }
}

impl<K: Key + Element, V: Element> PartialEq for MapStateView<'_, K, V> {
    fn eq(&self, other: &Self) -> bool {
        fn same<'a, K: Element, V: Element>(
            a: (View<'a, K>, View<'a, V>),
            b: (View<'a, K>, View<'a, V>),
        ) -> bool {
            a.0 == b.0 && a.1 == b.1
        }
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| same::<K, V>(a, b))
    }
}

impl<K: Key + Element, V: Element> fmt::Debug for MapStateView<'_, K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Key + Element, V: Element> Serialize for MapStateView<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<K: Key + Element, V: Element> PartialEq for MapState<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.as_view() == other.as_view()
    }
}

impl<K: Key + Element, V: Element> fmt::Debug for MapState<K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_view().fmt(out)
    }
}

impl<K: Key + Element, V: Element> Serialize for MapState<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_view().serialize(serializer)
    }
}

impl<'de, K: Key + Deserialize<'de>, V: Record + Deserialize<'de>> Deserialize<'de>
    for MapState<K, V>
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = MapState::new();
        for (key, value) in Vec::<(K, V)>::deserialize(deserializer)? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::Arena;

    #[test]
    fn keys_of_one_hash_are_told_apart_and_ordered() {
        let mut map = MapState::<String, u64>::new();
        for (n, key) in (0..).zip(["c", "a", "b"]) {
            map.add(7, key.to_owned(), n);
        }
        let keys = |map: &MapState<String, u64>| {
            map.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(keys(&map), ["a", "b", "c"]);
        assert_eq!((map.find(7, "b"), map.find(7, "d")), (Some(1), None));
    }

    proptest! {
        #[test]
        fn a_map_is_a_map(steps in prop::collection::vec((0..3u8, 0..12u64, 0..100u64), 0..60)) {
            let (mut map, mut model) = (MapState::<u64, u64>::new(), BTreeMap::new());
            for (what, key, value) in steps {
                match what {
                    0 => {
                        map.insert(key, value);
                        model.insert(key, value);
                    }
                    1 => prop_assert_eq!(map.remove(key), model.remove(&key)),
                    _ => {
                        *map.entry(key) += value;
                        *model.entry(key).or_default() += value;
                    }
                }
                prop_assert_eq!(map.get(key), model.get(&key).copied());
            }
            let mut arena = Arena::default();
            let root = arena.put(&map);
            // SAFETY: just written there as this type.
            let view = unsafe { arena.view::<MapState<u64, u64>>(root) };
            prop_assert_eq!(view, map.as_view());
            let text = serde_json::to_string(&map).unwrap();
            prop_assert_eq!(&serde_json::from_str::<MapState<u64, u64>>(&text).unwrap(), &map);
            let mut sorted: Vec<_> = view.into_owned().iter().collect();
            prop_assert!(sorted.is_sorted_by_key(|(key, _)| u64::key_hash(*key)));
            sorted.sort_unstable();
            prop_assert_eq!(sorted, model.clone().into_iter().collect::<Vec<_>>());
            map.retain(|key, _| key % 2 == 0);
            prop_assert_eq!(map.iter().count(), model.keys().filter(|key| *key % 2 == 0).count());
        }
    }
}
