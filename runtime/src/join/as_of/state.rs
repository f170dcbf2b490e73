//! What the runtime knows of the state of joins with what held.

use std::cmp::Reverse;
use std::sync::Arc;

use super::disk::OnDisk;
use super::{Ahead, AsOfJoin, Side};
use crate::record::{Key, Record};
use crate::state::{Cursor, DiskError, LoadError, Loader, SnapshotWriter, Spill, State, by_key};
use crate::time::Timestamp;

/// What holds: key, since when, whether a left element met it, itself.
pub(super) type Holds<K, R> = (K, Timestamp, bool, R);
/// An element ahead of the watermark: time, number in order of arrival, key, itself.
pub(super) type Saved<K, T> = (Timestamp, u64, K, T);

pub(super) const HOLDS: &str = "holds";
/// Those that a disk does not know, if there is one.
pub(super) const HOT_HOLDS: &str = "hot holds";
pub(super) const LEFTS_AHEAD: &str = "lefts ahead";
pub(super) const RIGHTS_AHEAD: &str = "rights ahead";

impl<K: Key, L: Record, R: Record> State for AsOfJoin<K, L, R> {
    fn entries(&self) -> usize {
        let on_disk = self.disk.as_ref().map_or(0, |disk| disk.entries());
        self.lefts.live() + self.rights.live() + on_disk
    }

    fn bytes(&self) -> usize {
        self.in_memory() + self.disk.as_ref().map_or(0, |disk| disk.bytes_on_disk())
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&format!("{} join as of", self.kind.meaning()))
    }

    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        self.disk = Some(Box::new(OnDisk::new(&to.open()?)));
        Ok(true)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        if self.begin_saving_on_disk(out) {
            return;
        }
        let mut holds = out.section::<Holds<K, R>>(HOLDS);
        let mut cursor = Cursor::default();
        while let Some((hash, key, &right)) = self.latest.next_in_order(&mut cursor) {
            let (time, (_, element)) = self.rights.log.get(right);
            let matched = self.rights.log.mark(right).matched;
            holds.put(hash, (key.as_view(), time, matched, element));
        }
        self.save_ahead(out);
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.disk.as_mut().is_some_and(|disk| disk.save_more())
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        // What a disk did not know comes first: there may be an older entry of the key.
        for section in [HOT_HOLDS, HOLDS] {
            from.each::<Holds<K, R>>(section, |hash, (key, time, matched, element)| {
                if let Some(disk) = &mut self.disk {
                    return disk.load(hash, key, (time, matched, element));
                }
                let at = self.rights.push(time, &(key, element));
                self.rights.log.mark_mut(at).matched = matched;
                if *self.latest.entry_or(hash, key, || at) != at {
                    self.rights.dead += 1;
                }
            })?;
        }
        from.each::<Saved<K, L>>(LEFTS_AHEAD, |hash, (time, arrival, key, element)| {
            let at = self.lefts.push(time, &(key, element));
            self.ahead_again((time, Side::Left, hash, arrival, at));
        })?;
        from.each::<Saved<K, R>>(RIGHTS_AHEAD, |hash, (time, arrival, key, element)| {
            let at = self.rights.push(time, &(key, element));
            self.ahead_again((time, Side::Right, hash, arrival, at));
        })
    }
}

impl<K: Key, L: Record, R: Record> AsOfJoin<K, L, R> {
    /// Bytes in memory.
    pub(in crate::join) fn in_memory(&self) -> usize {
        let latest = match &self.disk {
            Some(disk) => disk.bytes(),
            None => self.latest.bytes(),
        };
        let logs = self.lefts.log.bytes() + self.rights.log.bytes();
        // The tables that are always there do not count.
        if logs == 0 && self.disk.as_ref().is_none_or(|disk| disk.entries() == 0) {
            return 0;
        }
        latest + logs + self.ahead.capacity() * size_of::<Reverse<Ahead>>()
    }

    /// Writes what is in memory and ahead of the watermark.
    pub(super) fn save_ahead(&self, out: &mut SnapshotWriter) {
        // By hash, so that each task reads few blocks.
        let mut ahead: Vec<&Ahead> = self.ahead.iter().map(|Reverse(ahead)| ahead).collect();
        ahead.sort_unstable_by_key(|(_, _, hash, arrival, _)| (*hash, *arrival));
        for &(time, side, hash, arrival, at) in ahead {
            match side {
                Side::Left => {
                    let (key, element) = self.lefts.log.get(at).1;
                    let mut lefts = out.section::<Saved<K, L>>(LEFTS_AHEAD);
                    lefts.put(hash, (time, arrival, key, element));
                }
                Side::Right => {
                    let (key, element) = self.rights.log.get(at).1;
                    let mut rights = out.section::<Saved<K, R>>(RIGHTS_AHEAD);
                    rights.put(hash, (time, arrival, key, element));
                }
            }
        }
    }

    fn ahead_again(&mut self, ahead: Ahead) {
        self.arrivals = self.arrivals.max(ahead.3);
        self.ahead.push(Reverse(ahead));
        self.make_room_while_loading();
    }
}
