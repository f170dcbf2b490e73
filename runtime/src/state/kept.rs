//! A keyed table whose entries may have a time to live.
//!
//! An entry whose time is over is invisible at once: whoever looks for its key finds a new entry in its place. What
//! nobody looks for is removed by passes over the table, some entries per turn. A pass goes on by at least two entries
//! for each that came new, so that the table never holds more than about twice what is alive.

mod row;
mod saving;

use row::Row;

use super::tiered::Tiered;
use super::ttl::{Forever, Keep, Moment, Ttl};
use super::{Cursor, Entry, LaterSection};
use crate::record::{Key, View};
use crate::time::{Span, Timestamp};

/// Values of `V` by `K`, kept as long as `L` says.
pub struct Kept<K: Key, V, L: Keep = Forever> {
    tiered: Tiered<K, (V, L::Stamp)>,
    keep: L,
    at: Moment,
    pass: Pass,
    row: Row,
    /// Keys that were taken out, and are still to be written into the snapshot that is under way.
    removed: Option<(LaterSection, Vec<(u64, K)>)>,
}

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
        Kept { tiered: Tiered::new(None), keep, at, pass, row, removed: None }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.tiered.prepare(hashes);
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
            return &mut self.tiered.entry_or(hash, key, || (init(), Default::default())).0;
        }
        let (keep, at, inserted) = (&self.keep, &self.at, &mut self.pass.inserted);
        let mut first = || {
            *inserted += 1;
            (init(), keep.stamp(None, at))
        };
        let entry = self.tiered.entry_or(hash, key, &mut first);
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
        let entry = self.tiered.entry_or(hash, key, || {
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

    /// The value of a key that is there and whose time is not over, to be changed; that is no write: it does not make the
    /// entry live longer.
    pub fn get_mut(&mut self, hash: u64, key: View<'_, K>) -> Option<&mut V> {
        match self.tiered.find_entry(hash, key) {
            Entry::Occupied((value, stamp)) if !self.keep.is_gone(*stamp, &self.at) => Some(value),
            _ => None,
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, hash: u64, key: View<'_, K>) {
        self.tiered.remove(hash, key);
    }

    /// The next entry in order, as the table is drained, and whether its time is not over.
    pub fn drain(&mut self, cursor: &mut Cursor) -> Option<(u64, &K, &mut V, bool)> {
        let (hash, key, (value, stamp)) = self.tiered.drain(cursor, false)?;
        Some((hash, key, value, !self.keep.is_gone(*stamp, &self.at)))
    }

    /// The entries whose time is not over, in the order of (hash, canonical bytes of the key).
    pub fn next_in_order(&mut self, cursor: &mut Cursor) -> Option<(u64, &K)> {
        let Tiered { table, cold } = &mut self.tiered;
        loop {
            if let Some(cold) = cold {
                cold.bring_next(table, cursor);
            }
            let (hash, _, (_, stamp)) = table.next_in_order(cursor)?;
            if !self.keep.is_gone(*stamp, &self.at) {
                // The table is looked at anew: what was found may not be handed on out of a loop.
                return table.passed(cursor).map(|(_, key, _)| (hash, key));
            }
        }
    }

    /// Drops all entries and gives their memory back.
    pub fn clear(&mut self) {
        self.tiered.clear();
        self.pass = Pass::default();
    }

    /// Goes on removing what is over; to be called once per turn. At the end of the input nothing stays.
    #[inline]
    pub fn sweep(&mut self, watermark: Timestamp, processing_time: Timestamp) {
        let Some(ttl) = self.keep.ttl() else { return };
        self.at(Moment { time: Timestamp::MIN, watermark, processing_time });
        if !self.is_empty() {
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
            if let Some(cold) = &mut self.tiered.cold {
                // An entry is over at this time if it was written so long before.
                cold.expire((now - ttl.span()).0);
            }
        }
        for _ in 0..Self::STEP + 2 * inserted {
            let Some((hash, key, (_, stamp))) =
                self.tiered.table.next_in_order(&mut self.pass.cursor)
            else {
                self.pass.is_under_way = false;
                self.pass.next = Some(now + Span((ttl.span().0 / 4).max(1)));
                return;
            };
            if self.keep.is_gone(*stamp, &self.at) {
                let key = K::from_view(key.as_view());
                self.remove(hash, key.as_view());
            }
        }
    }

    /// Entries there are; those whose time is over are among them until a pass comes by.
    pub fn len(&self) -> usize {
        self.tiered.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod cold_tests;
#[cfg(test)]
mod tests;
