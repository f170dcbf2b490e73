//! Snapshots of a kept table: whole, or what changed since the last one.

use std::sync::Arc;

use super::super::cold::{Codec, Cold, SavingCold};
use super::*;
use crate::record::{Arena, Record, validate};
use crate::state::{
    Context, DiskError, LaterSection, LoadError, Loader, Purpose, SnapshotWriter, Spill, State,
    WriteEntry, by_key,
};

/// What entries have in common in a snapshot.
const NOTHING: Context = [0; 2];

/// What is still to be written, besides the table.
pub(super) struct Saving<K> {
    /// Keys that were taken out.
    removed: Option<(LaterSection, Vec<(u64, K)>)>,
    /// What was on the disk.
    cold: Option<SavingCold>,
}

impl<K> Default for Saving<K> {
    fn default() -> Self {
        Saving { removed: None, cold: None }
    }
}

/// An entry's section: its name where all entries are in memory, or on the disk; and where the others are on the disk.
struct Names {
    values: &'static str,
    hot: &'static str,
}

/// Without the time of the last write, and with it.
const PLAIN: Names = Names { values: "values", hot: "hot" };
const STAMPED: Names = Names { values: "stamped", hot: "hot stamped" };
/// The keys that an increment takes out before it puts entries in.
const REMOVED: &str = "removed";

impl<K: Key, V: Record, L: Keep> Kept<K, V, L> {
    /// Keys that are written at once.
    const SLICE: usize = 4096;

    /// A section that entries go to, and how.
    fn section(
        out: &mut SnapshotWriter,
        name: fn(&Names) -> &'static str,
    ) -> (LaterSection, WriteEntry<K, (V, L::Stamp)>) {
        if L::ENDS {
            let stamped = out.later::<(K, V, Timestamp)>(name(&STAMPED));
            (stamped, |out, _, hash, key, (value, stamp)| {
                out.put(hash, (key.as_view(), value.as_view(), L::written(*stamp)));
            })
        } else {
            (out.later::<(K, V)>(name(&PLAIN)), |out, _, hash, key, (value, _)| {
                out.put(hash, (key.as_view(), value.as_view()));
            })
        }
    }

    /// How entries are kept on a disk.
    fn codec() -> Codec<K, (V, L::Stamp)> {
        if L::ENDS {
            Codec {
                put: |arena, key, (value, stamp)| {
                    arena.put(&(key.as_view(), value.as_view(), L::written(*stamp)))
                },
                take: |bytes, root| {
                    let (key, value, written) = read::<(K, V, Timestamp)>(bytes, root)?;
                    Ok((K::from_view(key), (V::from_view(value), L::noted(written))))
                },
                relay: |out, hash, bytes, root| {
                    out.put(hash, read::<(K, V, Timestamp)>(bytes, root)?);
                    Ok(())
                },
                written: Some(|(_, stamp)| L::written(*stamp).0),
            }
        } else {
            Codec {
                put: |arena: &mut Arena, key: &K, (value, _): &(V, L::Stamp)| {
                    arena.put(&(key.as_view(), value.as_view()))
                },
                take: |bytes, root| {
                    let (key, value) = read::<(K, V)>(bytes, root)?;
                    Ok((K::from_view(key), (V::from_view(value), L::Stamp::default())))
                },
                relay: |out, hash, bytes, root| {
                    out.put(hash, read::<(K, V)>(bytes, root)?);
                    Ok(())
                },
                written: None,
            }
        }
    }

    fn put(&mut self, hash: u64, key: View<'_, K>, value: (V, L::Stamp)) {
        self.ready(hash);
        match self.table.find_entry(hash, key) {
            Entry::Occupied(known) => *known = value,
            Entry::Vacant(place) => _ = place.insert(K::from_view(key), value),
        }
    }
}

fn read<R: Record>(bytes: &[u8], root: u32) -> Result<View<'_, R>, LoadError> {
    let damaged = |source| LoadError::Damaged { section: "a table's disk".to_owned(), source };
    validate::<R>(bytes, root as usize).map_err(damaged)
}

impl<K: Key, V: Record, L: Keep> State for Kept<K, V, L> {
    fn entries(&self) -> usize {
        self.len()
    }

    fn bytes(&self) -> usize {
        self.table.bytes() + self.cold.as_ref().map_or(0, |cold| cold.bytes() as usize)
    }

    /// When a pass wants a turn, in processing time.
    fn next_timer(&self) -> Option<Timestamp> {
        let ttl = self.keep.ttl()?;
        if ttl.is_in_event_time() || self.is_empty() {
            return None;
        }
        let soon = self.at.processing_time + Span(1);
        Some(if self.pass.is_under_way { soon } else { self.pass.next.unwrap_or(soon) })
    }

    fn meaning(&self) -> String {
        by_key::<K>("kept")
    }

    fn spill(&mut self, to: &Arc<Spill>) -> Result<(), DiskError> {
        self.cold = Some(Box::new(Cold::new(to.open()?, Self::codec())));
        self.table.use_disk();
        Ok(())
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        let (purpose, entries) = (out.purpose(), self.len());
        self.saving = Saving::default();
        let changes = self.table.changes();
        let goes_on = self.row.goes_on(purpose, entries, changes);
        let (values, write) = Self::section(out, |names| names.values);
        match &mut self.cold {
            None if goes_on => {
                let removed = self.table.begin_saving_changes(values.of_changes(), NOTHING, write);
                self.saving.removed = Some((out.later::<K>(REMOVED).of_changes(), removed));
            }
            None => self.table.begin_saving(values, NOTHING, write),
            Some(cold) if goes_on => {
                let (hot, write) = Self::section(out, |names| names.hot);
                let removed = self.table.begin_saving_changes(hot.of_changes(), NOTHING, write);
                self.saving.removed = Some((out.later::<K>(REMOVED).of_changes(), removed));
                self.saving.cold = Some(cold.begin_saving_changes(values.of_changes()));
            }
            Some(cold) => {
                let (hot, write) = Self::section(out, |names| names.hot);
                self.table.begin_saving_unwritten(hot, NOTHING, write);
                self.saving.cold = Some(cold.begin_saving(values));
            }
        }
        if purpose != Purpose::Alone && self.row.notes(changes.is_some()) {
            self.table.track_changes(entries);
        }
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        if self.table.save_segment() {
            return true;
        }
        let Saving { removed, cold } = &mut self.saving;
        if let Some((out, keys)) = removed {
            for (hash, key) in keys.drain(keys.len().saturating_sub(Self::SLICE)..) {
                out.put(hash, key.as_view());
            }
            if keys.is_empty() {
                *removed = None;
            }
        } else if cold.as_mut().is_some_and(|cold| cold.save_more().is_break()) {
            *cold = None;
        }
        removed.is_some() || cold.is_some()
    }

    /// With or without a time to live: what had none counts as written now.
    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        let (watermark, processing_time) = (from.watermark(), from.processing_time());
        let now = Moment { time: watermark, watermark, processing_time };
        for generation in from.generations() {
            from.each_of_generation::<K>(REMOVED, generation, |hash, key| self.remove(hash, key))?;
            for name in [PLAIN.values, PLAIN.hot] {
                from.each_of_generation::<(K, V)>(name, generation, |hash, (key, value)| {
                    let stamp = self.keep.stamp(None, &now);
                    self.put(hash, key, (V::from_view(value), stamp));
                })?;
            }
            for name in [STAMPED.values, STAMPED.hot] {
                let put = |hash, (key, value, written): View<'_, (K, V, Timestamp)>| {
                    self.put(hash, key, (V::from_view(value), L::noted(written)));
                };
                from.each_of_generation::<(K, V, Timestamp)>(name, generation, put)?;
            }
        }
        Ok(())
    }
}
