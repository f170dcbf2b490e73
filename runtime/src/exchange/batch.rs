//! One exchange buffer: archives, their roots, event times and key hashes.
#![allow(unsafe_code)] // Reads archives back as what they were written as.

use std::any::TypeId;
use std::marker::PhantomData;

use crate::record::{Arena, Emit, Record, View};
use crate::time::Timestamp;

/// A batch of records of one type; the only representation on every exchange.
///
/// Records of fixed size lie at a stride and have no root offsets. Key hashes are there on keyed exchanges only.
#[derive(Debug, Default)]
pub struct Batch {
    arena: Arena,
    roots: Vec<u32>,
    times: Vec<i64>,
    hashes: Vec<u64>,
    record: Option<TypeId>,
}

impl Batch {
    /// Empties the batch and dedicates it to records of type `T`; the memory is kept.
    pub fn reset<T: Record>(&mut self) {
        self.arena.clear();
        self.roots.clear();
        self.times.clear();
        self.hashes.clear();
        self.record = Some(TypeId::of::<T>());
    }

    /// Appends a record. The batch must have been [`reset`](Batch::reset) for its type: checked once per batch by
    /// whoever reads it.
    #[inline(always)]
    pub(crate) fn push<E: Emit>(&mut self, time: Timestamp, item: &E) {
        debug_assert_eq!(self.record, Some(TypeId::of::<E::Record>()));
        let root = self.arena.put(item);
        if !<E::Record as Record>::FIXED {
            self.roots.push(root);
        }
        self.times.push(time.0);
    }

    /// Appends a record with its key's hash.
    #[inline(always)]
    pub(crate) fn push_hashed<E: Emit>(&mut self, time: Timestamp, hash: u64, item: &E) {
        self.push(time, item);
        self.hashes.push(hash);
    }

    /// Records in the batch.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// True if there is no record in the batch.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Bytes of archives.
    #[inline(always)]
    pub fn bytes(&self) -> usize {
        self.arena.len()
    }

    /// The records.
    ///
    /// # Panics
    /// If the batch was written with records of another type.
    #[inline(always)]
    pub fn records<T: Record>(&self) -> Records<'_, T> {
        self.check::<T>();
        Records { batch: self, next: 0, end: self.len(), record: PhantomData }
    }

    /// The records in chunks of up to 64, with their key hashes: what keyed operators are fed with.
    ///
    /// # Panics
    /// If the batch was written with records of another type.
    #[inline(always)]
    pub fn chunks<T: Record>(&self) -> Chunks<'_, T> {
        self.check::<T>();
        Chunks { batch: Some(self), next: 0, record: PhantomData }
    }

    /// This check is what makes reading archives sound: `push` and `reset` agree on the type, `records` insists on it.
    #[inline(always)]
    fn check<T: Record>(&self) {
        assert!(
            self.is_empty() || self.record == Some(TypeId::of::<T>()),
            "a batch was read as records of another type than was written"
        );
    }

    #[inline(always)]
    fn view<T: Record>(&self, index: usize) -> View<'_, T> {
        let root =
            if T::FIXED { (index * size_of::<T::Archived>()) as u32 } else { self.roots[index] };
        // SAFETY: every root was returned by `put` of a `T`: `check` compared the types. Fixed records are
        // contiguous from the buffer's start.
        unsafe { self.arena.view::<T>(root) }
    }
}

/// Iterator over a batch: event time and view.
pub struct Records<'b, T> {
    batch: &'b Batch,
    next: usize,
    end: usize,
    record: PhantomData<fn() -> T>,
}

impl<'b, T: Record> Iterator for Records<'b, T> {
    type Item = (Timestamp, View<'b, T>);
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next == self.end {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some((Timestamp(self.batch.times[index]), self.batch.view::<T>(index)))
    }
}

/// Iterator over the chunks of a batch.
pub struct Chunks<'b, T> {
    batch: Option<&'b Batch>,
    next: usize,
    record: PhantomData<fn() -> T>,
}

impl<T> Chunks<'_, T> {
    const LEN: usize = 64;
}

impl<'b, T: Record> Iterator for Chunks<'b, T> {
    type Item = Chunk<'b, T>;
    #[inline(always)]
    fn next(&mut self) -> Option<Chunk<'b, T>> {
        let batch = self.batch?;
        let start = self.next;
        if start == batch.len() {
            return None;
        }
        self.next = batch.len().min(start + Self::LEN);
        Some(Chunk { batch, start, end: self.next, record: PhantomData })
    }
}

/// Up to 64 records with their key hashes.
pub struct Chunk<'b, T> {
    batch: &'b Batch,
    start: usize,
    end: usize,
    record: PhantomData<fn() -> T>,
}

impl<'b, T: Record> Chunk<'b, T> {
    /// The key hashes.
    #[inline(always)]
    pub fn hashes(&self) -> &'b [u64] {
        &self.batch.hashes[self.start..self.end]
    }

    /// Event time, key hash and view of each record.
    #[inline(always)]
    pub fn records(&self) -> impl Iterator<Item = (Timestamp, u64, View<'b, T>)> + use<'b, T> {
        let batch = self.batch;
        (self.start..self.end).map(move |index| {
            (Timestamp(batch.times[index]), batch.hashes[index], batch.view::<T>(index))
        })
    }
}
