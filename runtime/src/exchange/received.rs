//! Iterators over what a turn brought.
//!
//! They stop early when something downstream is full, and they leave behind how far they got: the runner brings the
//! rest with the next turn, and knows which record it was when a task fails. Neither costs anything per record but one
//! look at a flag in the first-level cache: the position is written when the iterator is dropped, unwinding included.

use std::cell::Cell;

use super::batch::Typed;
use crate::record::{Record, View};
use crate::task::Turn;
use crate::time::Timestamp;

/// How far a turn got through what it was given.
#[derive(Debug, Default)]
pub(crate) struct Cursor {
    /// The next record.
    next: Cell<usize>,
    /// True if the loop over the records was left from within: something failed at the record before `next`.
    left: Cell<bool>,
    /// True if the loop ended early because something downstream is full.
    rest: Cell<bool>,
}

impl Cursor {
    #[inline(always)]
    pub(crate) fn set(&self, next: usize, left: bool, rest: bool) {
        self.next.set(next);
        self.left.set(left);
        self.rest.set(rest);
    }

    pub(crate) fn has_rest(&self) -> bool {
        self.rest.get()
    }

    pub(crate) fn next(&self) -> usize {
        self.next.get()
    }

    /// The record that the loop was left at.
    pub(crate) fn left_at(&self) -> Option<usize> {
        self.left.get().then(|| self.next.get().saturating_sub(1))
    }
}

/// Iterator over the records that a turn brought: event time and view.
pub struct Received<'f, T: Record> {
    batch: Typed<'f, T>,
    next: usize,
    end: usize,
    left: bool,
    blocked: &'f Cell<bool>,
    cursor: &'f Cursor,
}

impl<'f, T: Record> Received<'f, T> {
    #[inline(always)]
    pub(super) fn new(turn: &Turn<'f>, input: usize) -> Received<'f, T> {
        let batch = turn.batch(input).typed::<T>();
        let (blocked, cursor) = (turn.blocked, turn.cursor);
        let next = if batch.len() == 0 { 0 } else { cursor.next() };
        let end = batch.len().min(next.saturating_add(turn.limit));
        Received { batch, next, end, left: true, blocked, cursor }
    }
}

impl<T: Record> Received<'_, T> {
    #[inline(always)]
    fn advance(&mut self) -> Option<usize> {
        if self.next >= self.end || self.blocked.get() {
            self.left = false;
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(index)
    }
}

impl<'f, T: Record> Iterator for Received<'f, T> {
    type Item = (Timestamp, View<'f, T>);
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let index = self.advance()?;
        Some(self.batch.get(index))
    }
}

impl<T: Record> Drop for Received<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // An empty iteration belongs to another input: the cursor is not its own.
        if self.end != 0 {
            self.cursor.set(self.next, self.left, false);
        }
    }
}

/// Iterator over the chunks that a turn brought.
pub struct ReceivedChunks<'f, T> {
    batch: Typed<'f, T>,
    end: usize,
    blocked: &'f Cell<bool>,
    cursor: &'f Cursor,
}

impl<'f, T: Record> ReceivedChunks<'f, T> {
    const LEN: usize = 64;

    #[inline(always)]
    pub(super) fn new(turn: &Turn<'f>, input: usize) -> ReceivedChunks<'f, T> {
        let batch = turn.batch(input).typed::<T>();
        let (blocked, cursor) = (turn.blocked, turn.cursor);
        let end = match batch.len() {
            0 => 0,
            len => len.min(cursor.next().saturating_add(turn.limit)),
        };
        ReceivedChunks { batch, end, blocked, cursor }
    }
}

impl<'f, T: Record> Iterator for ReceivedChunks<'f, T> {
    type Item = Chunk<'f, T>;
    #[inline(always)]
    fn next(&mut self) -> Option<Chunk<'f, T>> {
        if self.end == 0 {
            return None;
        }
        let start = self.cursor.next();
        if start >= self.end || self.blocked.get() {
            return None;
        }
        let end = self.end.min(start + Self::LEN);
        // Passed over unless its records are iterated over.
        self.cursor.set(end, false, false);
        let (batch, blocked, cursor) = (self.batch, self.blocked, self.cursor);
        Some(Chunk { batch, start, end, blocked, cursor })
    }
}

/// Up to 64 records with their key hashes.
pub struct Chunk<'f, T> {
    batch: Typed<'f, T>,
    start: usize,
    end: usize,
    blocked: &'f Cell<bool>,
    cursor: &'f Cursor,
}

impl<'f, T: Record> Chunk<'f, T> {
    /// The key hashes.
    #[inline(always)]
    pub fn hashes(&self) -> &'f [u64] {
        &self.batch.hashes()[self.start..self.end]
    }

    /// Event time, key hash and view of each record. To be iterated over once.
    #[inline(always)]
    pub fn records(&self) -> ChunkRecords<'f, T> {
        ChunkRecords {
            records: Received {
                batch: self.batch,
                next: self.start,
                end: self.end,
                left: true,
                blocked: self.blocked,
                cursor: self.cursor,
            },
        }
    }
}

/// Iterator over a chunk: event time, key hash and view.
pub struct ChunkRecords<'f, T: Record> {
    records: Received<'f, T>,
}

impl<'f, T: Record> Iterator for ChunkRecords<'f, T> {
    type Item = (Timestamp, u64, View<'f, T>);
    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let index = self.records.advance()?;
        Some(self.records.batch.get_hashed(index))
    }
}
