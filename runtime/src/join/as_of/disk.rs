//! Joins with what held, of which a part is on a disk.
//!
//! What holds is a value of its own per key, in a table in two tiers. What the watermark has not reached is in memory as
//! ever, and goes to the disk as a whole when that is full, time by time; it comes back when its time comes.

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::rc::Rc;

use super::state::{HOLDS, HOT_HOLDS, Holds, LEFTS_AHEAD, RIGHTS_AHEAD, Saved};
use super::{Ahead, AsOfJoin, Joined, Row, Side};
use crate::join::log::{Log, Mark, Run};
use crate::join::shelves::{Memory, Shelves, slot};
use crate::record::{Key, Record, View};
use crate::state::{Backing, Codec, Entry, Shelf, SnapshotWriter, Spilled, Tiered, read_entry};
use crate::task::Turn;
use crate::time::Timestamp;

/// Times whose elements are read at once.
const TIMES: usize = 64;
/// Elements whose keys are looked up at once.
const DUE: usize = 256;

/// What holds: since when, whether a left element met it, itself.
type Held<R> = (Timestamp, bool, R);

/// What a join has besides what is ahead of the watermark in memory, if there is a disk.
pub(super) struct OnDisk<K: Key, L, R> {
    memory: Memory,
    latest: Tiered<K, Held<R>>,
    /// What is ahead of the watermark, by time; with the hashes of keys and numbers in order of arrival.
    ahead: Shelves<K, (u64, u64), L, R>,
    /// None of that is due before.
    unread: u64,
    /// What is due, and whose keys were looked up.
    due: VecDeque<Ahead>,
    /// The right element of the row that came out last.
    shown: Log<R>,
}

impl<K: Key, L: Record, R: Record> OnDisk<K, L, R> {
    pub fn new(backing: &Rc<Backing>) -> Self {
        let codec = Codec::of_pairs(|out, _, hash, bytes, root| {
            let (key, (time, matched, element)) = read_entry::<(K, Held<R>)>(bytes, root)?;
            out.put(hash, (key, time, matched, element));
            Ok(())
        });
        OnDisk {
            memory: Memory::new(backing),
            latest: Tiered::new(Some(&Spilled { backing: backing.clone(), codec })),
            ahead: Shelves::new(backing),
            unread: u64::MAX,
            due: VecDeque::new(),
            shown: Log::new(),
        }
    }

    pub fn entries(&self) -> usize {
        self.latest.len() + self.ahead.len()
    }

    pub fn bytes(&self) -> usize {
        self.latest.bytes() + self.shown.bytes()
    }

    pub fn bytes_on_disk(&self) -> usize {
        self.memory.backing().bytes_on_disk()
    }

    pub fn load(&mut self, hash: u64, key: View<'_, K>, holds: View<'_, Held<R>>) {
        self.latest.entry_or(hash, key, || Held::<R>::from_view(holds));
    }

    pub fn save_more(&mut self) -> bool {
        self.latest.save_segment() || self.memory.backing().save_more()
    }
}

/// The number of an element that is seen until the next one is.
fn show<R: Record>(shown: &mut Log<R>, element: &R) -> u32 {
    shown.clear();
    shown.push(&mut Run::default(), Timestamp::MIN, element, Mark::default())
}

/// Firing.
impl<K: Key, L: Record, R: Record> AsOfJoin<K, L, R> {
    #[inline(never)]
    pub(super) fn fire_on_disk(&mut self, turn: &mut Turn<'_>) -> Option<Joined<'_, L, R>> {
        let Row { time, left, right } = self.next_row_on_disk(turn)?;
        let shown = &self.disk.as_ref()?.shown;
        let left = left.map(|at| self.lefts.log.get(at).1.1);
        Some(Joined { time, left, right: right.map(|at| shown.get(at).1) })
    }

    fn next_row_on_disk(&mut self, turn: &mut Turn<'_>) -> Option<Row> {
        let now = turn.watermark();
        loop {
            if turn.must_yield() {
                return None;
            }
            self.fetch_due(now);
            let due = self.disk.as_mut()?.due.pop_front();
            let Some((time, side, hash, _, at)) = due else { break };
            let row = match side {
                Side::Right => self.take_place_on_disk(time, hash, at),
                Side::Left => self.look_up_on_disk(time, hash, at),
            };
            if row.is_some() {
                return row;
            }
        }
        if now == Timestamp::MAX {
            return self.end_on_disk(turn);
        }
        self.clean();
        None
    }

    /// If nothing is due any more, fetches what is next, with what holds of its keys.
    fn fetch_due(&mut self, now: Timestamp) {
        if self.disk.as_ref().is_none_or(|disk| !disk.due.is_empty()) {
            return;
        }
        if self.disk.as_ref().is_some_and(|disk| disk.unread <= slot(now)) {
            // All that was read before has come out.
            self.clean();
            self.read_ahead(now);
        }
        let Some(disk) = &mut self.disk else { return };
        while disk.due.len() < DUE
            && let Some(Reverse(next)) = self.ahead.peek()
            && next.0 <= now
            && slot(next.0) < disk.unread
        {
            disk.due.extend(self.ahead.pop().map(|Reverse(next)| next));
        }
        if !disk.due.is_empty() {
            let hashes: Vec<u64> = disk.due.iter().map(|due| due.2).collect();
            disk.latest.prepare(&hashes);
        }
    }

    /// Reads what is next of what is ahead of the watermark no more, if the disk has it.
    fn read_ahead(&mut self, now: Timestamp) {
        let Some(disk) = &mut self.disk else { return };
        loop {
            let next = self.ahead.peek().map(|Reverse(next)| slot(next.0));
            if disk.ahead.len() == 0 {
                disk.unread = u64::MAX;
            }
            let is_there = next.is_some_and(|next| next < disk.unread);
            if is_there || disk.unread > slot(now) || disk.ahead.len() == 0 {
                return;
            }
            let times = (disk.unread, slot(now));
            let (mut lefts, left_end) = read_times(&mut disk.ahead.left, times);
            let (mut rights, right_end) = read_times(&mut disk.ahead.right, times);
            let end = left_end.min(right_end);
            lefts.retain(|read| slot(read.time) <= end);
            rights.retain(|read| slot(read.time) <= end);
            remove(&mut disk.ahead.left, &lefts);
            remove(&mut disk.ahead.right, &rights);
            for Read { time, hash, arrival, key, element } in lefts {
                let at = self.lefts.push(time, &(key, element));
                self.ahead.push(Reverse((time, Side::Left, hash, arrival, at)));
            }
            for Read { time, hash, arrival, key, element } in rights {
                let at = self.rights.push(time, &(key, element));
                self.ahead.push(Reverse((time, Side::Right, hash, arrival, at)));
            }
            disk.unread = end.saturating_add(1);
        }
    }

    /// As [`take_place`](AsOfJoin::take_place).
    fn take_place_on_disk(&mut self, time: Timestamp, hash: u64, at: u32) -> Option<Row> {
        self.rights.dead += 1;
        let disk = self.disk.as_mut()?;
        let (key, element) = self.rights.log.get(at).1;
        let holds = (time, false, R::from_view(element));
        let before = match disk.latest.find_entry(hash, key) {
            Entry::Occupied(latest) => std::mem::replace(latest, holds),
            Entry::Vacant(vacant) => {
                vacant.insert(K::from_view(key), holds);
                return None;
            }
        };
        let is_lonely = self.kind.keeps_right() && !before.1;
        is_lonely.then(|| Row { time, left: None, right: Some(show(&mut disk.shown, &before.2)) })
    }

    /// As [`look_up`](AsOfJoin::look_up).
    fn look_up_on_disk(&mut self, time: Timestamp, hash: u64, at: u32) -> Option<Row> {
        self.lefts.dead += 1;
        let disk = self.disk.as_mut()?;
        let key = self.lefts.log.get(at).1.0;
        let OnDisk { latest, shown, .. } = &mut **disk;
        let right = latest.get(hash, key);
        let right = right.map(|(_, matched, element)| (*matched, show(shown, element)));
        // What is only looked at need not be written once more.
        if self.kind.keeps_right()
            && right.is_some_and(|(matched, _)| !matched)
            && let Entry::Occupied((_, matched, _)) = latest.find_entry(hash, key)
        {
            *matched = true;
        }
        let yields = right.is_some() || self.kind.keeps_left();
        yields.then_some(Row { time, left: Some(at), right: right.map(|(_, right)| right) })
    }

    /// As [`end`](AsOfJoin::end).
    fn end_on_disk(&mut self, turn: &mut Turn<'_>) -> Option<Row> {
        let disk = self.disk.as_mut()?;
        let cursor = self.last_walk.get_or_insert_default();
        while let Some((_, _, (_, matched, element))) = disk.latest.drain(cursor, false) {
            if self.kind.keeps_right() && !*matched {
                let right = Some(show(&mut disk.shown, element));
                return Some(Row { time: Timestamp::MAX, left: None, right });
            }
            if turn.must_yield() {
                return None;
            }
        }
        disk.latest.clear();
        (disk.due, disk.shown) = (VecDeque::new(), Log::new());
        let disk = self.disk.take();
        *self = AsOfJoin { late: self.late, disk, ..AsOfJoin::new(self.kind) };
        None
    }
}

/// An element that comes back.
struct Read<K, T> {
    time: Timestamp,
    hash: u64,
    arrival: u64,
    key: K,
    element: T,
}

/// Reads elements of some times, and up to which of them that is all.
fn read_times<K: Key, T: Record>(
    shelf: &mut Shelf<K, (u64, u64), T>,
    (first, last): (u64, u64),
) -> (Vec<Read<K, T>>, u64) {
    let mut read = Vec::new();
    let end = shelf.range(first..=last, TIMES, |_, (key, time, (hash, arrival), element)| {
        let (key, element) = (K::from_view(key), T::from_view(element));
        read.push(Read { time, hash, arrival, key, element });
    });
    (read, end.unwrap_or(last))
}

fn remove<K: Key, T: Record>(shelf: &mut Shelf<K, (u64, u64), T>, read: &[Read<K, T>]) {
    let times = read.chunk_by(|a, b| a.time == b.time).map(|read| slot(read[0].time));
    shelf.remove(times, read.len());
}

/// Writing.
impl<K: Key, L: Record, R: Record> AsOfJoin<K, L, R> {
    /// What is in memory and ahead of the watermark goes to the disk if it is too much.
    #[cold]
    pub(super) fn make_room(&mut self) {
        let ahead = self.ahead.capacity() * size_of::<Reverse<Ahead>>();
        let bytes = self.lefts.log.bytes() + self.rights.log.bytes() + ahead;
        let Some(disk) = &mut self.disk else { return };
        let is_too_large = disk.memory.is_too_large(bytes);
        if disk.due.is_empty() && is_too_large {
            self.shelve();
        }
    }

    /// The same, now and then while a snapshot is loaded.
    pub(super) fn make_room_while_loading(&mut self) {
        if self.disk.as_mut().is_some_and(|disk| disk.memory.is_time_to_look()) {
            self.make_room();
        }
    }

    fn shelve(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        let mut ahead = std::mem::take(&mut self.ahead).into_vec();
        ahead.sort_unstable_by_key(|Reverse(ahead)| Reverse((ahead.0, ahead.1)));
        if let Some(Reverse(first)) = ahead.last() {
            disk.unread = disk.unread.min(slot(first.0));
        }
        let (mut lefts, mut rights) = (disk.ahead.left.writing(), disk.ahead.right.writing());
        for Reverse((time, side, hash, arrival, at)) in ahead.into_iter().rev() {
            match side {
                Side::Left => {
                    let (key, element) = self.lefts.log.get(at).1;
                    lefts.put(slot(time), (key, time, (hash, arrival), element));
                }
                Side::Right => {
                    let (key, element) = self.rights.log.get(at).1;
                    rights.put(slot(time), (key, time, (hash, arrival), element));
                }
            }
        }
        lefts.end();
        rights.end();
        (self.lefts, self.rights) = (super::Kept::new(), super::Kept::new());
        disk.memory.was_emptied(0);
    }

    /// Begins a snapshot if there is a disk; false if there is none.
    pub(super) fn begin_saving_on_disk(&mut self, out: &mut SnapshotWriter) -> bool {
        let Some(disk) = &mut self.disk else { return false };
        disk.latest.stop_saving();
        disk.memory.backing().stop_saving();
        let holds = out.later::<Holds<K, R>>(HOLDS);
        let hot = || out.later::<Holds<K, R>>(HOT_HOLDS);
        disk.latest.begin_saving(holds, hot, [0; 2], |out, _, hash, key, held| {
            let (time, matched, element) = held;
            out.put(hash, (key.as_view(), *time, *matched, element.as_view()));
        });
        if disk.ahead.len() == 0 {
            self.save_ahead(out);
            return true;
        }
        self.shelve();
        let Some(disk) = &mut self.disk else { return false };
        let lefts = out.later::<Saved<K, L>>(LEFTS_AHEAD);
        disk.ahead.left.begin_saving(lefts, |out, _, (key, time, (hash, arrival), element)| {
            out.put(hash, (time, arrival, key, element));
        });
        let rights = out.later::<Saved<K, R>>(RIGHTS_AHEAD);
        disk.ahead.right.begin_saving(rights, |out, _, (key, time, (hash, arrival), element)| {
            out.put(hash, (time, arrival, key, element));
        });
        true
    }
}
