//! A keyed table whose entries may have a time to live.
//!
//! An entry whose time is over is invisible at once: whoever looks for its key finds a new entry in its place. What
//! nobody looks for is removed by passes over the table, some entries per turn. A pass goes on by at least two entries
//! for each that came new, so that the table never holds more than about twice what is alive.

use super::ttl::{Forever, Keep, Moment, Ttl};
use super::{
    Context, Cursor, Entry, LaterSection, LoadError, Loader, Purpose, SnapshotWriter, State, Table,
    WriteEntry, by_key,
};
use crate::record::{Key, Record, View};
use crate::time::{Span, Timestamp};

/// Values of `V` by `K`, kept as long as `L` says.
pub struct Kept<K: Key, V, L: Keep = Forever> {
    table: Table<K, (V, L::Stamp)>,
    keep: L,
    at: Moment,
    pass: Pass,
    row: Row,
    /// Keys that were taken out, on their way into a snapshot.
    leaving: Option<(LaterSection, Vec<(u64, K)>)>,
}

/// The checkpoints in a row that build on each other.
#[derive(Default)]
struct Row {
    /// The last one.
    last: Option<u64>,
    /// Increments since the last that is whole.
    increments: u32,
    /// Entries of that one, and changes in all increments since.
    entries: usize,
    changes: usize,
}

impl Row {
    /// Increments that one restore reads at most.
    const INCREMENTS_MAX: u32 = 64;
    /// Changes that are less than a small table.
    const FEW: usize = 64;

    /// Takes note of a checkpoint; true if it is to hold the changes since the last one only.
    fn goes_on(&mut self, purpose: Purpose, entries: usize, changes: Option<usize>) -> bool {
        let Purpose::InRow { checkpoint, complete } = purpose else { return false };
        let follows = self.last.replace(checkpoint) == Some(complete);
        let changes = changes.filter(|_| follows && self.increments < Self::INCREMENTS_MAX);
        let changes = changes.map(|changes| self.changes + changes);
        let changes = changes.filter(|changes| *changes <= self.entries / 2 + Self::FEW);
        match changes {
            Some(changes) => (self.increments, self.changes) = (self.increments + 1, changes),
            None => (self.increments, self.changes, self.entries) = (0, 0, entries),
        }
        changes.is_some()
    }
}

/// What entries have in common in a snapshot.
const NOTHING: Context = [0; 2];

/// A pass over the table that removes what is over.
#[derive(Default)]
struct Pass {
    cursor: Cursor,
    is_under_way: bool,
    /// When the next one begins.
    next: Option<Timestamp>,
    /// Entries that came since the last step.
    inserted: usize,
}

impl<K: Key, V, L: Keep> Kept<K, V, L> {
    /// Entries that a pass looks at in one turn, besides two for each new one.
    const STEP: usize = 256;
    /// New entries that count in one turn: what a batch may bring.
    const INSERTED_MAX: usize = 4096;

    /// No entries yet.
    pub fn new(keep: L) -> Self {
        let (at, pass, row) = (Moment::default(), Pass::default(), Row::default());
        Kept { table: Table::new(), keep, at, pass, row, leaving: None }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.table.prepare(hashes);
    }

    /// What happens from here on happens then. The machine's clock may go back, lives do not get longer by that.
    #[inline(always)]
    pub fn at(&mut self, mut at: Moment) {
        if L::ENDS {
            at.processing_time = at.processing_time.max(self.at.processing_time);
            self.at = at;
        }
    }

    /// The value of a key, to be written to; made by `init` if there is none, or if its time is over.
    #[inline(always)]
    pub fn entry(&mut self, hash: u64, key: View<'_, K>, init: impl Fn() -> V) -> &mut V {
        if !L::ENDS {
            return &mut self.table.entry_or(hash, key, || (init(), Default::default())).0;
        }
        let (keep, at, inserted) = (&self.keep, &self.at, &mut self.pass.inserted);
        let mut first = || {
            *inserted += 1;
            (init(), keep.stamp(None, at))
        };
        let entry = self.table.entry_or(hash, key, &mut first);
        if keep.is_gone(entry.1, at) {
            *entry = first();
        } else {
            entry.1 = keep.stamp(Some(entry.1), at);
        }
        &mut entry.0
    }

    /// True if the key has no entry, or one whose time is over; it then has one from now on, written now. An entry that
    /// is there is not written.
    #[inline(always)]
    pub fn is_first(&mut self, hash: u64, key: View<'_, K>, value: impl Fn() -> V) -> bool {
        let (keep, at) = (&self.keep, &self.at);
        let mut is_first = false;
        let entry = self.table.entry_or(hash, key, || {
            is_first = true;
            (value(), keep.stamp(None, at))
        });
        if keep.is_gone(entry.1, at) {
            is_first = true;
            entry.1 = keep.stamp(None, at);
        }
        self.pass.inserted += usize::from(is_first);
        is_first
    }

    /// The value of a key that is there and whose time is not over.
    pub fn get(&self, hash: u64, key: View<'_, K>) -> Option<&V> {
        let (value, stamp) = self.table.get(hash, key)?;
        (!self.keep.is_gone(*stamp, &self.at)).then_some(value)
    }

    /// The same, to be changed; that is no write: it does not make the entry live longer.
    pub fn get_mut(&mut self, hash: u64, key: View<'_, K>) -> Option<&mut V> {
        match self.table.find_entry(hash, key) {
            Entry::Occupied((value, stamp)) if !self.keep.is_gone(*stamp, &self.at) => Some(value),
            _ => None,
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, hash: u64, key: View<'_, K>) {
        self.table.remove(hash, key);
    }

    /// The next entry in order, as the table is drained, and whether its time is not over.
    pub fn drain(&mut self, cursor: &mut Cursor) -> Option<(u64, &K, &mut V, bool)> {
        let (hash, key, (value, stamp)) = self.table.drain_in_order(cursor, false)?;
        Some((hash, key, value, !self.keep.is_gone(*stamp, &self.at)))
    }

    /// The entries whose time is not over, in the order of (hash, canonical bytes of the key).
    pub fn next_in_order(&self, cursor: &mut Cursor) -> Option<(u64, &K)> {
        loop {
            let (hash, key, (_, stamp)) = self.table.next_in_order(cursor)?;
            if !self.keep.is_gone(*stamp, &self.at) {
                return Some((hash, key));
            }
        }
    }

    /// Drops all entries and gives their memory back.
    pub fn clear(&mut self) {
        self.table.clear();
        self.pass = Pass::default();
    }

    /// Goes on removing what is over; to be called once per turn. At the end of the input nothing stays.
    #[inline]
    pub fn sweep(&mut self, watermark: Timestamp, processing_time: Timestamp) {
        let Some(ttl) = self.keep.ttl() else { return };
        self.at(Moment { time: Timestamp::MIN, watermark, processing_time });
        if !self.table.is_empty() {
            if watermark == Timestamp::MAX { self.clear() } else { self.step(ttl) }
        }
    }

    #[inline(never)]
    fn step(&mut self, ttl: Ttl) {
        let now = if ttl.is_in_event_time() { self.at.watermark } else { self.at.processing_time };
        let inserted = std::mem::take(&mut self.pass.inserted).min(Self::INSERTED_MAX);
        if !self.pass.is_under_way {
            if self.pass.next.is_some_and(|next| now < next) {
                return;
            }
            (self.pass.is_under_way, self.pass.cursor) = (true, Cursor::default());
        }
        for _ in 0..Self::STEP + 2 * inserted {
            let Some((hash, key, (_, stamp))) = self.table.next_in_order(&mut self.pass.cursor)
            else {
                self.pass.is_under_way = false;
                self.pass.next = Some(now + Span((ttl.span().0 / 4).max(1)));
                return;
            };
            if self.keep.is_gone(*stamp, &self.at) {
                let key = K::from_view(key.as_view());
                self.table.remove(hash, key.as_view());
            }
        }
    }

    /// Entries there are; those whose time is over are among them until a pass comes by.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}

impl<K: Key, V: Record, L: Keep> Kept<K, V, L> {
    /// Sections of entries without and with the time of their last write.
    const VALUES: &str = "values";
    const STAMPED: &str = "stamped";
    /// The section of keys that an increment takes out, before it puts entries in.
    const REMOVED: &str = "removed";
    /// Keys of it that are written at once.
    const SLICE: usize = 4096;

    /// The section that entries go to, and how.
    fn section(out: &mut SnapshotWriter) -> (LaterSection, WriteEntry<K, (V, L::Stamp)>) {
        if L::ENDS {
            let stamped = out.later::<(K, V, Timestamp)>(Self::STAMPED);
            (stamped, |out, _, hash, key, (value, stamp)| {
                out.put(hash, (key.as_view(), value.as_view(), L::written(*stamp)));
            })
        } else {
            (out.later::<(K, V)>(Self::VALUES), |out, _, hash, key, (value, _)| {
                out.put(hash, (key.as_view(), value.as_view()));
            })
        }
    }
}

impl<K: Key, V: Record, L: Keep> State for Kept<K, V, L> {
    fn entries(&self) -> usize {
        self.table.len()
    }

    fn bytes(&self) -> usize {
        self.table.bytes()
    }

    /// When a pass wants a turn, in processing time.
    fn next_timer(&self) -> Option<Timestamp> {
        let ttl = self.keep.ttl()?;
        if ttl.is_in_event_time() || self.table.is_empty() {
            return None;
        }
        let soon = self.at.processing_time + Span(1);
        Some(if self.pass.is_under_way { soon } else { self.pass.next.unwrap_or(soon) })
    }

    fn meaning(&self) -> String {
        by_key::<K>("kept")
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        let purpose = out.purpose();
        let (section, write) = Self::section(out);
        self.leaving = None;
        if self.row.goes_on(purpose, self.table.len(), self.table.changes()) {
            let removed = out.later::<K>(Self::REMOVED).of_changes();
            let keys = self.table.begin_saving_changes(section.of_changes(), NOTHING, write);
            self.leaving = Some((removed, keys));
        } else {
            self.table.begin_saving(section, NOTHING, write);
        }
        if purpose != Purpose::Alone {
            self.table.track_changes();
        }
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        let Some((out, keys)) = &mut self.leaving else { return self.table.save_segment() };
        for (hash, key) in keys.drain(keys.len().saturating_sub(Self::SLICE)..) {
            out.put(hash, key.as_view());
        }
        if keys.is_empty() {
            self.leaving = None;
        }
        true
    }

    /// With or without a time to live: what had none counts as written now.
    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        let (watermark, processing_time) = (from.watermark(), from.processing_time());
        let now = Moment { time: watermark, watermark, processing_time };
        let (table, keep) = (&mut self.table, &self.keep);
        for generation in from.generations() {
            from.each_of_generation::<K>(Self::REMOVED, generation, |hash, key| {
                table.remove(hash, key);
            })?;
            from.each_of_generation::<(K, V)>(Self::VALUES, generation, |hash, (key, value)| {
                put(table, hash, key, (V::from_view(value), keep.stamp(None, &now)));
            })?;
            from.each_of_generation::<(K, V, Timestamp)>(
                Self::STAMPED,
                generation,
                |hash, (key, value, written)| {
                    put(table, hash, key, (V::from_view(value), L::noted(written)));
                },
            )?;
        }
        Ok(())
    }
}

fn put<K: Key, V>(table: &mut Table<K, V>, hash: u64, key: View<'_, K>, value: V) {
    match table.find_entry(hash, key) {
        Entry::Occupied(known) => *known = value,
        Entry::Vacant(place) => _ = place.insert(K::from_view(key), value),
    }
}

#[cfg(test)]
mod tests;
