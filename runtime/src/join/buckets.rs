//! Elements of both sides by bucket of time.
//!
//! With a disk behind them, a bucket has in memory what came since it all went there last.

use std::collections::BTreeMap;

use super::Sides;
use super::interval::disk::Shelved;
use super::log::Log;
use crate::record::{Key, Record};
use crate::state::{Cursor, Table};
use crate::task::Turn;
use crate::time::Timestamp;

/// Buckets in which partners are looked up ahead, the newest; more than there are unless times are far apart.
const MOST_PREPARED: usize = 8;
/// Emptied buckets whose memory is kept, of any size.
const SPARE_BUCKETS: usize = 2;
/// And as many more as these bytes hold: a watermark may end many small ones at once.
const SPARE_BYTES: usize = 4 << 20;

pub(super) struct Bucket<K: Key, L, R> {
    pub table: Table<K, Sides>,
    pub left: Log<L>,
    pub right: Log<R>,
    /// What came before that, on a disk.
    pub shelved: Option<Box<Shelved<K, L, R>>>,
}

/// Places that are no bucket's where there is a disk: what was read from there lies in them.
pub(super) const ASIDE: usize = 2;

impl<K: Key, L: Record, R: Record> Bucket<K, L, R> {
    fn new() -> Self {
        Bucket { table: Table::new(), left: Log::new(), right: Log::new(), shelved: None }
    }

    /// Gives the memory back.
    pub fn vacate(&mut self) {
        *self = Bucket { shelved: self.shelved.take(), ..Bucket::new() };
    }

    /// Elements in memory and on the disk.
    pub fn elements(&self) -> usize {
        let shelved = self.shelved.as_ref().map_or(0, |shelved| shelved.len());
        self.left.len() + self.right.len() + shelved
    }

    fn bytes(&self) -> usize {
        let shelved = self.shelved.as_ref().map_or(0, |shelved| shelved.bytes());
        self.table.bytes() + self.left.bytes() + self.right.bytes() + shelved + size_of::<Self>()
    }
}

/// The buckets there are.
pub(super) struct Buckets<K: Key, L, R> {
    millis: i64,
    by_number: BTreeMap<i64, usize>,
    /// The buckets, in places that are used again.
    slab: Vec<Option<Bucket<K, L, R>>>,
    free: Vec<usize>,
    spare: Vec<Bucket<K, L, R>>,
    spare_bytes: usize,
    /// The bucket used last: its number and its place.
    recent: Option<(i64, usize)>,
    /// A bucket that is being emptied.
    emptied: Option<Emptied>,
    has_disk: bool,
}

struct Emptied {
    number: i64,
    place: usize,
    cursor: Cursor,
    keep: bool,
    entries: usize,
}

impl<K: Key, L: Record, R: Record> Buckets<K, L, R> {
    pub fn new(millis: i64) -> Self {
        Buckets {
            millis,
            by_number: BTreeMap::new(),
            slab: Vec::new(),
            free: Vec::new(),
            spare: Vec::new(),
            spare_bytes: 0,
            recent: None,
            emptied: None,
            has_disk: false,
        }
    }

    /// From now on buckets may have something on a disk. There is none.
    pub fn use_disk(&mut self) {
        self.has_disk = true;
        self.slab.resize_with(ASIDE, || None);
    }

    /// What lies aside in such a place.
    pub fn aside(&mut self, place: usize) -> &mut Bucket<K, L, R> {
        debug_assert!(place < ASIDE && self.has_disk);
        self.slab[place].get_or_insert_with(Bucket::new)
    }

    /// Gives the memory of what lies aside back.
    pub fn clear_aside(&mut self) {
        self.slab[..ASIDE].fill_with(|| None);
    }

    /// The bucket of a number, if there is one.
    pub fn numbered(&self, number: i64) -> Option<&Bucket<K, L, R>> {
        self.by_number.get(&number).map(|place| self.get(*place))
    }

    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        let recent = self.recent.map(|(_, place)| place);
        for place in self.by_number.values().rev().take(MOST_PREPARED) {
            let bucket = self.slab[*place].as_mut().expect("a live bucket");
            if Some(*place) == recent {
                bucket.table.prepare(hashes);
            } else {
                bucket.table.prepare_to_get(hashes);
            }
        }
    }

    #[inline(always)]
    fn number(&self, time: Timestamp) -> i64 {
        time.0.div_euclid(self.millis)
    }

    /// The place of the bucket of a point in time.
    #[inline(always)]
    pub fn place_of(&mut self, time: Timestamp) -> usize {
        let number = self.number(time);
        match self.recent {
            Some((recent, place)) if recent == number => place,
            _ => self.other_place(number),
        }
    }

    #[inline(never)]
    fn other_place(&mut self, number: i64) -> usize {
        let known = self.by_number.get(&number).copied();
        let place = known.unwrap_or_else(|| {
            let bucket = self.spare.pop().unwrap_or_else(Bucket::new);
            self.spare_bytes = self.spare_bytes.saturating_sub(bucket.bytes());
            let place = self.free.pop().unwrap_or(self.slab.len());
            if place == self.slab.len() {
                self.slab.push(None);
            }
            self.slab[place] = Some(bucket);
            self.by_number.insert(number, place);
            place
        });
        self.recent = Some((number, place));
        place
    }

    /// The buckets from one point in time to another, in order.
    #[inline(always)]
    pub fn between(
        &self,
        (first, last): (Timestamp, Timestamp),
    ) -> impl Iterator<Item = (usize, &Bucket<K, L, R>)> {
        let range = self.by_number.range(self.number(first)..=self.number(last));
        range.map(|(_, place)| (*place, self.get(*place)))
    }

    /// All buckets, in order.
    pub fn all(&self) -> impl Iterator<Item = (usize, &Bucket<K, L, R>)> {
        self.by_number.values().map(|place| (*place, self.get(*place)))
    }

    /// The same, to be changed, with their numbers.
    pub fn all_mut(&mut self, mut each: impl FnMut(i64, usize, &mut Bucket<K, L, R>)) {
        for (number, place) in &self.by_number {
            each(*number, *place, self.slab[*place].as_mut().expect("a live bucket"));
        }
    }

    #[inline(always)]
    pub fn get(&self, place: usize) -> &Bucket<K, L, R> {
        self.slab[place].as_ref().expect("a live bucket")
    }

    #[inline(always)]
    pub fn get_mut(&mut self, place: usize) -> &mut Bucket<K, L, R> {
        self.slab[place].as_mut().expect("a live bucket")
    }

    /// Drops the buckets of which `is_over` holds, given their last point in time; false if the turn must yield.
    pub fn drop_first(
        &mut self,
        turn: &mut Turn<'_>,
        keep: bool,
        is_over: impl Fn(Timestamp) -> bool,
    ) -> bool {
        loop {
            if self.emptied.is_none() {
                let Some((&number, &place)) = self.by_number.first_key_value() else { return true };
                let end = (i128::from(number) + 1) * i128::from(self.millis) - 1;
                if !is_over(Timestamp(i64::try_from(end).unwrap_or(i64::MAX))) {
                    return true;
                }
                let bucket = self.get(place);
                let keep = keep
                    && !self.has_disk
                    && (self.spare.len() < SPARE_BUCKETS
                        || self.spare_bytes + bucket.bytes() <= SPARE_BYTES);
                let entries = bucket.table.len();
                let cursor = Cursor::default();
                self.emptied = Some(Emptied { number, place, cursor, keep, entries });
            }
            let Some(emptied) = &mut self.emptied else { return true };
            let Some(bucket) = &mut self.slab[emptied.place] else { return true };
            while bucket.table.drain_in_order(&mut emptied.cursor, emptied.keep).is_some() {
                if turn.must_yield() {
                    return false;
                }
            }
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(Emptied { number, place, keep, entries, .. }) = self.emptied.take() else {
            return;
        };
        let Some(mut bucket) = self.slab[place].take() else { return };
        self.by_number.remove(&number);
        self.free.push(place);
        self.recent = None;
        if let Some(mut shelved) = bucket.shelved.take() {
            shelved.clear();
        }
        // A table far larger than what was in it would make emptying slow, so it is not used again.
        if keep && bucket.table.slots() <= 8 * entries.max(64) {
            bucket.left.clear();
            bucket.right.clear();
            self.spare_bytes += bucket.bytes();
            self.spare.push(bucket);
        }
    }

    /// Gives all memory back, if there is no bucket.
    pub fn release(&mut self) {
        if self.by_number.is_empty() {
            let has_disk = self.has_disk;
            *self = Buckets::new(self.millis);
            if has_disk {
                self.use_disk();
            }
        }
    }

    pub fn elements(&self) -> usize {
        self.all().map(|(_, bucket)| bucket.elements()).sum()
    }

    pub fn bytes(&self) -> usize {
        self.slab.iter().flatten().chain(&self.spare).map(Bucket::bytes).sum()
    }
}
