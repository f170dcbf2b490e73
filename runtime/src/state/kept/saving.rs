//! Snapshots of a kept table: whole, or what changed since the last one.

use std::sync::Arc;

use super::super::cold::codec::{Codec, read};
use super::*;
use crate::record::Record;
use crate::state::{
    Backing, Context, DiskError, LaterSection, LoadError, Loader, Purpose, SnapshotWriter, Spill,
    State, WriteEntry, by_key,
};

/// What entries have in common in a snapshot.
const NOTHING: Context = [0; 2];

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
                relay: |out, _, hash, bytes, root| {
                    out.put(hash, read::<(K, V, Timestamp)>(bytes, root)?);
                    Ok(())
                },
                written: Some(|(_, stamp)| L::written(*stamp).0),
                beside: |_| 0,
            }
        } else {
            Codec {
                put: |arena, key, (value, _)| arena.put(&(key.as_view(), value.as_view())),
                take: |bytes, root| {
                    let (key, value) = read::<(K, V)>(bytes, root)?;
                    Ok((K::from_view(key), (V::from_view(value), L::Stamp::default())))
                },
                relay: |out, _, hash, bytes, root| {
                    out.put(hash, read::<(K, V)>(bytes, root)?);
                    Ok(())
                },
                written: None,
                beside: |_| 0,
            }
        }
    }

    fn put(&mut self, hash: u64, key: View<'_, K>, value: (V, L::Stamp)) {
        match self.tiered.find_entry(hash, key) {
            Entry::Occupied(known) => *known = value,
            Entry::Vacant(place) => _ = place.insert(K::from_view(key), value),
        }
    }
}

impl<K: Key, V: Record, L: Keep> State for Kept<K, V, L> {
    fn entries(&self) -> usize {
        self.len()
    }

    fn bytes(&self) -> usize {
        self.tiered.bytes() + self.tiered.backing().map_or(0, Backing::bytes_on_disk)
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

    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        let life = self.keep.ttl().map(|ttl| ttl.span().0);
        self.tiered.spill(&to.open()?, Self::codec(), life);
        Ok(true)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        let (purpose, entries) = (out.purpose(), self.len());
        self.removed = None;
        if let Some(backing) = self.tiered.backing() {
            backing.stop_saving();
        }
        let Tiered { table, cold } = &mut self.tiered;
        let changes = table.changes();
        let goes_on = self.row.goes_on(purpose, entries, changes);
        if goes_on {
            let name = if cold.is_some() {
                |names: &Names| names.hot
            } else {
                |names: &Names| names.values
            };
            let (hot, write) = Self::section(out, name);
            let removed = table.begin_saving_changes(hot.of_changes(), NOTHING, write);
            self.removed = Some((out.later::<K>(REMOVED).of_changes(), removed));
            if let Some(cold) = cold {
                let (values, _) = Self::section(out, |names| names.values);
                cold.begin_saving_changes(values.of_changes(), NOTHING);
            }
        } else {
            let (values, write) = Self::section(out, |names| names.values);
            let hot = || Self::section(out, |names| names.hot).0;
            self.tiered.begin_saving(values, hot, NOTHING, write);
        }
        if purpose != Purpose::Alone && self.row.notes(changes.is_some()) {
            self.tiered.table.track_changes(entries);
        }
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        if self.tiered.table.save_segment() {
            return true;
        }
        if let Some((out, keys)) = &mut self.removed {
            for (hash, key) in keys.drain(keys.len().saturating_sub(Self::SLICE)..) {
                out.put(hash, key.as_view());
            }
            if keys.is_empty() {
                self.removed = None;
            }
            return true;
        }
        self.tiered.backing().is_some_and(Backing::save_more)
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
