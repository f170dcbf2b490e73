//! Rows on a disk, by hash, in the order in which they came.
//!
//! What is written is not read before: it comes behind what is there. So rows are kept in memory until there are many,
//! and then all go at once, hash by hash.
//!
//! ```text
//!   under a hash:  [ length | archives of rows | where their roots are ] [ length | .. ] ..
//! ```

use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::rc::Rc;

use super::cold::SavingCold;
use super::cold::codec::{damaged, each_root, put_roots, read};
use super::disk::{Batch, DiskError};
use super::snapshot::LaterSection;
use super::spill::{Backing, Part};
use crate::record::{Arena, Record, View};
use crate::time::Timestamp;

/// A key, a time, a note of its owner's, and what is kept.
pub(crate) type Row<K, N, T> = (K, Timestamp, N, T);

/// Rows by hash, on a disk only.
pub(crate) struct Shelf<K, N, T> {
    part: Part,
    rows: usize,
    row: PhantomData<(K, N, T)>,
}

/// Bytes that are written at once, about.
const BATCH: usize = 256 << 10;

impl<K: Record, N: Record, T: Record> Shelf<K, N, T> {
    /// An empty one.
    pub(crate) fn new(backing: &Rc<Backing>) -> Self {
        Shelf { part: Part::new(backing), rows: 0, row: PhantomData }
    }

    /// Rows on it.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// True if there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Begins to put rows on it.
    pub(crate) fn writing(&mut self) -> Writing<'_, K, N, T> {
        let (batch, arena, roots) = (Batch::default(), Arena::default(), Vec::new());
        Writing { shelf: self, batch, arena, roots, hash: 0 }
    }

    /// Calls `each` with the rows under these hashes, which are in order: those of a hash in the order in which they came.
    pub(crate) fn read(
        &mut self,
        hashes: &[u64],
        mut each: impl FnMut(u64, View<'_, Row<K, N, T>>),
    ) {
        if self.is_empty() {
            return;
        }
        let mut found =
            |at: usize, bytes: &[u8]| each_row::<K, N, T>(bytes, |row| each(hashes[at], row));
        let read = self.part.disk().read(self.part.namespace, hashes, &mut found);
        read.unwrap_or_else(|error| error.raise());
    }

    /// The same with up to `most` hashes of a range; answers the last of them if there may be more.
    pub(crate) fn range(
        &mut self,
        range: RangeInclusive<u64>,
        most: usize,
        mut each: impl FnMut(u64, View<'_, Row<K, N, T>>),
    ) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let (mut count, mut last) = (0, None);
        let mut found = |hash: u64, bytes: &[u8]| {
            (count, last) = (count + 1, Some(hash));
            each_row::<K, N, T>(bytes, |row| each(hash, row));
        };
        let read = self.part.disk().range(self.part.namespace, range, most, &mut found);
        read.unwrap_or_else(|error| error.raise());
        last.filter(|_| count == most)
    }

    /// Removes what is under these hashes: so many rows.
    pub(crate) fn remove(&mut self, hashes: impl Iterator<Item = u64>, rows: usize) {
        let mut batch = Batch::default();
        hashes.for_each(|hash| batch.remove(hash));
        self.rows -= rows;
        self.write(&batch);
    }

    /// Removes everything.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.rows) > 0 {
            let cleared = self.part.disk().clear(self.part.namespace);
            cleared.unwrap_or_else(|error| error.raise());
        }
    }

    /// Begins a snapshot of what is there now: `write` is given each row. The backing goes on with it.
    pub(crate) fn begin_saving(
        &mut self,
        out: LaterSection,
        mut write: impl FnMut(&LaterSection, u64, View<'_, Row<K, N, T>>) + 'static,
    ) {
        if !self.is_empty() {
            let write = move |out: &LaterSection, hash: u64, bytes: &[u8]| {
                each_row::<K, N, T>(bytes, |row| write(out, hash, row));
            };
            SavingCold::begin(&self.part, None, out, Box::new(write));
        }
    }

    fn write(&mut self, batch: &Batch) {
        let written = self.part.disk().write(self.part.namespace, batch);
        written.unwrap_or_else(|error: DiskError| error.raise());
    }
}

/// Puts rows on a shelf.
pub(crate) struct Writing<'s, K, N, T> {
    shelf: &'s mut Shelf<K, N, T>,
    batch: Batch,
    /// The rows of one hash that are not in the batch yet.
    arena: Arena,
    roots: Vec<u32>,
    hash: u64,
}

impl<K: Record, N: Record, T: Record> Writing<'_, K, N, T> {
    /// Puts a row behind those that are under a hash. Those of one hash come one after the other.
    pub(crate) fn put(&mut self, hash: u64, row: View<'_, Row<K, N, T>>) {
        if hash != self.hash || self.arena.len() >= BATCH {
            self.complete();
            self.hash = hash;
        }
        let root = self.arena.put(&row);
        self.roots.push(root);
        self.shelf.rows += 1;
    }

    fn complete(&mut self) {
        if self.roots.is_empty() {
            return;
        }
        self.batch.append(self.hash, |bytes| {
            let start = bytes.len();
            bytes.extend([0; size_of::<u32>()]);
            bytes.extend(self.arena.as_bytes());
            put_roots(bytes, &self.roots);
            let length = (bytes.len() - start - size_of::<u32>()) as u32;
            bytes[start..start + size_of::<u32>()].copy_from_slice(&length.to_le_bytes());
        });
        self.arena.clear();
        self.roots.clear();
        if self.batch.bytes() >= BATCH {
            self.shelf.write(&self.batch);
            self.batch.clear();
        }
    }

    /// Writes what was put.
    pub(crate) fn end(mut self) {
        self.complete();
        self.shelf.write(&self.batch);
    }
}

fn each_row<K: Record, N: Record, T: Record>(
    mut bytes: &[u8],
    mut each: impl FnMut(View<'_, Row<K, N, T>>),
) {
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = u32::from_le_bytes(*length) as usize;
        let (piece, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        each_root(piece, |root| match read::<Row<K, N, T>>(piece, root) {
            Ok(row) => each(row),
            Err(error) => damaged(&error).raise(),
        });
        bytes = behind;
    }
}
