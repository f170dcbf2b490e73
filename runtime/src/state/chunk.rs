//! Walking a table many entries at a time.
//!
//! A walk that asks for one entry after the other finds its place again for each. Here that is done once for up to
//! [`CHUNK`] entries, which are then read, changed and taken out by their numbers.

use super::cursor::Cursor;
use super::segment::Segment;
use super::table::Table;
use crate::record::Key;

/// The most entries of a chunk.
pub const CHUNK: usize = 64;

/// Some entries that follow each other in a table's order. Good for as long as none comes or goes.
pub struct Chunk {
    segment: usize,
    slots: [u32; CHUNK],
    len: usize,
    /// Slots of entries that are to be taken out.
    gone: [u32; CHUNK],
    going: usize,
    version: u64,
}

impl Default for Chunk {
    fn default() -> Self {
        let none = [0; CHUNK];
        Chunk { segment: 0, slots: none, len: 0, gone: none, going: 0, version: 0 }
    }
}

impl Chunk {
    /// How many entries there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// What is in a chunk.
pub struct Entries<'t, K, V> {
    segment: &'t Segment<K, V>,
    slots: &'t [u32; CHUNK],
}

impl<'t, K, V> Entries<'t, K, V> {
    /// A key and its value.
    #[inline(always)]
    pub fn get(&self, number: usize) -> &'t (K, V) {
        self.segment.entry(self.slots[number] as usize)
    }

    /// The hash of an entry.
    #[inline(always)]
    pub fn hash(&self, number: usize) -> u64 {
        self.segment.hash(self.slots[number] as usize)
    }
}

impl<K: Key, V> Table<K, V> {
    /// Passes the next entries, in the order of (hash, canonical key bytes); false if there are none. What is left behind
    /// empty gives its memory back.
    pub fn next_chunk(&mut self, cursor: &mut Cursor, chunk: &mut Chunk) -> bool {
        (chunk.len, chunk.going) = (0, 0);
        while let Some((segment, next)) = self.locate(cursor) {
            let (len, end) = self.segments[segment].gather(cursor.slot, &mut chunk.slots);
            if let Some(last) = len.checked_sub(1) {
                (chunk.segment, chunk.len, chunk.version) = (segment, len, self.version);
                let hash = |at: &u32| self.segments[segment].hash(*at as usize);
                let last = hash(&chunk.slots[last]);
                let ties = chunk.slots[..len].iter().rev().take_while(|at| hash(at) == last);
                cursor.pass_all(last, ties.count(), len, end);
                return true;
            }
            if self.segments[segment].is_oversized() {
                self.vacate(segment, cursor.hash(), false);
                cursor.version = Some(self.version);
            }
            self.leave(cursor, next);
        }
        false
    }

    #[inline(always)]
    fn assert_unchanged(&self, chunk: &Chunk) {
        assert!(chunk.version == self.version, "nothing changes a table that is walked through");
    }

    /// The entries of a chunk, by their numbers.
    ///
    /// # Panics
    /// If entries came or went since.
    #[inline(always)]
    pub fn chunk<'t>(&'t self, chunk: &'t Chunk) -> Entries<'t, K, V> {
        self.assert_unchanged(chunk);
        Entries { segment: &self.segments[chunk.segment], slots: &chunk.slots }
    }

    /// Changes the entries of a chunk, each with its number; those for which `change` answers true are to be
    /// [taken out](Table::take_out).
    ///
    /// # Errors
    /// Those of `change`, at once.
    ///
    /// # Panics
    /// If entries came or went since.
    #[inline(always)]
    pub fn change_chunk<E>(
        &mut self,
        chunk: &mut Chunk,
        mut change: impl FnMut(usize, &K, &mut V) -> Result<bool, E>,
    ) -> Result<(), E> {
        self.assert_unchanged(chunk);
        if self.watched {
            for &at in &chunk.slots[..chunk.len] {
                self.about_to_change(chunk.segment, at as usize);
            }
        }
        let segment = &mut self.segments[chunk.segment];
        let mut going = 0;
        for (number, &at) in chunk.slots[..chunk.len].iter().enumerate() {
            let (key, value) = segment.entry_mut(at as usize);
            // Each is written, and the next one over it if it stays: no jump depends on which they are.
            chunk.gone[going % CHUNK] = at;
            going += usize::from(change(number, key, value)?);
        }
        chunk.going = going;
        Ok(())
    }

    /// Takes out those entries of the chunk that the cursor has just passed that are to be.
    ///
    /// # Panics
    /// If entries came or went since.
    pub fn take_out(&mut self, cursor: &mut Cursor, chunk: &mut Chunk) {
        if chunk.going == 0 {
            return;
        }
        self.assert_unchanged(chunk);
        for at in chunk.gone[..chunk.going].iter().rev() {
            let hash = self.segments[chunk.segment].hash(*at as usize);
            let (_, gap) = self.remove_at(chunk.segment, *at as usize);
            cursor.taken_out(hash, gap);
        }
        (chunk.len, chunk.going) = (0, 0);
        cursor.version = Some(self.version);
    }
}
