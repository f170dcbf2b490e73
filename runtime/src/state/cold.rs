//! A table of which only a part is in memory.
//!
//! ```text
//!   memory   the table: entries that were used lately, and those that the disk does not know in their present form
//!   disk     bytes by hash: all entries of one hash together
//! ```
//!
//! The entries of a hash are all in memory, or all on the disk only. Whoever looks for a hash that is not in memory has
//! it read first ([`warm`](Cold::warm): for the keys of a batch at once); where a segment of the table is full and there
//! is no room for another, a part of the segment goes to the disk instead, what the disk knows already without being
//! written.
//!
//! A disk that fails ends what the task does: see [`DiskError`](super::DiskError).

pub(super) mod codec;
mod counted;
mod saving;
mod walk;

use std::collections::VecDeque;
use std::rc::Rc;

use codec::{Codec, damaged, each_root};
use counted::Counted;
pub(super) use saving::SavingCold;
pub(super) use walk::Next;
use walk::Walk;

use super::cursor::Cursor;
use super::disk::Batch;
use super::spill::{Backing, Part};
use super::table::{Table, usable};
use crate::record::{Arena, Key};

/// What of a table is not in memory.
pub(super) struct Cold<K, V> {
    /// What the table may have in memory, and where the rest is.
    part: Part,
    codec: Codec<K, V>,
    /// Entries that are on the disk and not in memory.
    entries: Counted,
    /// Something may be on the disk.
    is_on_disk: bool,
    /// Hashes that went to the disk changed, since the last snapshot; while the table takes note of changes.
    gone: Vec<u64>,
    /// Hashes that are in memory, if there are entries of them at all. Forgotten when something goes.
    known: Vec<u64>,
    /// Which part of a segment goes next.
    turn: u64,
    /// From which hash on segments give way to other tables next.
    yielding: u64,
    /// Bytes that an entry owns besides its slot, on average.
    owned: usize,
    batch: Batch,
    arena: Arena,
    /// The next hashes on the disk, for whoever walks through the table and has it all brought into memory.
    upcoming: VecDeque<u64>,
    /// Where whoever does not is.
    walk: Walk<K, V>,
}

/// Of four, a part of a segment goes at once, but for what was used lately.
const PARTS: u64 = 4;
/// At least so much of a segment goes.
const FEWEST: usize = 16;
/// Hashes that are remembered to be in memory: those of a few batches.
const KNOWN_MAX: usize = 256;
/// Hashes that were removed and wait for more, to be removed at once.
const REMOVED_MAX: usize = 1024;
/// Hashes that are looked up ahead for whoever walks through the table.
const UPCOMING: usize = 64;

impl<K: Key, V> Cold<K, V> {
    /// Nothing is on the disk yet. Entries live for so many milliseconds, if they do not for ever.
    pub(super) fn new(backing: &Rc<Backing>, codec: Codec<K, V>, life: Option<i64>) -> Self {
        Cold {
            part: Part::new(backing),
            codec,
            entries: Counted::new(life),
            is_on_disk: false,
            gone: Vec::new(),
            known: Vec::new(),
            turn: 0,
            yielding: 0,
            owned: 0,
            batch: Batch::default(),
            arena: Arena::default(),
            upcoming: VecDeque::new(),
            walk: Walk::default(),
        }
    }

    /// Entries that are on the disk and not in memory, without those that are over.
    pub(super) fn len(&self) -> usize {
        self.entries.total()
    }

    pub(super) fn backing(&self) -> &Backing {
        self.part.backing()
    }

    /// Keys of these hashes come next.
    #[inline(never)]
    pub(super) fn prepare(&mut self, table: &mut Table<K, V>, hashes: &[u64]) {
        self.account(table);
        if self.part.backing().is_full() {
            self.give_way(table);
        }
        self.warm(table, hashes);
    }

    /// Has all entries of these hashes in memory, if there are any.
    pub(super) fn warm(&mut self, table: &mut Table<K, V>, hashes: &[u64]) {
        if !self.is_on_disk {
            return;
        }
        let mut missing: Vec<u64> = hashes.iter().map(|hash| usable(*hash)).collect();
        missing.retain(|hash| !self.knows(table, *hash));
        missing.sort_unstable();
        missing.dedup();
        self.read(table, &missing);
    }

    /// The same, of one hash; and there is room for one more entry.
    #[inline(never)]
    pub(super) fn ready(&mut self, table: &mut Table<K, V>, hash: u64) {
        let hash = usable(hash);
        if !self.knows(table, hash) {
            self.read(table, &[hash]);
        }
        self.make_room(table, hash);
    }

    fn knows(&self, table: &Table<K, V>, hash: u64) -> bool {
        !self.is_on_disk || table.has_hash(hash) || self.known.contains(&hash)
    }

    fn read(&mut self, table: &mut Table<K, V>, missing: &[u64]) {
        if missing.is_empty() {
            return;
        }
        self.flush();
        let mut read = Vec::new();
        let (codec, entries) = (&self.codec, &mut self.entries);
        let mut found = |number: usize, bytes: &[u8]| {
            let before = read.len();
            each_root(bytes, |root| read.push((missing[number], (codec.take)(bytes, root))));
            entries.remove(codec.written_in(bytes), read.len() - before);
        };
        let done = self.part.disk().read(self.part.namespace, missing, &mut found);
        done.unwrap_or_else(|error| error.raise());
        if self.known.len() + missing.len() > KNOWN_MAX {
            self.known.clear();
        }
        self.known.extend_from_slice(missing);
        for (hash, entry) in read {
            let (key, value) = entry.unwrap_or_else(|error| damaged(&error).raise());
            self.make_room(table, hash);
            table.insert_unchanged(hash, key, value);
        }
    }

    /// Makes room for one more entry of a hash where the table may not become larger: a part of its segment goes, but not
    /// the entries of that hash, which stay together.
    fn make_room(&mut self, table: &mut Table<K, V>, hash: u64) {
        let Some(segment) = table.full_segment(hash) else { return };
        self.weigh(table, segment);
        self.account(table);
        if !self.part.is_large() {
            return;
        }
        let mut wanted = table.segments[segment].len().div_ceil(FEWEST);
        for round in 0..2 * PARTS {
            self.turn = (self.turn + 1) % PARTS;
            let (turn, spares) = (self.turn, round < PARTS);
            let goes = |other| other % PARTS == turn && other != hash;
            wanted = wanted.saturating_sub(self.send(table, segment, spares, goes));
            if wanted == 0 {
                return;
            }
        }
    }

    /// Takes note of the memory that the table has.
    fn account(&mut self, table: &Table<K, V>) {
        self.part.set_used(table.bytes() + table.len() * self.owned);
    }

    /// Learns from an entry of a segment what entries own elsewhere: about as much as lies before the root in an archive, in
    /// one piece.
    fn weigh(&mut self, table: &Table<K, V>, segment: usize) {
        let segment = &table.segments[segment];
        let Some((key, value)) = segment.next_taken(0).map(|at| segment.entry(at)) else { return };
        self.arena.clear();
        let owned = match (self.codec.put)(&mut self.arena, key, value) as usize {
            0 => 0,
            // As allocators round it: eight bytes are their own.
            bytes => (bytes + 8).next_multiple_of(16).max(32) + (self.codec.beside)(value),
        };
        self.owned = if self.owned == 0 { owned } else { (7 * self.owned + owned).div_ceil(8) };
    }

    /// The entries of some hashes of a segment go, if `spares` those only that were not used; answers how many.
    fn send(
        &mut self,
        table: &mut Table<K, V>,
        segment: usize,
        spares: bool,
        goes: impl Fn(u64) -> bool,
    ) -> usize {
        let Cold { codec, batch, arena, entries, gone, .. } = self;
        let mut sent = 0;
        table.send_away(segment, spares, goes, |hash, changed, group| {
            sent += group.len();
            entries.add(codec.written(group), group.len());
            if changed.since_saved {
                gone.push(hash);
            }
            if changed.since_written {
                codec.encode(batch, arena, hash, group);
            }
        });
        self.is_on_disk |= sent > 0;
        self.flush();
        self.known.clear();
        self.upcoming.clear();
        self.walk.forget_what_was_read();
        sent
    }

    /// Writes what is to be written. Before anything is read.
    fn flush(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let written = self.part.disk().write(self.part.namespace, &self.batch);
        written.unwrap_or_else(|error| error.raise());
        self.batch.clear();
    }

    /// As long as the table is one that may not grow, segments of it go to the disk with their memory.
    #[cold]
    pub(super) fn give_way(&mut self, table: &mut Table<K, V>) {
        self.account(table);
        for _ in 0..table.segments.len() {
            if !self.part.is_large() {
                return;
            }
            let (segment, behind) = table.segment_of(self.yielding);
            let had = table.segments[segment].bytes();
            let sent = self.send(table, segment, false, |_| true);
            table.vacate(segment, self.yielding, false);
            let freed = had.saturating_sub(table.segments[segment].bytes()) + sent * self.owned;
            self.part.set_used(self.part.used().saturating_sub(freed));
            self.yielding = table.first_hash(behind).unwrap_or(0);
        }
    }

    /// An entry of a hash was taken out of the table.
    pub(super) fn removed(&mut self, table: &mut Table<K, V>, hash: u64) {
        let hash = usable(hash);
        // Others of the hash are in memory only from here on: a snapshot takes what the disk has.
        table.mark_hash(hash);
        if self.is_on_disk {
            self.batch.remove(hash);
            if self.batch.len() >= REMOVED_MAX {
                self.flush();
            }
        }
    }

    /// Nothing is left, but for what the table has.
    pub(super) fn clear(&mut self, table: &Table<K, V>) {
        self.batch.clear();
        if std::mem::take(&mut self.is_on_disk) {
            let cleared = self.part.disk().clear(self.part.namespace);
            cleared.unwrap_or_else(|error| error.raise());
        }
        self.entries.clear();
        self.known.clear();
        self.upcoming.clear();
        self.walk = Walk::default();
        self.account(table);
    }

    /// What was written before this time is over, and may go from the disk.
    pub(super) fn expire(&mut self, before: i64) {
        self.entries.expire(before);
        self.part.disk().expire(before);
    }

    /// The entry that follows in order is in memory.
    pub(super) fn bring_next(&mut self, table: &mut Table<K, V>, cursor: &Cursor) {
        if !self.is_on_disk {
            return;
        }
        // Some of the hash may have been passed, and others not.
        let passed = usable(cursor.hash());
        self.warm(table, &[passed]);
        let next = table.next_in_order(&mut cursor.clone()).map(|(hash, ..)| hash);
        while self.upcoming.front().is_some_and(|hash| *hash <= passed) {
            self.upcoming.pop_front();
        }
        if self.upcoming.is_empty() {
            self.flush();
            let mut found = |hash: u64, _: &[u8]| self.upcoming.push_back(hash);
            let (namespace, range) = (self.part.namespace, passed + 1..=u64::MAX);
            let read = self.part.disk().range(namespace, range, UPCOMING, &mut found);
            read.unwrap_or_else(|error| error.raise());
        }
        // What goes to make room for it comes after it.
        let upcoming = self.upcoming.front().copied();
        if let Some(hash) = upcoming.filter(|hash| next.is_none_or(|next| *hash < next)) {
            self.warm(table, &[hash]);
        }
    }
}
