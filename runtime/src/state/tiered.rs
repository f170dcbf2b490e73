//! A table of which a part may be on a disk: in two tiers.
//!
//! Without a disk it is a [`Table`], at the price of a branch that goes the same way each time. What there is to know of
//! the other tier is in [`cold`](super::cold).

use std::rc::Rc;

use super::cold::codec::Codec;
use super::cold::{Cold, Next};
use super::saving::{Context, WriteEntry};
use super::snapshot::{LaterSection, LoadError};
use super::spill::Backing;
use super::{Cursor, Entry, SameHash, Table};
use crate::record::{Key, View};

/// What tables of a state that has a disk are made with.
pub(crate) struct Spilled<K, V> {
    /// The disk, and the memory that all of them may have.
    pub(crate) backing: Rc<Backing>,
    /// How entries are kept on it.
    pub(crate) codec: Codec<K, V>,
}

impl<K, V> Clone for Spilled<K, V> {
    fn clone(&self) -> Self {
        Spilled { backing: self.backing.clone(), codec: self.codec }
    }
}

/// A table of `V` by `K`, in memory as far as there is room.
pub(crate) struct Tiered<K: Key, V> {
    pub(super) table: Table<K, V>,
    /// What is not in memory, if there may be such.
    pub(super) cold: Option<Box<Cold<K, V>>>,
}

impl<K: Key, V> Tiered<K, V> {
    /// No entries yet; all of them will be in memory if there is no disk.
    pub(crate) fn new(spilled: Option<&Spilled<K, V>>) -> Self {
        let mut tiered = Tiered { table: Table::new(), cold: None };
        if let Some(Spilled { backing, codec }) = spilled {
            tiered.spill(backing, *codec, None);
        }
        tiered
    }

    /// From now on it has a disk. Nothing is in it. Entries live for so many milliseconds, if they do not for ever.
    pub(super) fn spill(&mut self, backing: &Rc<Backing>, codec: Codec<K, V>, life: Option<i64>) {
        self.cold = Some(Box::new(Cold::new(backing, codec, life)));
        self.table.use_disk();
    }

    /// Fetches what these keys will need: from the disk at once, and into the cache.
    #[inline(always)]
    pub(crate) fn prepare(&mut self, hashes: &[u64]) {
        if let Some(cold) = &mut self.cold {
            cold.prepare(&mut self.table, hashes);
        }
        self.table.prepare(hashes);
    }

    /// What is kept under a hash is in memory, and there is room for one more entry.
    #[inline(always)]
    pub(super) fn ready(&mut self, hash: u64) {
        if let Some(cold) = &mut self.cold {
            cold.ready(&mut self.table, hash);
        }
    }

    /// See [`Table::entry_or`].
    #[inline(always)]
    pub(crate) fn entry_or(
        &mut self,
        hash: u64,
        key: View<'_, K>,
        init: impl FnOnce() -> V,
    ) -> &mut V {
        self.ready(hash);
        self.table.entry_or(hash, key, init)
    }

    /// The value of a key.
    pub(crate) fn get(&mut self, hash: u64, key: View<'_, K>) -> Option<&V> {
        self.ready(hash);
        self.table.get(hash, key)
    }

    /// See [`Table::find_entry`].
    #[inline(always)]
    pub(crate) fn find_entry(&mut self, hash: u64, key: View<'_, K>) -> Entry<'_, K, V> {
        self.ready(hash);
        self.table.find_entry(hash, key)
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, hash: u64, key: View<'_, K>) -> Option<(K, V)> {
        self.ready(hash);
        let removed = self.table.remove(hash, key);
        if removed.is_some() {
            self.removed(hash);
        }
        removed
    }

    /// See [`Table::of_hash`]. Who takes an entry out says so: [`removed`](Tiered::removed).
    #[inline(always)]
    pub(crate) fn of_hash(&mut self, hash: u64) -> SameHash<'_, K, V> {
        self.ready(hash);
        self.table.of_hash(hash)
    }

    /// An entry of a hash was taken out.
    #[inline(always)]
    pub(crate) fn removed(&mut self, hash: u64) {
        if let Some(cold) = &mut self.cold {
            cold.removed(&mut self.table, hash);
        }
    }

    /// Gives memory to other tables of the state, if this one is large: for when all together have
    /// [too much](Backing::is_full).
    pub(crate) fn give_way(&mut self) {
        if let Some(cold) = &mut self.cold {
            cold.give_way(&mut self.table);
        }
    }

    /// Goes on to the next entry in the order of (hash, canonical bytes of the key), which is [passed](Tiered::passed) then;
    /// false behind the last. Nothing else is walked through meanwhile, and to the end.
    #[inline(always)]
    pub(crate) fn walk(&mut self, cursor: &mut Cursor) -> bool {
        let pass = |table: &mut Table<K, V>, cursor: &mut Cursor| {
            table.next_in_order(cursor);
        };
        let next = match &mut self.cold {
            None => Next::Memory,
            Some(cold) => cold.walk_on(&mut self.table, cursor, pass),
        };
        match next {
            Next::Memory => self.table.next_in_order(cursor).is_some(),
            Next::AtHand => true,
            Next::End => false,
        }
    }

    /// As [`walk`](Tiered::walk), but what was passed is dropped; with `keep` the memory stays for new entries.
    #[inline(always)]
    pub(crate) fn drain(&mut self, cursor: &mut Cursor, keep: bool) -> Option<(u64, &K, &mut V)> {
        let Some(cold) = &mut self.cold else { return self.table.drain_in_order(cursor, keep) };
        let pass = |table: &mut Table<K, V>, cursor: &mut Cursor| {
            table.drain_in_order(cursor, keep);
        };
        match cold.walk_on(&mut self.table, cursor, pass) {
            Next::Memory => self.table.drain_in_order(cursor, keep),
            Next::AtHand => cold.at_hand_mut(),
            Next::End => {
                self.table.drain_in_order(cursor, keep);
                cold.clear(&self.table);
                None
            }
        }
    }

    /// The entry that a walk has come to, if nothing has changed since.
    #[inline(always)]
    pub(crate) fn passed(&self, cursor: &Cursor) -> Option<(u64, &K, &V)> {
        let at_hand = self.cold.as_ref().and_then(|cold| cold.at_hand());
        at_hand.or_else(|| self.table.passed(cursor))
    }

    /// Drops what is on the disk only: nobody wants to see it any more, nor what is in memory.
    pub(crate) fn forget_cold(&mut self) {
        if let Some(cold) = &mut self.cold {
            cold.clear(&self.table);
        }
    }

    /// Drops all entries and gives their memory back.
    pub(crate) fn clear(&mut self) {
        self.table.clear();
        self.forget_cold();
    }

    /// Begins a snapshot. `out` is given, through `write`, each entry as it is now; if there is a disk, what that has,
    /// over which `hot` is to be read, which is then asked for.
    pub(crate) fn begin_saving(
        &mut self,
        out: LaterSection,
        hot: impl FnOnce() -> LaterSection,
        context: Context,
        write: WriteEntry<K, V>,
    ) {
        match &mut self.cold {
            None => self.table.begin_saving(out, context, write),
            Some(cold) => {
                self.table.begin_saving_unwritten(hot(), context, write);
                cold.begin_saving(out, context);
            }
        }
    }

    /// Begins to write what is on the disk now into a snapshot by a function of one's own, which is given each entry's
    /// archive and its root; in memory there may be something newer.
    pub(crate) fn save_cold(
        &mut self,
        out: LaterSection,
        write: impl FnMut(&LaterSection, u64, &[u8], u32) -> Result<(), LoadError> + 'static,
    ) {
        if let Some(cold) = &mut self.cold {
            cold.begin_saving_by(out, write);
        }
    }

    /// What is in memory.
    pub(crate) fn in_memory(&self) -> &Table<K, V> {
        &self.table
    }

    /// Goes on with what the snapshot has of memory; true if there is more. What it has of the disk is the
    /// [backing's](Backing::save_more) business.
    pub(crate) fn save_segment(&mut self) -> bool {
        self.table.save_segment()
    }

    /// Gives up what the snapshot under way has of memory, if there is one.
    pub(crate) fn stop_saving(&mut self) {
        self.table.stop_saving();
    }

    /// Entries, wherever they are.
    pub(crate) fn len(&self) -> usize {
        self.table.len() + self.cold.as_ref().map_or(0, |cold| cold.len())
    }

    /// Entries there is memory for.
    pub(crate) fn slots(&self) -> usize {
        self.table.slots()
    }

    /// What it has together with the other tables of the state, if there is a disk.
    pub(super) fn backing(&self) -> Option<&Backing> {
        self.cold.as_ref().map(|cold| cold.backing())
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.table.bytes()
    }
}
