//! How a table's entries become bytes on a disk, and are read again.

use super::super::disk::{Batch, DiskError};
use super::super::saving::Context;
use super::super::snapshot::{LaterSection, LoadError};
use crate::record::{Arena, Key, Record, View, validate};

type Put<K, V> = fn(&mut Arena, &K, &V) -> u32;
type Take<K, V> = fn(&[u8], u32) -> Result<(K, V), LoadError>;
/// Writes the entry of an archive, of a hash, with a root, into a snapshot.
pub(crate) type Relay = fn(&LaterSection, Context, u64, &[u8], u32) -> Result<(), LoadError>;

/// How entries become bytes, and are read again.
pub(crate) struct Codec<K, V> {
    /// Appends the archive of an entry, and answers where its root is.
    pub(crate) put: Put<K, V>,
    /// Reads the entry of an archive at a root.
    pub(crate) take: Take<K, V>,
    /// Writes it into a snapshot.
    pub(crate) relay: Relay,
    /// When the entry was written, if it has a time to live.
    pub(crate) written: Option<fn(&V) -> i64>,
    /// Bytes that a value owns in memory beyond what its archive takes, about.
    pub(crate) beside: fn(&V) -> usize,
}

impl<K, V> Clone for Codec<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K, V> Copy for Codec<K, V> {}

impl<K: Key, V: Record> Codec<K, V> {
    /// Entries as they are: archives of `(K, V)`.
    pub(crate) fn of_pairs(relay: Relay) -> Self {
        Codec {
            put: |arena, key, value| arena.put(&(key.as_view(), value.as_view())),
            take: |bytes, root| {
                let (key, value) = read::<(K, V)>(bytes, root)?;
                Ok((K::from_view(key), V::from_view(value)))
            },
            relay,
            written: None,
            beside: |_| 0,
        }
    }
}

/// Reads the archive of a record that was on a disk.
pub(crate) fn read<R: Record>(bytes: &[u8], root: u32) -> Result<View<'_, R>, LoadError> {
    let damaged = |source| LoadError::Damaged { section: "a table's disk".to_owned(), source };
    validate::<R>(bytes, root as usize).map_err(damaged)
}

impl<K: Key, V> Codec<K, V> {
    /// When the entries of a hash were written, if their lives end: the last of them.
    pub(super) fn written(&self, entries: &[(&K, &V)]) -> Option<i64> {
        let at = self.written?;
        entries.iter().map(|(_, value)| at(value)).max()
    }

    /// The same, of what is on the disk.
    pub(super) fn written_in(&self, bytes: &[u8]) -> Option<i64> {
        self.written?;
        bytes.first_chunk().map(|written| i64::from_le_bytes(*written))
    }

    /// Puts the entries of a hash into a batch: when they were written if their lives end, their archives, and where
    /// those have their roots.
    pub(super) fn encode(
        &self,
        batch: &mut Batch,
        arena: &mut Arena,
        hash: u64,
        entries: &[(&K, &V)],
    ) {
        arena.clear();
        let written = self.written(entries);
        let before = written.map_or(0, |_| size_of::<i64>() as u32);
        let roots = entries.iter().map(|(key, value)| (self.put)(arena, key, value) + before);
        let roots: Vec<u32> = roots.collect();
        batch.put(hash, |bytes| {
            bytes.extend(written.iter().flat_map(|written| written.to_le_bytes()));
            bytes.extend(arena.as_bytes());
            put_roots(bytes, &roots);
        });
    }
}

/// Behind the archives of a hash: it is one, whose root is the byte before.
const ONE: u8 = 0;
/// Behind the archives of a hash: before it stand their roots, and how many they are.
const MANY: u8 = 1;

/// Says behind archives where their roots are.
pub(in crate::state) fn put_roots(bytes: &mut Vec<u8>, roots: &[u32]) {
    match *roots {
        [root] if root <= u32::from(u8::MAX) => bytes.extend([root as u8, ONE]),
        _ => {
            bytes.extend(roots.iter().flat_map(|root| root.to_le_bytes()));
            bytes.extend((roots.len() as u32).to_le_bytes());
            bytes.push(MANY);
        }
    }
}

/// Calls `each` with the root of each entry.
pub(in crate::state) fn each_root(bytes: &[u8], mut each: impl FnMut(u32)) {
    match bytes {
        [.., root, ONE] => each(u32::from(*root)),
        [rest @ .., MANY] => {
            let Some((rest, count)) = rest.split_last_chunk() else { return };
            let roots = 4 * u32::from_le_bytes(*count) as usize;
            let roots = rest.len().checked_sub(roots).map_or(&[][..], |start| &rest[start..]);
            roots.as_chunks::<4>().0.iter().for_each(|root| each(u32::from_le_bytes(*root)));
        }
        _ => {}
    }
}

#[cold]
pub(in crate::state) fn damaged(error: &LoadError) -> DiskError {
    DiskError {
        place: "its local copy".to_owned(),
        what: error.to_string(),
        help: "the disk lost or changed what was written: look at its health; the job goes on from its last checkpoint",
    }
}
