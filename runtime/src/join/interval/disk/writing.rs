//! Bringing to the disk what is in memory, and into snapshots what is on the disk.

use std::cmp::Reverse;

use super::super::state::{LEFTS, LonelyByPlace, Placed, RIGHTS, Saved};
use super::super::{IntervalJoin, Side, is_over};
use super::{Bits, LonelyNote, NO_BIT, Note, OnDisk, Shelved};
use crate::join::buckets::Bucket;
use crate::join::log::{Log, Mark};
use crate::join::shelves::{owned, shelve, slot};
use crate::record::{Key, Record, View};
use crate::state::{LaterSection, Row, Shelf, SnapshotWriter};
use crate::time::Timestamp;

impl<K: Key, L: Record, R: Record> IntervalJoin<K, L, R> {
    /// Nothing is between its arrival and its pairs: what is in memory goes to the disk if that is too much.
    #[cold]
    pub(in crate::join::interval) fn make_room(&mut self) {
        let bytes = self.in_memory();
        let Some(disk) = &mut self.disk else { return };
        if !self.found.is_empty() || disk.due > 0 {
            return;
        }
        let keys: usize = self.buckets.all().map(|(_, bucket)| owned(&bucket.table)).sum();
        if disk.memory.is_too_large(bytes + keys) {
            self.shelve();
        }
    }

    /// The same, now and then while a snapshot is loaded.
    #[inline]
    pub(in crate::join::interval) fn make_room_while_loading(&mut self) {
        if self.disk.as_mut().is_some_and(|disk| disk.memory.is_time_to_look()) {
            self.make_room();
        }
    }

    /// All that is in memory goes to the disk.
    fn shelve(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        disk.partners_were_met(&mut self.buckets);
        disk.asked = Log::new();
        self.buckets.clear_aside();
        let mut lonely = std::mem::take(&mut self.lonely).into_vec();
        lonely.retain(|Reverse((.., side, at))| {
            let bucket = self.buckets.get(at.bucket);
            let mark = match side {
                Side::Left => bucket.left.mark(at.number),
                Side::Right => bucket.right.mark(at.number),
            };
            !mark.matched
        });
        let lonely = LonelyByPlace::of(lonely.into_iter().map(|Reverse(lonely)| lonely));
        let OnDisk { memory, lonely: by_time, unread, .. } = &mut **disk;
        self.buckets.all_mut(|number, place, bucket| {
            if bucket.table.is_empty() {
                return;
            }
            let new = || Box::new(Shelved::new(memory.backing()));
            let Shelved { shelves, matched } = &mut **bucket.shelved.get_or_insert_with(new);
            let Bucket { table, left, right, .. } = bucket;
            let alone = lonely.in_bucket(Side::Left, place);
            let side = Shelving { alone, first_bit: matched[0].add(alone.len()), number };
            let note = |number| side.note(number, left.mark(number));
            shelve(table, left, |sides| sides.left, &mut shelves.left, note);
            *unread = side.put_alone(left, &mut by_time.left).min(*unread);
            let alone = lonely.in_bucket(Side::Right, place);
            let side = Shelving { alone, first_bit: matched[1].add(alone.len()), number };
            let note = |number| side.note(number, right.mark(number));
            shelve(table, right, |sides| sides.right, &mut shelves.right, note);
            *unread = side.put_alone(right, &mut by_time.right).min(*unread);
            bucket.vacate();
        });
        let bytes = self.in_memory();
        if let Some(disk) = &mut self.disk {
            disk.memory.was_emptied(bytes);
        }
    }

    /// Begins a snapshot if something is on the disk: then all is to be there, in order. False if nothing is.
    pub(in crate::join::interval) fn begin_saving_shelved(
        &mut self,
        out: &mut SnapshotWriter,
    ) -> bool {
        let Some(disk) = &self.disk else { return false };
        disk.memory.backing().stop_saving();
        if self.buckets.all().all(|(_, bucket)| bucket.shelved.is_none()) {
            return false;
        }
        self.shelve();
        let (within, now) = (self.within, self.cleaned);
        self.buckets.all_mut(|_, _, bucket| {
            let Some(shelved) = &mut bucket.shelved else { return };
            let [lefts, rights] = shelved.matched.clone();
            let left = out.later::<Saved<K, L>>(LEFTS);
            shelved.shelves.left.begin_saving(left, move |out, hash, row| {
                relay::<K, L>(&lefts, (now, within.left_until(row.1)), (out, hash), row);
            });
            let right = out.later::<Saved<K, R>>(RIGHTS);
            shelved.shelves.right.begin_saving(right, move |out, hash, row| {
                relay::<K, R>(&rights, (now, within.right_until(row.1)), (out, hash), row);
            });
        });
        true
    }
}

/// One side of a bucket on its way to the disk.
struct Shelving<'s> {
    /// Elements that may come out alone.
    alone: &'s [Placed],
    /// The bit of the first of them.
    first_bit: u32,
    /// The bucket's number.
    number: i64,
}

impl Shelving<'_> {
    fn note(&self, number: u32, mark: Mark) -> Note {
        let at = self.alone.binary_search_by_key(&number, |alone| alone.1.number);
        let (until, arrival, bit) = match at {
            Ok(at) => (self.alone[at].2, self.alone[at].3, self.first_bit + at as u32),
            Err(_) => (Timestamp(0), 0, NO_BIT),
        };
        (mark.matched, mark.last_minute, until, arrival, bit)
    }

    /// Puts those that may come out alone where they are found when they do; answers when the first is.
    fn put_alone<T: Record>(&self, log: &Log<T>, by_time: &mut Shelf<u64, LonelyNote, T>) -> u64 {
        let mut order: Vec<usize> = (0..self.alone.len()).collect();
        order.sort_unstable_by_key(|at| self.alone[*at].2);
        let mut writing = by_time.writing();
        for at in &order {
            let (_, place, until, arrival, hash) = self.alone[*at];
            let note = (arrival, self.number, self.first_bit + *at as u32);
            writing.put(slot(until), (hash, until, note, log.get(place.number).1));
        }
        writing.end();
        order.first().map_or(u64::MAX, |first| slot(self.alone[*first].2))
    }
}

/// Writes what a bucket has of one side into a snapshot, as what is in memory is written.
fn relay<K: Key, T: Record>(
    matched: &Bits,
    (now, over): (Timestamp, Timestamp),
    (out, hash): (&LaterSection, u64),
    (key, time, note, element): View<'_, Row<K, Note, T>>,
) {
    let (was_matched, last_minute, until, arrival, bit) = note;
    let mark = Mark { matched: was_matched || matched.get(bit), last_minute };
    if now > Timestamp::MIN && is_over(over, time, mark, now) {
        return;
    }
    // What has come out does not do so again.
    let (until, arrival) = if until <= now { (Timestamp(0), 0) } else { (until, arrival) };
    out.put(hash, (key, time, mark.matched, last_minute, until, arrival, element));
}
