//! What the runtime knows of the state of joins by time.
//!
//! A snapshot has an entry for each element that may still find a partner. What comes out alone if it finds none comes
//! out in the order in which it would have.

use std::cmp::Reverse;
use std::sync::Arc;

use super::disk::OnDisk;
use super::{At, Found, IntervalJoin, Lonely, Side, is_over};
use crate::join::Sides;
use crate::join::log::{Log, Mark, Run};
use crate::record::{Key, Record};
use crate::state::{
    Cursor, DiskError, LoadError, Loader, SectionWriter, SnapshotWriter, Spill, State, Table,
    by_key,
};
use crate::time::Timestamp;

/// An element: its key, its time, its mark (matched, last minute); when it comes out alone and its number among those
/// that may, zero if it does not; itself.
pub(super) type Saved<K, T> = (K, Timestamp, bool, bool, Timestamp, u64, T);

/// The sections of the sides.
pub(super) const LEFTS: &str = "lefts";
pub(super) const RIGHTS: &str = "rights";

impl<K: Key, L: Record, R: Record> State for IntervalJoin<K, L, R> {
    fn entries(&self) -> usize {
        self.buckets.elements()
    }

    fn bytes(&self) -> usize {
        self.in_memory() + self.disk.as_ref().map_or(0, |disk| disk.bytes_on_disk())
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&format!("{} join {}", self.kind.meaning(), self.within.meaning()))
    }
    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        self.disk = Some(Box::new(OnDisk::new(&to.open()?)));
        self.buckets.use_disk();
        Ok(true)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        if self.begin_saving_shelved(out) {
            return;
        }
        let (within, now) = (self.within, self.cleaned);
        let is_over = |until: Timestamp, time: Timestamp, mark: Mark| {
            now > Timestamp::MIN && is_over(until, time, mark, now)
        };
        let lonely = LonelyByPlace::of(self.lonely.iter().map(|Reverse(lonely)| *lonely));
        for (bucket, kept) in self.buckets.all() {
            let note = |number: u32, time: Timestamp, mark: Mark| {
                let is_over = is_over(within.left_until(time), time, mark);
                (!is_over).then(|| lonely.note(Side::Left, At { bucket, number }))
            };
            let out_left = &mut out.section(LEFTS);
            save(out_left, &kept.table, &kept.left, |sides| sides.left, note);
            let note = |number: u32, time: Timestamp, mark: Mark| {
                let is_over = is_over(within.right_until(time), time, mark);
                (!is_over).then(|| lonely.note(Side::Right, At { bucket, number }))
            };
            let out_right = &mut out.section(RIGHTS);
            save(out_right, &kept.table, &kept.right, |sides| sides.right, note);
        }
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.save_more())
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.cleaned = from.watermark();
        from.each::<Saved<K, L>>(LEFTS, |hash, saved| {
            let (key, time, matched, last_minute, until, arrival, element) = saved;
            let bucket = self.buckets.place_of(time);
            let place = self.buckets.get_mut(bucket);
            let run = &mut place.table.entry(hash, key).left;
            let mark = Mark { matched, last_minute };
            let number = place.left.push(run, time, &element, mark);
            self.came_again(until, hash, arrival, Side::Left, At { bucket, number });
        })?;
        from.each::<Saved<K, R>>(RIGHTS, |hash, saved| {
            let (key, time, matched, last_minute, until, arrival, element) = saved;
            let bucket = self.buckets.place_of(time);
            let place = self.buckets.get_mut(bucket);
            let run = &mut place.table.entry(hash, key).right;
            let mark = Mark { matched, last_minute };
            let number = place.right.push(run, time, &element, mark);
            self.came_again(until, hash, arrival, Side::Right, At { bucket, number });
        })
    }
}

impl<K: Key, L: Record, R: Record> IntervalJoin<K, L, R> {
    /// Bytes in memory.
    pub(in crate::join) fn in_memory(&self) -> usize {
        self.buckets.bytes()
            + self.found.capacity() * size_of::<Found>()
            + self.lonely.capacity() * size_of::<Reverse<Lonely>>()
            + self.disk.as_ref().map_or(0, |disk| disk.bytes())
    }

    fn came_again(&mut self, until: Timestamp, hash: u64, arrival: u64, side: Side, at: At) {
        if arrival > 0 {
            self.lonely.push(Reverse((until, hash, arrival, side, at)));
            self.arrivals = self.arrivals.max(arrival);
        }
        self.make_room_while_loading();
    }
}

/// Writes the elements of one side in a bucket, but for those that `note` says nothing of.
fn save<K: Key, T: Record>(
    out: &mut SectionWriter<'_, Saved<K, T>>,
    table: &Table<K, Sides>,
    log: &Log<T>,
    run: impl Fn(&Sides) -> Run,
    note: impl Fn(u32, Timestamp, Mark) -> Option<(Timestamp, u64)>,
) {
    let mut cursor = Cursor::default();
    while let Some((hash, key, sides)) = table.next_in_order(&mut cursor) {
        for number in log.each(run(sides)) {
            let ((time, element), mark) = (log.get(number), log.mark(number));
            let Some((until, arrival)) = note(number, time, mark) else { continue };
            let Mark { matched, last_minute } = mark;
            let key = key.as_view();
            out.put(hash, (key, time, matched, last_minute, until, arrival, element));
        }
    }
}

/// When elements come out alone, and their numbers, by where they are.
pub(super) struct LonelyByPlace(Vec<Placed>);

/// An element that may come out alone: side, where it is, when, its number, its key's hash.
pub(super) type Placed = (Side, At, Timestamp, u64, u64);

impl LonelyByPlace {
    pub fn of(lonely: impl Iterator<Item = Lonely>) -> Self {
        let placed = |(until, hash, arrival, side, at)| (side, at, until, arrival, hash);
        let mut all: Vec<Placed> = lonely.map(placed).collect();
        all.sort_unstable();
        LonelyByPlace(all)
    }

    /// Zeros if the element does not come out.
    fn note(&self, side: Side, at: At) -> (Timestamp, u64) {
        match self.0.binary_search_by_key(&(side, at), |lonely| (lonely.0, lonely.1)) {
            Ok(found) => (self.0[found].2, self.0[found].3),
            Err(_) => (Timestamp(0), 0),
        }
    }

    /// Those of one side in one bucket, in order of their numbers.
    pub fn in_bucket(&self, side: Side, bucket: usize) -> &[Placed] {
        let of = |placed: &Placed| (placed.0, placed.1.bucket);
        let start = self.0.partition_point(|placed| of(placed) < (side, bucket));
        let end = self.0.partition_point(|placed| of(placed) <= (side, bucket));
        &self.0[start..end]
    }
}
