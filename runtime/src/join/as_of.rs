//! Joins with what held at a point in time.

mod disk;
mod state;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use disk::OnDisk;

use super::log::{Log, Mark, Run};
use super::shelves::grow_little;
use super::{JoinKind, Joined};
use crate::record::{Emit, Key, Record};
use crate::state::{Cursor, Entry, Table};
use crate::task::Turn;
use crate::time::Timestamp;

/// Elements that nobody needs any more, at least, before a log is written anew; fewer where memory has a bound.
const DEAD_MIN: usize = 16 * 1024;

/// Each key's latest right element, and what the watermark has not reached yet, in order of time.
///
/// Time passes element by element: a right one takes the place of its key's last one, a left one is joined with whatever
/// stands there. Among equal times right ones come first, so that "at or before" holds, then the order is that of key
/// hashes and of arrival.
pub struct AsOfJoin<K: Key, L: Record, R: Record> {
    kind: JoinKind,
    /// The numbers of the right elements that hold.
    latest: Table<K, u32>,
    lefts: Kept<(K, L)>,
    rights: Kept<(K, R)>,
    ahead: BinaryHeap<Reverse<Ahead>>,
    arrivals: u64,
    /// The keys that are walked through at the end of all time.
    last_walk: Option<Cursor>,
    late: u64,
    /// What holds, and what is not in memory, if there is a disk.
    disk: Option<Box<OnDisk<K, L, R>>>,
}

/// Elements, some of which are of no use any more.
struct Kept<T> {
    log: Log<T>,
    dead: usize,
}

/// An element ahead of the watermark: time, side, key hash, number in order of arrival, place.
type Ahead = (Timestamp, Side, u64, u64, u32);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Right,
    Left,
}

/// The numbers of a row's elements.
struct Row {
    time: Timestamp,
    left: Option<u32>,
    right: Option<u32>,
}

impl<T: Record> Kept<T> {
    fn new() -> Self {
        Kept { log: Log::new(), dead: 0 }
    }

    fn push<E: Emit<Record = T>>(&mut self, time: Timestamp, item: &E) -> u32 {
        self.log.push(&mut Run::default(), time, item, Mark::default())
    }

    fn live(&self) -> usize {
        self.log.len() - self.dead
    }

    /// True if it is time to write the log anew.
    fn is_wasteful(&self, min: usize) -> bool {
        self.dead > min && self.dead > self.log.len() / 2
    }
}

impl<K: Key, L: Record, R: Record> AsOfJoin<K, L, R> {
    /// Nothing yet.
    pub fn new(kind: JoinKind) -> Self {
        AsOfJoin {
            kind,
            latest: Table::new(),
            lefts: Kept::new(),
            rights: Kept::new(),
            ahead: BinaryHeap::new(),
            arrivals: 0,
            last_walk: None,
            late: 0,
            disk: None,
        }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, _: &[u64]) {
        // Keys are looked up when the watermark comes.
        if self.disk.is_some() {
            self.make_room();
        }
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
        if self.is_late(turn, time) {
            return false;
        }
        let at = self.lefts.push(time, &(key, item));
        self.ahead(time, Side::Left, hash, at);
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
        if self.is_late(turn, time) {
            return false;
        }
        let at = self.rights.push(time, &(key, item));
        self.ahead(time, Side::Right, hash, at);
        true
    }

    #[inline(always)]
    fn is_late(&mut self, turn: &Turn<'_>, time: Timestamp) -> bool {
        let is_late = time <= turn.watermark();
        self.late += u64::from(is_late);
        is_late
    }

    #[inline(always)]
    fn ahead(&mut self, time: Timestamp, side: Side, hash: u64, at: u32) {
        self.arrivals += 1;
        if self.disk.is_some() {
            grow_little(&mut self.ahead);
        }
        self.ahead.push(Reverse((time, side, hash, self.arrivals, at)));
    }

    /// The next row. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Joined<'_, L, R>> {
        if self.disk.is_some() {
            return self.fire_on_disk(turn);
        }
        let row = self.next_row(turn)?;
        Some(Joined {
            time: row.time,
            left: row.left.map(|at| self.lefts.log.get(at).1.1),
            right: row.right.map(|at| self.rights.log.get(at).1.1),
        })
    }

    fn next_row(&mut self, turn: &mut Turn<'_>) -> Option<Row> {
        let now = turn.watermark();
        loop {
            if turn.must_yield() {
                return None;
            }
            let due = self.ahead.peek().is_some_and(|Reverse(ahead)| ahead.0 <= now);
            if !due {
                break;
            }
            let Some(Reverse((time, side, hash, _, at))) = self.ahead.pop() else { break };
            let row = match side {
                Side::Right => self.take_place(time, hash, at),
                Side::Left => self.look_up(time, hash, at),
            };
            if row.is_some() {
                return row;
            }
        }
        if now == Timestamp::MAX {
            return self.end(turn);
        }
        self.clean();
        None
    }

    /// A right element holds from now on; the one before it comes out if it never met a left one.
    fn take_place(&mut self, time: Timestamp, hash: u64, at: u32) -> Option<Row> {
        let key = self.rights.log.get(at).1.0;
        let before = match self.latest.find_entry(hash, key) {
            Entry::Occupied(latest) => std::mem::replace(latest, at),
            Entry::Vacant(vacant) => {
                vacant.insert(K::from_view(key), at);
                return None;
            }
        };
        self.rights.dead += 1;
        let is_lonely = self.kind.keeps_right() && !self.rights.log.mark(before).matched;
        is_lonely.then_some(Row { time, left: None, right: Some(before) })
    }

    /// A left element meets what holds.
    fn look_up(&mut self, time: Timestamp, hash: u64, at: u32) -> Option<Row> {
        self.lefts.dead += 1;
        let key = self.lefts.log.get(at).1.0;
        let right = self.latest.get(hash, key).copied();
        if let Some(right) = right {
            self.rights.log.mark_mut(right).matched = true;
        }
        let yields = right.is_some() || self.kind.keeps_left();
        yields.then_some(Row { time, left: Some(at), right })
    }

    /// At the end of all time: what never met a left element comes out, then nothing is kept.
    fn end(&mut self, turn: &mut Turn<'_>) -> Option<Row> {
        let cursor = self.last_walk.get_or_insert_default();
        while let Some((_, _, &mut right)) = self.latest.drain_in_order(cursor, false) {
            self.rights.dead += 1;
            if self.kind.keeps_right() && !self.rights.log.mark(right).matched {
                return Some(Row { time: Timestamp::MAX, left: None, right: Some(right) });
            }
            if turn.must_yield() {
                return None;
            }
        }
        *self = AsOfJoin { late: self.late, ..AsOfJoin::new(self.kind) };
        None
    }

    /// Nothing comes out: what is of no use gives its memory back, once that is as much as what is.
    fn clean(&mut self) {
        let min = if self.disk.is_some() { DEAD_MIN / 16 } else { DEAD_MIN };
        if self.lefts.dead == self.lefts.log.len() {
            self.lefts.log.clear();
            self.lefts.dead = 0;
        } else if self.lefts.is_wasteful(min) {
            self.write_anew(Side::Left);
        }
        if self.rights.is_wasteful(min) {
            self.write_anew(Side::Right);
        }
    }

    /// Drops the elements of one side that neither the watermark has to reach nor hold.
    #[cold]
    fn write_anew(&mut self, side: Side) {
        let mut ahead = std::mem::take(&mut self.ahead).into_vec();
        let of_side = |ahead: &&mut Reverse<Ahead>| ahead.0.1 == side;
        let kept = if side == Side::Left { self.lefts.live() } else { self.rights.live() };
        let mut live = Vec::with_capacity(kept);
        live.extend(ahead.iter_mut().filter(of_side).map(|ahead| ahead.0.4));
        let renumbered = if side == Side::Left {
            self.lefts.dead = 0;
            self.lefts.log.retain(&live)
        } else {
            self.latest.adjust(|right| live.push(*right));
            self.rights.dead = 0;
            let renumbered = self.rights.log.retain(&live);
            self.latest.adjust(|right| *right = renumbered.of(*right));
            renumbered
        };
        ahead.iter_mut().filter(of_side).for_each(|ahead| ahead.0.4 = renumbered.of(ahead.0.4));
        self.ahead = ahead.into();
    }
}
