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

use std::collections::VecDeque;
use std::ops::ControlFlow;

use super::cursor::Cursor;
use super::disk::{Batch, Disk, DiskError, Scan, Scanned};
use super::snapshot::{LaterSection, LoadError};
use super::spill::Share;
use super::table::{Table, usable};
use crate::record::{Arena, Key};

type Take<K, V> = fn(&[u8], u32) -> Result<(K, V), LoadError>;
type Relay = fn(&LaterSection, u64, &[u8], u32) -> Result<(), LoadError>;

/// How entries become bytes, and are read again.
pub(super) struct Codec<K, V> {
    /// Appends the archive of an entry, and answers where its root is.
    pub(super) put: fn(&mut Arena, &K, &V) -> u32,
    /// Reads the entry of an archive at a root.
    pub(super) take: Take<K, V>,
    /// Writes it into a snapshot.
    pub(super) relay: Relay,
    /// When the entry was written, if it has a time to live.
    pub(super) written: Option<fn(&V) -> i64>,
}

/// What of a table is not in memory.
pub(super) struct Cold<K, V> {
    disk: Box<dyn Disk>,
    codec: Codec<K, V>,
    /// What the table may have in memory.
    share: Share,
    /// Entries that are on the disk and not in memory.
    entries: usize,
    /// Hashes that went to the disk changed, since the last snapshot; while the table takes note of changes.
    gone: Vec<u64>,
    /// Hashes that are in memory, if there are entries of them at all. Forgotten when something goes.
    known: Vec<u64>,
    /// Which part of a segment goes next.
    turn: u64,
    /// Bytes of an archive, on average, lately.
    archive: usize,
    batch: Batch,
    arena: Arena,
    /// The next hashes on the disk, for whoever walks through the table.
    upcoming: VecDeque<u64>,
}

/// Of four, a part of a segment goes at once, but for what was used lately.
const PARTS: u64 = 4;
/// At least so much of a segment goes.
const FEWEST: usize = 16;
/// Hashes that are remembered to be in memory: those of a few batches.
const KNOWN_MAX: usize = 256;
/// Hashes that are looked up ahead for whoever walks through the table.
const UPCOMING: usize = 64;

impl<K: Key, V> Cold<K, V> {
    pub(super) fn new((disk, share): (Box<dyn Disk>, Share), codec: Codec<K, V>) -> Self {
        Cold {
            disk,
            codec,
            share,
            entries: 0,
            gone: Vec::new(),
            known: Vec::new(),
            turn: 0,
            archive: 0,
            batch: Batch::default(),
            arena: Arena::default(),
            upcoming: VecDeque::new(),
        }
    }

    /// Entries that are on the disk and not in memory.
    pub(super) fn len(&self) -> usize {
        self.entries
    }

    /// Bytes on the disk.
    pub(super) fn bytes(&self) -> u64 {
        self.disk.bytes()
    }

    /// Has all entries of these hashes in memory, if there are any.
    pub(super) fn warm(&mut self, table: &mut Table<K, V>, hashes: &[u64]) {
        let mut missing: Vec<u64> = hashes.iter().map(|hash| usable(*hash)).collect();
        missing.retain(|hash| !self.knows(table, *hash));
        missing.sort_unstable();
        missing.dedup();
        self.read(table, &missing);
    }

    /// The same, of one hash; and there is room for one more entry.
    pub(super) fn ready(&mut self, table: &mut Table<K, V>, hash: u64) {
        let hash = usable(hash);
        if !self.knows(table, hash) {
            self.read(table, &[hash]);
        }
        self.make_room(table, hash);
    }

    fn knows(&self, table: &Table<K, V>, hash: u64) -> bool {
        table.has_hash(hash) || self.known.contains(&hash)
    }

    fn read(&mut self, table: &mut Table<K, V>, missing: &[u64]) {
        if missing.is_empty() {
            return;
        }
        let mut read = Vec::new();
        let mut found = |number: usize, bytes: &[u8]| {
            each_root(bytes, |root| read.push((missing[number], (self.codec.take)(bytes, root))));
        };
        self.disk.read(missing, &mut found).unwrap_or_else(|error| error.raise());
        if self.known.len() + missing.len() > KNOWN_MAX {
            self.known.clear();
        }
        self.known.extend_from_slice(missing);
        for (hash, entry) in read {
            let (key, value) = entry.unwrap_or_else(|error| damaged(&error).raise());
            self.make_room(table, hash);
            self.entries = self.entries.saturating_sub(1);
            table.insert_unchanged(hash, key, value);
        }
    }

    /// Makes room for one more entry of a hash where the table may not become larger: a part of its segment goes, but not
    /// the entries of that hash, which stay together.
    fn make_room(&mut self, table: &mut Table<K, V>, hash: u64) {
        let Some(segment) = table.full_segment(hash) else { return };
        if table.bytes() + table.len() * self.owned() <= self.share.bytes() {
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

    /// Bytes that an entry owns elsewhere, about.
    fn owned(&self) -> usize {
        self.archive.saturating_sub(size_of::<(K, V)>() + size_of::<u64>())
    }

    /// The entries of some hashes of a segment go, if `spares` those only that were not used; answers how many.
    fn send(
        &mut self,
        table: &mut Table<K, V>,
        segment: usize,
        spares: bool,
        goes: impl Fn(u64) -> bool,
    ) -> usize {
        let Cold { codec, batch, arena, archive, entries, gone, .. } = self;
        let before = *entries;
        table.send_away(segment, spares, goes, |hash, changed, group| {
            *entries += group.len();
            if changed.since_saved {
                gone.push(hash);
            }
            if changed.since_written {
                *archive = encode(batch, arena, codec, hash, group).midpoint(*archive);
            }
        });
        self.disk.write(&self.batch).unwrap_or_else(|error| error.raise());
        self.batch.clear();
        self.known.clear();
        self.upcoming.clear();
        self.entries - before
    }

    /// Everything goes to the disk.
    pub(super) fn send_all(&mut self, table: &mut Table<K, V>) {
        (0..table.segments.len())
            .for_each(|segment| _ = self.send(table, segment, false, |_| true));
    }

    /// An entry of a hash was taken out of the table.
    pub(super) fn removed(&mut self, table: &mut Table<K, V>, hash: u64) {
        let hash = usable(hash);
        // Others of the hash are in memory only from here on: a snapshot takes what the disk has.
        table.mark_hash(hash);
        self.batch.remove(hash);
        self.disk.write(&self.batch).unwrap_or_else(|error| error.raise());
        self.batch.clear();
    }

    /// Nothing is left.
    pub(super) fn clear(&mut self) {
        self.disk.clear().unwrap_or_else(|error| error.raise());
        self.entries = 0;
        self.known.clear();
        self.upcoming.clear();
    }

    /// What was written before this time is over, and may go from the disk.
    pub(super) fn expire(&mut self, before: i64) {
        self.disk.expire(before);
    }

    /// The entry that follows in order is in memory.
    pub(super) fn bring_next(&mut self, table: &mut Table<K, V>, cursor: &Cursor) {
        // Some of the hash may have been passed, and others not.
        let passed = usable(cursor.hash());
        self.warm(table, &[passed]);
        let next = table.next_in_order(&mut cursor.clone()).map(|(hash, ..)| hash);
        while self.upcoming.front().is_some_and(|hash| *hash <= passed) {
            self.upcoming.pop_front();
        }
        if self.upcoming.is_empty() {
            let mut found = |hash: u64, _: &[u8]| self.upcoming.push_back(hash);
            let read = self.disk.from(passed + 1, UPCOMING, &mut found);
            read.unwrap_or_else(|error| error.raise());
        }
        // What goes to make room for it comes after it.
        let upcoming = self.upcoming.front().copied();
        if let Some(hash) = upcoming.filter(|hash| next.is_none_or(|next| *hash < next)) {
            self.warm(table, &[hash]);
        }
    }

    /// The entries of the next hashes on the disk from `from` on, which leave it; none in the end. Nothing is in memory.
    pub(super) fn take_from(&mut self, from: u64) -> Vec<(u64, K, V)> {
        let mut taken = Vec::new();
        let (codec, batch) = (&self.codec, &mut self.batch);
        let mut found = |hash: u64, bytes: &[u8]| {
            batch.remove(hash);
            each_root(bytes, |root| taken.push((hash, (codec.take)(bytes, root))));
        };
        let read = self.disk.from(from, UPCOMING, &mut found);
        let written = read.and_then(|()| self.disk.write(&self.batch));
        written.unwrap_or_else(|error| error.raise());
        self.batch.clear();
        self.entries = self.entries.saturating_sub(taken.len());
        let entry = |(hash, entry): (u64, Result<(K, V), LoadError>)| {
            let (key, value) = entry.unwrap_or_else(|error| damaged(&error).raise());
            (hash, key, value)
        };
        taken.into_iter().map(entry).collect()
    }

    /// Begins to write what is on the disk now into a snapshot.
    pub(super) fn begin_saving(&mut self, out: LaterSection) -> SavingCold {
        self.gone.clear();
        self.begin_saving_of(None, out)
    }

    /// The same, of what has gone there changed since the last snapshot.
    pub(super) fn begin_saving_changes(&mut self, out: LaterSection) -> SavingCold {
        let mut gone = std::mem::take(&mut self.gone);
        gone.sort_unstable();
        gone.dedup();
        self.begin_saving_of(Some(gone), out)
    }

    fn begin_saving_of(&mut self, hashes: Option<Vec<u64>>, out: LaterSection) -> SavingCold {
        let scan = self.disk.scan(hashes).unwrap_or_else(|error| error.raise());
        SavingCold { scan, out, relay: self.codec.relay }
    }
}

/// A snapshot of what was on the disk, under way.
pub(super) struct SavingCold {
    scan: Box<dyn Scan>,
    out: LaterSection,
    relay: Relay,
}

impl SavingCold {
    /// Writes some more of it, if it has come.
    pub(super) fn save_more(&mut self) -> ControlFlow<()> {
        if !self.out.is_wanted() {
            return ControlFlow::Break(());
        }
        match self.scan.next().unwrap_or_else(|error| error.raise()) {
            Scanned::Some(entries) => {
                for (hash, bytes) in entries {
                    each_root(&bytes, |root| {
                        let relayed = (self.relay)(&self.out, hash, &bytes, root);
                        relayed.unwrap_or_else(|error| damaged(&error).raise());
                    });
                }
                ControlFlow::Continue(())
            }
            Scanned::NotYet => ControlFlow::Continue(()),
            Scanned::End => ControlFlow::Break(()),
        }
    }
}

/// Behind the archives of a hash: it is one, whose root is the byte before.
const ONE: u8 = 0;
/// Behind the archives of a hash: before it stand their roots, and how many they are.
const MANY: u8 = 1;

/// Puts the entries of a hash into a batch: when they were written if their lives end, their archives, and where those
/// have their roots. Answers the bytes of one.
fn encode<K: Key, V>(
    batch: &mut Batch,
    arena: &mut Arena,
    codec: &Codec<K, V>,
    hash: u64,
    entries: &[(&K, &V)],
) -> usize {
    arena.clear();
    let written = codec.written.and_then(|at| entries.iter().map(|(_, value)| at(value)).max());
    let before = written.map_or(0, |_| size_of::<i64>() as u32);
    let roots = entries.iter().map(|(key, value)| (codec.put)(arena, key, value) + before);
    let roots: Vec<u32> = roots.collect();
    batch.put(hash, |bytes| {
        bytes.extend(written.iter().flat_map(|written| written.to_le_bytes()));
        bytes.extend(arena.as_bytes());
        match roots[..] {
            [root] if root <= u32::from(u8::MAX) => bytes.extend([root as u8, ONE]),
            _ => {
                bytes.extend(roots.iter().flat_map(|root| root.to_le_bytes()));
                bytes.extend((roots.len() as u32).to_le_bytes());
                bytes.push(MANY);
            }
        }
    });
    arena.len() / entries.len()
}

/// Calls `each` with the root of each entry.
fn each_root(bytes: &[u8], mut each: impl FnMut(u32)) {
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
fn damaged(error: &LoadError) -> DiskError {
    DiskError {
        place: "its local copy".to_owned(),
        what: error.to_string(),
        help: "the disk lost or changed what was written: look at its health; the job goes on from its last checkpoint",
    }
}
