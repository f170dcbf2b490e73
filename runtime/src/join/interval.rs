//! Joins by time: the right side's lies within an interval around the left side's.

pub(super) mod disk;
mod state;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use disk::OnDisk;

use super::buckets::Buckets;
use super::log::{Mark, Run};
use super::shelves::grow_little;
use super::{JoinKind, Joined, Within};
use crate::record::{Emit, Key, Record, View};
use crate::task::Turn;
use crate::time::{Span, Timestamp};

/// Elements of both sides for as long as a partner may come; a pair comes out when its second record has come.
///
/// Late is what is older than the watermark; what is as old as the watermark is not, and finds the partners that are
/// still there: those whose time was not over when the watermark got there.
pub struct IntervalJoin<K: Key, L: Record, R: Record> {
    within: Within,
    kind: JoinKind,
    buckets: Buckets<K, L, R>,
    /// What arrivals found: runs of possible partners, as they were then.
    found: VecDeque<Found>,
    /// The element of the first of them that is next.
    next: Option<u32>,
    /// Elements that come out alone if no partner comes.
    lonely: BinaryHeap<Reverse<Lonely>>,
    arrivals: u64,
    /// Up to here state was cleaned.
    cleaned: Timestamp,
    late: u64,
    disk: Option<Box<OnDisk<K, L, R>>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// An element: bucket and number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    bucket: usize,
    number: u32,
}

/// Possible partners in one bucket of an element that came.
struct Found {
    side: Side,
    /// The number of the key to ask the disk for, if they are there: one of [`OnDisk::asked`].
    asked: u32,
    own: At,
    others: usize,
    run: Run,
    first: Timestamp,
    last: Timestamp,
}

/// No number of a key.
const IN_MEMORY: u32 = u32::MAX;

/// When an element comes out alone; its key's hash, its number in order of arrival, where it is.
type Lonely = (Timestamp, u64, u64, Side, At);

impl<K: Key, L: Record, R: Record> IntervalJoin<K, L, R> {
    /// Nothing yet.
    pub fn new(within: Within, kind: JoinKind) -> Self {
        IntervalJoin {
            within,
            kind,
            buckets: Buckets::new(within.bucket_millis()),
            found: VecDeque::new(),
            next: None,
            lonely: BinaryHeap::new(),
            arrivals: 0,
            cleaned: Timestamp::MIN,
            late: 0,
            disk: None,
        }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        if self.disk.is_some() {
            self.make_room();
        }
        self.buckets.prepare(hashes);
    }

    /// Adds a record of the left side; false if it is late.
    #[inline(always)]
    pub fn left<EK: Emit<Record = K>, E: Emit<Record = L>>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: EK,
        item: E,
    ) -> bool {
        let Some((until, mark)) = self.until(turn, time, self.within.left_until(time)) else {
            return false;
        };
        let bucket = self.buckets.place_of(time);
        let place = self.buckets.get_mut(bucket);
        let sides = place.table.entry(hash, key.as_view());
        let number = place.left.push(&mut sides.left, time, &item, mark);
        let own = At { bucket, number };
        if self.kind.keeps_left() {
            self.lonely(until, hash, Side::Left, own);
        }
        self.find(Side::Left, own, (hash, key.as_view()), self.within.rights_of(time));
        true
    }

    /// Adds a record of the right side; false if it is late.
    #[inline(always)]
    pub fn right<EK: Emit<Record = K>, E: Emit<Record = R>>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: EK,
        item: E,
    ) -> bool {
        let Some((until, mark)) = self.until(turn, time, self.within.right_until(time)) else {
            return false;
        };
        let bucket = self.buckets.place_of(time);
        let place = self.buckets.get_mut(bucket);
        let sides = place.table.entry(hash, key.as_view());
        let number = place.right.push(&mut sides.right, time, &item, mark);
        let own = At { bucket, number };
        if self.kind.keeps_right() {
            self.lonely(until, hash, Side::Right, own);
        }
        self.find(Side::Right, own, (hash, key.as_view()), self.within.lefts_of(time));
        true
    }

    /// Until which watermark an element stays; none, and counted, if it is late. One that comes when its time has come
    /// already stays for as long as the watermark stays where it is.
    #[inline(always)]
    fn until(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        until: Timestamp,
    ) -> Option<(Timestamp, Mark)> {
        let now = turn.watermark();
        if time < now {
            self.late += 1;
            return None;
        }
        let last_minute = until <= now && now > Timestamp::MIN;
        let until = if last_minute { now + Span(1) } else { until };
        Some((until, Mark { matched: false, last_minute }))
    }

    #[cold]
    fn lonely(&mut self, until: Timestamp, hash: u64, side: Side, at: At) {
        self.arrivals += 1;
        if self.disk.is_some() {
            grow_little(&mut self.lonely);
        }
        self.lonely.push(Reverse((until, hash, self.arrivals, side, at)));
    }

    /// Notes where an element's partners may be.
    #[inline(always)]
    fn find(
        &mut self,
        side: Side,
        own: At,
        (hash, key): (u64, View<'_, K>),
        (first, last): (Timestamp, Timestamp),
    ) {
        let mut known = IN_MEMORY;
        for (others, bucket) in self.buckets.between((first, last)) {
            if let (Some(disk), Some(shelved)) = (&mut self.disk, &bucket.shelved)
                && shelved.has_partners(side)
            {
                if known == IN_MEMORY {
                    known = disk.ask(hash, key);
                }
                let (asked, run) = (known, Run::default());
                self.found.push_back(Found { side, asked, own, others, run, first, last });
            }
            let Some(sides) = bucket.table.get(hash, key) else { continue };
            let run = if side == Side::Left { sides.right } else { sides.left };
            if !run.is_empty() {
                let asked = IN_MEMORY;
                self.found.push_back(Found { side, asked, own, others, run, first, last });
            }
        }
    }

    /// The next row. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Joined<'_, L, R>> {
        let now = turn.watermark();
        if let Some((left, right)) = self.next_pair(turn, now) {
            return Some(self.pair(left, right));
        }
        if !self.found.is_empty() {
            return None;
        }
        if let Some(disk) = &mut self.disk {
            disk.partners_were_met(&mut self.buckets);
            disk.forget_asked();
        }
        if now <= self.cleaned {
            return None;
        }
        if let Some((time, side, at)) = self.next_lonely(turn, now) {
            return Some(self.alone(time, side, at));
        }
        self.clean(turn, now);
        None
    }

    /// The next pair that arrivals make.
    #[inline(always)]
    fn next_pair(&mut self, turn: &mut Turn<'_>, now: Timestamp) -> Option<(At, At)> {
        loop {
            let found = self.found.front()?;
            if turn.must_yield() {
                return None;
            }
            if found.asked != IN_MEMORY {
                self.read_partners();
                continue;
            }
            let (side, own, bucket, run) = (found.side, found.own, found.others, found.run);
            let (first, last) = (found.first, found.last);
            let Some(number) = self.next.or(run.first()) else {
                // There was nothing on the disk.
                self.found.pop_front();
                continue;
            };
            let other = At { bucket, number };
            let (time, is_over, after) = match side {
                Side::Left => {
                    let log = &self.buckets.get(bucket).right;
                    let time = log.get(number).0;
                    let is_over =
                        is_over(self.within.right_until(time), time, log.mark(number), now);
                    (time, is_over, log.after(number, run))
                }
                Side::Right => {
                    let log = &self.buckets.get(bucket).left;
                    let time = log.get(number).0;
                    let is_over =
                        is_over(self.within.left_until(time), time, log.mark(number), now);
                    (time, is_over, log.after(number, run))
                }
            };
            self.next = after;
            if after.is_none() {
                self.found.pop_front();
            }
            if first <= time && time <= last && !is_over {
                let (left, right) = if side == Side::Left { (own, other) } else { (other, own) };
                return Some((left, right));
            }
        }
    }

    #[inline(always)]
    fn pair(&mut self, left: At, right: At) -> Joined<'_, L, R> {
        if self.kind != JoinKind::Inner {
            self.buckets.get_mut(left.bucket).left.mark_mut(left.number).matched = true;
            self.buckets.get_mut(right.bucket).right.mark_mut(right.number).matched = true;
        }
        let (left_time, left) = self.buckets.get(left.bucket).left.get(left.number);
        let (right_time, right) = self.buckets.get(right.bucket).right.get(right.number);
        Joined { time: left_time.max(right_time), left: Some(left), right: Some(right) }
    }

    /// The next element whose time is over and that met no partner.
    fn next_lonely(
        &mut self,
        turn: &mut Turn<'_>,
        now: Timestamp,
    ) -> Option<(Timestamp, Side, At)> {
        loop {
            self.read_lonely(now);
            let Reverse((until, ..)) = self.lonely.peek()?;
            if *until > now || turn.must_yield() {
                return None;
            }
            let Reverse((until, _, _, side, at)) = self.lonely.pop()?;
            self.lonely_was_taken(at);
            let bucket = self.buckets.get(at.bucket);
            let mark = match side {
                Side::Left => bucket.left.mark(at.number),
                Side::Right => bucket.right.mark(at.number),
            };
            if !mark.matched {
                return Some((until, side, at));
            }
        }
    }

    fn alone(&self, time: Timestamp, side: Side, at: At) -> Joined<'_, L, R> {
        let bucket = self.buckets.get(at.bucket);
        match side {
            Side::Left => Joined { time, left: Some(bucket.left.get(at.number).1), right: None },
            Side::Right => Joined { time, left: None, right: Some(bucket.right.get(at.number).1) },
        }
    }

    /// Drops the buckets whose elements' time is over.
    fn clean(&mut self, turn: &mut Turn<'_>, now: Timestamp) {
        if turn.more() {
            return;
        }
        let within = self.within;
        let keep = now < Timestamp::MAX;
        let is_over =
            |last: Timestamp| within.left_until(last).max(within.right_until(last)) <= now;
        if !self.buckets.drop_first(turn, keep, is_over) {
            return;
        }
        self.cleaned = now;
        if !keep {
            self.buckets.release();
            if let Some(disk) = &mut self.disk {
                disk.release();
            }
            (self.found, self.lonely) = (VecDeque::new(), BinaryHeap::new());
        }
    }
}

/// True if no partner of an element was to come any more.
#[inline(always)]
fn is_over(until: Timestamp, time: Timestamp, mark: Mark, now: Timestamp) -> bool {
    until <= now && !(mark.last_minute && time == now)
}
