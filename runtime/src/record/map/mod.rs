//! Maps and sets: lists of entries in an order that the key alone decides.
//!
//! A `BTreeMap` is written in the order of its keys, a `HashMap` in the order of its keys' [`Key::key_hash`] and, where
//! those are equal, canonical bytes. So equal maps have equal bytes, and iterating over a view means the same before and
//! after an exchange: over a `HashMap` that is still owned it sorts first. Looking up is a binary search in an archive.

mod btree;
mod common;
mod entries;
mod hash;
mod lookup;
mod sets;

pub use btree::MapView;
pub use entries::Entries;
pub use hash::HashMapView;
pub use lookup::Lookup;
pub use sets::{HashSetView, SetView};
