//! What the views of both kinds of maps have in common.

use std::cmp::Ordering;

use crate::record::{Key, KeyBytes, Ranked, View};

/// `Clone`, `Copy`, `Debug`, `PartialEq`, `Eq`, `Serialize`, `IntoIterator` and `is_empty`.
macro_rules! map_view {
    ($view:ident, $map:ident, [K: $($bounds:tt)*]) => {
        impl<K: Record, V: Record> $view<'_, K, V> {
            /// True if there are no entries.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl<K: Record, V: Record> Clone for $map<'_, K, V> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<K: Record, V: Record> Copy for $map<'_, K, V> {}

        impl<K: Record, V: Record> Clone for $view<'_, K, V> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<K: Record, V: Record> Copy for $view<'_, K, V> {}

        impl<'a, K: Record + $($bounds)*, V: Record> IntoIterator for $view<'a, K, V> {
            type Item = (View<'a, K>, View<'a, V>);
            type IntoIter = Entries<'a, K, V>;
            fn into_iter(self) -> Entries<'a, K, V> {
                self.iter()
            }
        }

        impl<K: Element + $($bounds)*, V: Element> std::fmt::Debug for $view<'_, K, V> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_map().entries(self.iter()).finish()
            }
        }

        impl<K: Element + $($bounds)*, V: Element> PartialEq for $view<'_, K, V> {
            fn eq(&self, other: &Self) -> bool {
                fn same<'a, K: Element, V: Element>(
                    a: (View<'a, K>, View<'a, V>),
                    b: (View<'a, K>, View<'a, V>),
                ) -> bool {
                    a.0 == b.0 && a.1 == b.1
                }
                let mut pairs = self.iter().zip(other.iter());
                self.len() == other.len() && pairs.all(|(a, b)| same::<K, V>(a, b))
            }
        }

        impl<K: Element + $($bounds)* + Eq, V: Element + Eq> Eq for $view<'_, K, V> {}

        impl<K: Element + $($bounds)*, V: Element> serde::Serialize for $view<'_, K, V> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.iter())
            }
        }
    };
}
pub(super) use map_view;

/// Canonical bytes: the number of entries, then key and value of each.
pub(super) fn write_entries<'a, K: Key, V: Key>(
    entries: impl ExactSizeIterator<Item = (View<'a, K>, View<'a, V>)>,
    out: &mut impl KeyBytes,
) {
    out.bytes(&(entries.len() as u32).to_le_bytes());
    for (key, value) in entries {
        K::write_key(key, out);
        V::write_key(value, out);
    }
}

/// Whether two maps are one key.
pub(super) fn same_entries<'a, 'b, K: Key, V: Key>(
    a: impl ExactSizeIterator<Item = (View<'a, K>, View<'a, V>)>,
    b: impl ExactSizeIterator<Item = (View<'b, K>, View<'b, V>)>,
) -> bool {
    let same = |a: View<'a, K>, b: View<'b, K>| K::same_key(a, b);
    a.len() == b.len() && a.zip(b).all(|(a, b)| same(a.0, b.0) && V::same_key(a.1, b.1))
}

/// Lexicographic order of two lists of items.
pub(super) fn rank_items<A>(
    mut a: impl Iterator<Item = A>,
    mut b: impl Iterator<Item = A>,
    rank: impl Fn(A, A) -> Ordering,
) -> Ordering {
    loop {
        match (a.next(), b.next()) {
            (Some(a), Some(b)) => match rank(a, b) {
                Ordering::Equal => {}
                other => return other,
            },
            (a, b) => return a.is_some().cmp(&b.is_some()),
        }
    }
}

/// Lexicographic order of two maps.
pub(super) fn rank_entries<'a, K: Ranked, V: Ranked>(
    a: impl Iterator<Item = (View<'a, K>, View<'a, V>)>,
    b: impl Iterator<Item = (View<'a, K>, View<'a, V>)>,
) -> Ordering {
    rank_items(a, b, |a, b| K::rank(a.0, b.0).then_with(|| V::rank(a.1, b.1)))
}
