//! One exchange buffer: archives, their roots, event times and key hashes.
#![allow(unsafe_code)] // Reads archives back as what they were written as; writes columns without a check for each.

use std::any::TypeId;
use std::marker::PhantomData;
use std::num::NonZeroUsize;

use crate::record::{Arena, Emit, Record, View};
use crate::time::Timestamp;

/// A batch of records of one type; the only representation on every exchange.
///
/// Records of fixed size lie at a stride and have no root offsets. Key hashes are there on keyed exchanges only.
///
/// The columns have one length, `end`, of which `len` entries are written.
#[derive(Debug, Default)]
pub struct Batch {
    arena: Arena,
    roots: Vec<u32>,
    times: Vec<i64>,
    hashes: Vec<u64>,
    len: usize,
    end: usize,
    /// Records after which its writer hands it on.
    limit: Option<NonZeroUsize>,
    /// Records that the writer's batches usually have.
    usual: usize,
    record: Option<TypeId>,
}

impl Batch {
    /// Records that a batch has room for at first; it doubles from there.
    const FIRST: usize = 64;

    /// Empties the batch and dedicates it to records of type `T`; the memory is kept.
    pub fn reset<T: Record>(&mut self) {
        self.arena.clear();
        self.len = 0;
        if self.record != Some(TypeId::of::<T>()) {
            // The room that `grow` made was for records of another size.
            self.record = Some(TypeId::of::<T>());
            self.end = 0;
        }
    }

    /// Appends a record. The batch must have been [`reset`](Batch::reset) for its type: checked once per batch by
    /// whoever reads it.
    #[inline(always)]
    pub(crate) fn push<E: Emit>(&mut self, time: Timestamp, item: &E) {
        self.append(time, None, item);
    }

    /// Appends a record, on a keyed exchange with its key's hash.
    #[inline(always)]
    pub(super) fn append<E: Emit>(&mut self, time: Timestamp, hash: Option<u64>, item: &E) {
        debug_assert_eq!(self.record, Some(TypeId::of::<E::Record>()));
        if self.len == self.end {
            self.grow::<E::Record>();
        }
        let at = self.len;
        // SAFETY: all columns are as long as `end`, which `len` is below; for records of fixed size, which are all that
        // the arena holds, it has room for as many.
        unsafe {
            if <E::Record as Record>::FIXED {
                self.arena.put_fixed(at, item);
            } else {
                *self.roots.get_unchecked_mut(at) = self.arena.put(item);
            }
            *self.times.get_unchecked_mut(at) = time.0;
            if let Some(hash) = hash {
                *self.hashes.get_unchecked_mut(at) = hash;
            }
        }
        self.len = at + 1;
    }

    /// Says after how many records it counts as full, whatever fits, and for how many to make room at once.
    pub(crate) fn limit(&mut self, records: NonZeroUsize, usual: usize) {
        self.limit = Some(records);
        self.usual = usual;
    }

    #[cold]
    #[inline(never)]
    fn grow<T: Record>(&mut self) {
        let doubled = (self.times.len() * 2).max(self.usual).max(Self::FIRST);
        let limit = self.limit.map_or(usize::MAX, NonZeroUsize::get);
        let capacity = doubled.min(limit).max(self.len + 1);
        self.roots.resize(capacity, 0);
        self.times.resize(capacity, 0);
        self.hashes.resize(capacity, 0);
        if T::FIXED {
            self.arena.reserve((capacity - self.len) * size_of::<T::Archived>());
        }
        self.end = capacity;
    }

    /// True if the batch has to grow for another record, or is at its limit.
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.len == self.end
    }

    /// Records in the batch.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there is no record in the batch.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The event time of a record, if there is such a record.
    pub(crate) fn time(&self, index: usize) -> Option<Timestamp> {
        self.times[..self.len].get(index).copied().map(Timestamp)
    }

    /// Bytes of archives.
    #[inline(always)]
    pub fn bytes(&self) -> usize {
        self.arena.len()
    }

    /// Bytes of memory held, written or not.
    pub fn capacity(&self) -> usize {
        self.arena.capacity() + self.times.len() * (8 + 8 + 4)
    }

    /// The records.
    ///
    /// # Panics
    /// If the batch was written with records of another type.
    #[inline(always)]
    pub fn records<T: Record>(&self) -> Records<'_, T> {
        let typed = self.typed::<T>();
        Records { batch: typed, next: 0 }
    }

    /// The batch as what it was written as. This check is what makes reading archives sound: `push` and `reset` agree
    /// on the type, `typed` insists on it.
    ///
    /// # Panics
    /// If the batch was written with records of another type.
    #[inline(always)]
    pub(crate) fn typed<T: Record>(&self) -> Typed<'_, T> {
        assert!(
            self.is_empty() || self.record == Some(TypeId::of::<T>()),
            "a batch was read as records of another type than was written"
        );
        Typed {
            bytes: self.arena.as_bytes(),
            roots: &self.roots[..self.len],
            times: &self.times[..self.len],
            hashes: &self.hashes[..self.len],
            record: PhantomData,
        }
    }
}

/// A batch whose type was checked, taken apart: its columns stay in registers while a loop writes elsewhere.
pub(crate) struct Typed<'b, T> {
    bytes: &'b [u8],
    roots: &'b [u32],
    times: &'b [i64],
    hashes: &'b [u64],
    record: PhantomData<fn() -> T>,
}

impl<T> Clone for Typed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Typed<'_, T> {}

impl<'b, T: Record> Typed<'b, T> {
    /// Records in the batch.
    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        self.times.len()
    }

    /// Event time and view of record `index`.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub(crate) fn get(self, index: usize) -> (Timestamp, View<'b, T>) {
        let (time, _, view) = self.get_hashed(index);
        (time, view)
    }

    /// Event time, key hash and view of record `index`.
    ///
    /// # Panics
    /// If there is no such record.
    #[inline(always)]
    pub(crate) fn get_hashed(self, index: usize) -> (Timestamp, u64, View<'b, T>) {
        let time = Timestamp(self.times[index]);
        // SAFETY: `times` has this record, and no column is shorter; every root was returned by `put` of a `T`,
        // because `typed` compared the types, and fixed records are contiguous from the buffer's start.
        unsafe {
            let root = if T::FIXED {
                index * size_of::<T::Archived>()
            } else {
                *self.roots.get_unchecked(index) as usize
            };
            debug_assert!(root + size_of::<T::Archived>() <= self.bytes.len());
            let archived = &*self.bytes.as_ptr().add(root).cast::<T::Archived>();
            (time, *self.hashes.get_unchecked(index), T::view_archived(archived))
        }
    }

    /// The key hashes of all records.
    #[inline(always)]
    pub(crate) fn hashes(self) -> &'b [u64] {
        self.hashes
    }
}

/// Iterator over a batch: event time and view.
pub struct Records<'b, T> {
    batch: Typed<'b, T>,
    next: usize,
}

impl<'b, T: Record> Iterator for Records<'b, T> {
    type Item = (Timestamp, View<'b, T>);
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.batch.len() {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(self.batch.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_gives_back_what_was_pushed() {
        let mut batch = Batch::default();
        for round in 0..3 {
            batch.reset::<(u64, String)>();
            let rows: Vec<_> = (0..1000u64).map(|i| (i, format!("{round} {i}"))).collect();
            for row in &rows {
                batch.append(Timestamp(row.0 as i64), Some(row.0 * 7), row);
            }
            assert_eq!(batch.len(), 1000);
            let typed = batch.typed::<(u64, String)>();
            assert!(typed.hashes().iter().copied().eq((0..1000).map(|i| i * 7)));
            let read: Vec<_> = batch.records::<(u64, String)>().collect();
            let expected: Vec<_> =
                rows.iter().map(|row| (Timestamp(row.0 as i64), (row.0, row.1.as_str()))).collect();
            assert_eq!(read, expected);
        }
    }

    #[test]
    #[should_panic(expected = "another type")]
    fn batch_is_read_as_what_was_written() {
        let mut batch = Batch::default();
        batch.reset::<u64>();
        batch.push(Timestamp(0), &1u64);
        batch.records::<String>();
    }
}
