//! What a map can be asked for.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use crate::record::{Key, Record, View};

/// A value by which a map with keys `K` is searched: `K` itself, and `str` where keys are `String`s.
pub trait Lookup<K: Record> {
    /// The view of the key.
    fn key(&self) -> View<'_, K>;
    /// Compares with a key of an archive.
    fn compare(&self, key: View<'_, K>) -> Ordering
    where
        K: Ord;
    /// The value in an ordered map.
    fn in_btree<'m, V>(&self, map: &'m BTreeMap<K, V>) -> Option<&'m V>
    where
        K: Ord;
    /// The value in a hash map.
    fn in_hash<'m, V>(&self, map: &'m HashMap<K, V>) -> Option<&'m V>
    where
        K: Hash + Eq;
    /// Whether an ordered set has it.
    fn in_btree_set(&self, set: &BTreeSet<K>) -> bool
    where
        K: Ord;
    /// Whether a hash set has it.
    fn in_hash_set(&self, set: &HashSet<K>) -> bool
    where
        K: Hash + Eq;
}

macro_rules! lookup {
    ([$($generics:tt)*] $type:ty => $key:ty, |$this:ident| $view:expr, |$other:ident| $compare:expr) => {
        impl<$($generics)*> Lookup<$key> for $type {
            #[inline]
            fn key(&self) -> View<'_, $key> {
                let $this = self;
                $view
            }
            #[inline]
            fn compare(&self, $other: View<'_, $key>) -> Ordering
            where
                $key: Ord,
            {
                let $this = self;
                $compare
            }
            #[inline]
            fn in_btree<'m, V>(&self, map: &'m BTreeMap<$key, V>) -> Option<&'m V>
            where
                $key: Ord,
            {
                map.get(self)
            }
            #[inline]
            fn in_hash<'m, V>(&self, map: &'m HashMap<$key, V>) -> Option<&'m V>
            where
                $key: Hash + Eq,
            {
                map.get(self)
            }
            #[inline]
            fn in_btree_set(&self, set: &BTreeSet<$key>) -> bool
            where
                $key: Ord,
            {
                set.contains(self)
            }
            #[inline]
            fn in_hash_set(&self, set: &HashSet<$key>) -> bool
            where
                $key: Hash + Eq,
            {
                set.contains(self)
            }
        }
    };
}

lookup!([K: Record] K => K, |this| this.as_view(), |other| this.cmp(&K::from_view(other)));
lookup!([] str => String, |this| this, |other| this.cmp(other));

/// The element of `sorted` whose key is `wanted`, by a search for its hash among the hashes of the keys.
pub(super) fn find_by_hash<'s, K: Key, T>(
    sorted: &'s [T],
    wanted: View<'_, K>,
    key: impl Fn(&T) -> View<'_, K>,
) -> Option<&'s T> {
    let hash = K::key_hash(wanted);
    let first = sorted.partition_point(|item| K::key_hash(key(item)) < hash);
    let candidates = sorted[first..].iter().take_while(|item| K::key_hash(key(item)) == hash);
    let mut same = candidates.filter(|item| same_key::<K>(key(item), wanted));
    same.next()
}

fn same_key<K: Key>(a: View<'_, K>, b: View<'_, K>) -> bool {
    K::same_key(a, b)
}

/// The order of a hash map's archive.
pub(super) fn by_hash<K: Key>(a: (u64, &K), b: (u64, &K)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| canonical(a.1).cmp(&canonical(b.1)))
}

fn canonical<K: Key>(key: &K) -> Vec<u8> {
    let mut bytes = Vec::new();
    K::write_key(key.as_view(), &mut bytes);
    bytes
}
