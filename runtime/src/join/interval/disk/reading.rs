//! Reading partners, and what comes out alone.

use std::cmp::Reverse;

use super::super::{At, IN_MEMORY, IntervalJoin, Side};
use super::{Bit, Bits, DUE, LonelyNote, NO_BIT, Note, OnDisk, PARTNERS, Shelved};
use crate::join::log::{Log, Mark, Run};
use crate::join::shelves::{Shelves, slot};
use crate::record::{Key, Record};
use crate::state::{Shelf, Table};
use crate::time::Timestamp;

/// Arrivals whose partners are read at once.
const ASKED: usize = 256;
/// Times whose elements are read at once.
const TIMES: usize = 64;

impl<K: Key, L: Record, R: Record> IntervalJoin<K, L, R> {
    /// Reads partners of the arrivals that are next.
    #[cold]
    pub(in crate::join::interval) fn read_partners(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        disk.partners_were_met(&mut self.buckets);
        let read = self.buckets.aside(PARTNERS);
        read.left.clear();
        read.right.clear();
        let mut asked = Vec::new();
        for (at, found) in self.found.iter().take(ASKED).enumerate() {
            if found.asked != IN_MEMORY {
                let hash = disk.asked.get(found.asked).1.0;
                asked.push((found.others, found.side, hash, at));
            }
        }
        asked.sort_unstable();
        let keeps = (self.kind.keeps_left(), self.kind.keeps_right());
        for asked in asked.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (bucket, side, ..) = asked[0];
            let Some(mut shelved) = self.buckets.get_mut(bucket).shelved.take() else { continue };
            let mut hashes: Vec<u64> = asked.iter().map(|asked| asked.2).collect();
            hashes.dedup();
            let (mut runs, read) = (Table::new(), self.buckets.aside(PARTNERS));
            let Shelved { shelves, matched } = &mut *shelved;
            match side {
                Side::Left => {
                    let bits = keeps.1.then_some((&mut disk.bits, &matched[1], Side::Right));
                    read_side(
                        &mut shelves.right,
                        &hashes,
                        &mut runs,
                        &mut read.right,
                        bucket,
                        bits,
                    );
                }
                Side::Right => {
                    let bits = keeps.0.then_some((&mut disk.bits, &matched[0], Side::Left));
                    read_side(&mut shelves.left, &hashes, &mut runs, &mut read.left, bucket, bits);
                }
            }
            for (.., at) in asked {
                let found = &mut self.found[*at];
                let (hash, key) = disk.asked.get(found.asked).1;
                found.run = runs.get(hash, key).copied().unwrap_or_default();
                (found.others, found.asked) = (PARTNERS, IN_MEMORY);
            }
            self.buckets.get_mut(bucket).shelved = Some(shelved);
        }
    }

    /// Reads what comes out alone next, if the disk has it.
    #[inline]
    pub(in crate::join::interval) fn read_lonely(&mut self, now: Timestamp) {
        if let Some(disk) = &self.disk
            && disk.unread <= slot(now)
        {
            self.read_more_lonely(now);
        }
    }

    #[cold]
    fn read_more_lonely(&mut self, now: Timestamp) {
        let Some(disk) = &mut self.disk else { return };
        loop {
            let next = self.lonely.peek().map(|Reverse(lonely)| slot(lonely.0));
            let is_over = disk.lonely.len() == 0;
            if is_over || disk.unread > slot(now) || next.is_some_and(|next| next < disk.unread) {
                disk.unread = if is_over { u64::MAX } else { disk.unread };
                return;
            }
            // All that was read before has come out.
            let read = self.buckets.aside(DUE);
            read.left.clear();
            read.right.clear();
            let times = (disk.unread, slot(now));
            let OnDisk { lonely: Shelves { left, right }, .. } = &mut **disk;
            let (mut lefts, left_end) = read_due(left, times, &mut read.left);
            let (mut rights, right_end) = read_due(right, times, &mut read.right);
            let end = left_end.min(right_end);
            let sides = [(Side::Left, &mut lefts), (Side::Right, &mut rights)];
            for (side, due) in sides {
                due.retain(|due| slot(due.until) <= end);
                for Due { until, hash, arrival, bucket, bit, number } in &*due {
                    let bucket = self.buckets.numbered(*bucket);
                    let shelved = bucket.and_then(|bucket| bucket.shelved.as_ref());
                    if shelved.is_some_and(|it| !it.matched[side as usize].get(*bit)) {
                        let at = At { bucket: DUE, number: *number };
                        self.lonely.push(Reverse((*until, *hash, *arrival, side, at)));
                        disk.due += 1;
                    }
                }
            }
            remove_due(&mut disk.lonely.left, &lefts);
            remove_due(&mut disk.lonely.right, &rights);
            disk.unread = end.saturating_add(1);
        }
    }

    /// An element's turn has come to come out alone.
    #[inline]
    pub(in crate::join::interval) fn lonely_was_taken(&mut self, at: At) {
        if let Some(disk) = &mut self.disk
            && at.bucket == DUE
        {
            disk.due -= 1;
        }
    }
}

/// Reads elements of one side of a bucket; `bits` takes those of which it is not known that they met a partner.
fn read_side<K: Key, T: Record>(
    shelf: &mut Shelf<K, Note, T>,
    hashes: &[u64],
    runs: &mut Table<K, Run>,
    log: &mut Log<T>,
    bucket: usize,
    mut bits: Option<(&mut Vec<Bit>, &Bits, Side)>,
) {
    shelf.read(hashes, |hash, (key, time, (_, last_minute, _, _, bit), element)| {
        let number =
            log.push(runs.entry(hash, key), time, &element, Mark { matched: false, last_minute });
        if let Some((bits, matched, side)) = &mut bits
            && bit != NO_BIT
            && !matched.get(bit)
        {
            bits.push(Bit { side: *side, number, bucket, bit });
        }
    });
}

/// An element that was read and comes out alone.
struct Due {
    until: Timestamp,
    hash: u64,
    arrival: u64,
    bucket: i64,
    bit: u32,
    number: u32,
}

/// Reads what one side has of some times, and up to which of them that is all.
fn read_due<T: Record>(
    shelf: &mut Shelf<u64, LonelyNote, T>,
    (first, last): (u64, u64),
    log: &mut Log<T>,
) -> (Vec<Due>, u64) {
    let mut due = Vec::new();
    let end = shelf.range(first..=last, TIMES, |_, (hash, until, note, element)| {
        let (arrival, bucket, bit) = note;
        let number = log.push(&mut Run::default(), until, &element, Mark::default());
        due.push(Due { until, hash, arrival, bucket, bit, number });
    });
    (due, end.unwrap_or(last))
}

fn remove_due<T: Record>(shelf: &mut Shelf<u64, LonelyNote, T>, due: &[Due]) {
    let times = due.chunk_by(|a, b| a.until == b.until).map(|due| slot(due[0].until));
    shelf.remove(times, due.len());
}
