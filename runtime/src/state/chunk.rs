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
    version: u64,
}

impl Default for Chunk {
    fn default() -> Self {
        Chunk { segment: 0, slots: [0; CHUNK], len: 0, version: 0 }
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
        chunk.len = 0;
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

    /// An entry of a chunk, to be changed in a way that means nothing to whoever reads it.
    ///
    /// # Panics
    /// If entries came or went since.
    pub fn adjust_in_chunk(&mut self, chunk: &Chunk, number: usize) -> (&K, &mut V) {
        self.assert_unchanged(chunk);
        let at = chunk.slots[number] as usize;
        let (key, value) = self.segments[chunk.segment].entry_mut(at);
        (key, value)
    }

    /// Changes the entries of the chunk that the cursor has just passed; those for which `change` answers true are taken
    /// out.
    ///
    /// # Panics
    /// If entries came or went since.
    pub fn change_chunk(
        &mut self,
        cursor: &mut Cursor,
        chunk: &mut Chunk,
        mut change: impl FnMut(&mut V) -> bool,
    ) {
        if chunk.is_empty() {
            return;
        }
        self.assert_unchanged(chunk);
        let (segment, mut gone) = (chunk.segment, 0);
        for number in 0..chunk.len {
            let at = chunk.slots[number];
            if self.watched {
                self.about_to_change(segment, at as usize);
            }
            // Those to be taken out are written over those that were looked at; no jump depends on which they are.
            chunk.slots[gone] = at;
            gone += usize::from(change(&mut self.segments[segment].entry_mut(at as usize).1));
        }
        for at in chunk.slots[..gone].iter().rev() {
            let hash = self.segments[segment].hash(*at as usize);
            let (_, gap) = self.remove_at(segment, *at as usize);
            cursor.taken_out(hash, gap);
        }
        chunk.len = 0;
        cursor.version = Some(self.version);
    }
}
