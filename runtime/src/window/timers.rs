//! Timers of sessions: points in time, each with the hash of the key that it is for.
//!
//! Timers that are far away lie unordered in slots of time. When a slot's time has come it is sifted: most sessions have
//! grown since their timer was set, and get another in a later slot. What is left goes to a heap, out of which timers
//! come in the order of (time, key hash).
//!
//! ```text
//!   set ──▶ slot │ slot │ slot │ slot  ── its time has come ──▶ sifted ──▶ heap ──▶ (time, hash), ascending
//!            ▲                                                    │
//!            └────────────────── set again ───────────────────────┘
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use crate::time::{Span, Timestamp};

/// Slots that a window's length is divided into, at least, as their length is a power of two: some timers are looked at
/// once per slot, but all of a slot are ordered.
const SLOTS_PER_LENGTH: i64 = 32;
/// Slots that are found by their number; farther ones in a map.
const SOON: i64 = 2 * SLOTS_PER_LENGTH;
/// Emptied slots whose memory is kept.
const SPARE_SLOTS: usize = 64;

/// A point in time and a key's hash.
pub(super) type Timer = (Timestamp, u64);

/// What is to be done next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Due {
    /// [`sift`](Timers::sift) a slot.
    Sifting,
    /// The [`next`](Timers::next) timer.
    Timer,
}

/// Timers.
#[derive(Default)]
pub(super) struct Timers {
    /// The binary logarithm of the slots' length in milliseconds; set with the first timer, then at least two, so that
    /// numbers of slots can be subtracted.
    shift: u32,
    near: BinaryHeap<Reverse<Timer>>,
    /// What is left to sift of the last slot whose time has come. Timers before its end go to the heap.
    opened: Vec<Timer>,
    near_slot: i64,
    /// The slots behind that one, without a gap, as far as there were timers.
    soon: VecDeque<Vec<Timer>>,
    far: BTreeMap<i64, Vec<Timer>>,
    /// Nothing is to be done before this: watermarks come far more often than timers.
    first: Timestamp,
    spare: Vec<Vec<Timer>>,
}

impl Timers {
    /// Timers that are sifted at once.
    pub const SIFTED: usize = 64;

    /// Sets a timer; `length` is about how far away timers are.
    #[inline]
    pub fn set(&mut self, time: Timestamp, hash: u64, length: Span) {
        if self.shift == 0 {
            self.shift = (length.0 / SLOTS_PER_LENGTH).max(4).ilog2();
            (self.near_slot, self.first) = ((time.0 >> self.shift) - 1, time);
        }
        self.first = self.first.min(time);
        let slot = time.0 >> self.shift;
        match slot - self.near_slot {
            ..=0 => self.keep((time, hash)),
            ahead @ 1..=SOON => {
                let at = (ahead - 1) as usize;
                while self.soon.len() <= at {
                    self.soon.push_back(self.spare.pop().unwrap_or_default());
                }
                self.soon[at].push((time, hash));
            }
            _ => {
                let spare = &mut self.spare;
                let fresh = || spare.pop().unwrap_or_default();
                self.far.entry(slot).or_insert_with(fresh).push((time, hash));
            }
        }
    }

    /// Keeps a timer that was sifted: there is something to be done at its time.
    #[inline]
    pub fn keep(&mut self, timer: Timer) {
        self.near.push(Reverse(timer));
    }

    /// What is to be done, if anything is.
    #[inline]
    pub fn due(&mut self, now: Timestamp) -> Option<Due> {
        if now >= self.first && self.shift > 0 { self.look(now) } else { None }
    }

    #[inline(never)]
    fn look(&mut self, now: Timestamp) -> Option<Due> {
        if !self.opened.is_empty() {
            return Some(Due::Sifting);
        }
        if let Some(Reverse((time, _))) = self.near.peek() {
            self.first = *time;
            return (*time <= now).then_some(Due::Timer);
        }
        let Some(slot) = self.next_slot() else {
            self.first = Timestamp::MAX;
            return None;
        };
        let start = Timestamp(slot << self.shift);
        if start > now {
            self.first = start;
            return None;
        }
        self.open(slot);
        Some(Due::Sifting)
    }

    /// The first slot with timers.
    fn next_slot(&self) -> Option<i64> {
        let soon = self.soon.iter().position(|timers| !timers.is_empty());
        let soon = soon.map(|at| self.near_slot + 1 + at as i64);
        soon.into_iter().chain(self.far.keys().next().copied()).min()
    }

    /// Moves on to a slot before which there is none with timers.
    fn open(&mut self, slot: i64) {
        while self.near_slot < slot {
            let Some(timers) = self.soon.pop_front() else {
                self.near_slot = slot;
                break;
            };
            self.near_slot += 1;
            self.opened_more(timers);
        }
        if let Some(timers) = self.far.remove(&slot) {
            self.opened_more(timers);
        }
    }

    /// Adds to what is opened, and keeps the memory of the smaller part.
    fn opened_more(&mut self, mut timers: Vec<Timer>) {
        if timers.len() > self.opened.len() {
            std::mem::swap(&mut self.opened, &mut timers);
        }
        self.opened.append(&mut timers);
        if timers.capacity() > 0 && self.spare.len() < SPARE_SLOTS {
            self.spare.push(timers);
        }
    }

    /// Up to [`SIFTED`](Timers::SIFTED) timers, each of which is to be [kept](Timers::keep), set again for later, or
    /// forgotten; the number of those given.
    pub fn sift(&mut self, timers: &mut [Timer; Self::SIFTED]) -> usize {
        let rest = self.opened.len().saturating_sub(Self::SIFTED);
        let count = self.opened.len() - rest;
        timers[..count].copy_from_slice(&self.opened[rest..]);
        self.opened.truncate(rest);
        count
    }

    /// The first timer whose time has come.
    #[inline]
    pub fn next(&mut self, now: Timestamp) -> Option<Timer> {
        match self.due(now)? {
            Due::Timer => self.near.pop().map(|Reverse(timer)| timer),
            Due::Sifting => None,
        }
    }

    /// When there may be something to do: never later than the first timer.
    pub fn first(&self) -> Option<Timestamp> {
        let opened = self.opened.iter().map(|(time, _)| *time).min();
        let near = self.near.peek().map(|Reverse((time, _))| *time);
        let later = || self.next_slot().map(|slot| Timestamp(slot << self.shift));
        opened.into_iter().chain(near).min().or_else(later)
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        let slots = self.far.values().chain(&self.soon).chain(&self.spare).chain([&self.opened]);
        let timers = self.near.capacity() + slots.map(Vec::capacity).sum::<usize>();
        timers * size_of::<Timer>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The next timer; all that are sifted are kept.
    fn next(timers: &mut Timers, now: Timestamp) -> Option<Timer> {
        while timers.due(now) == Some(Due::Sifting) {
            let mut sifted = [(Timestamp::MIN, 0); Timers::SIFTED];
            let count = timers.sift(&mut sifted);
            sifted[..count].iter().for_each(|timer| timers.keep(*timer));
        }
        timers.next(now)
    }

    #[test]
    fn timers_come_in_order_whenever_they_were_set() {
        let mut timers = Timers::default();
        let times = [70, 3, i64::MAX, 5, 3, 64, -1, i64::MIN, 0];
        for (number, time) in times.into_iter().enumerate() {
            timers.set(Timestamp(time), number as u64 % 4, Span(320));
        }
        let mut out = Vec::new();
        for now in [-2, 4, 66, i64::MAX - 1, i64::MAX] {
            while let Some((time, hash)) = next(&mut timers, Timestamp(now)) {
                assert!(time.0 <= now);
                out.push((time.0, hash));
                if time.0 == 3 {
                    timers.set(Timestamp(4), hash, Span(320));
                }
            }
        }
        let early = [(i64::MIN, 3), (-1, 2), (0, 0), (3, 0), (3, 1), (4, 0), (4, 1)];
        assert_eq!(out[..7], early);
        assert_eq!(out[7..], [(5, 3), (64, 1), (70, 0), (i64::MAX, 2)]);
        assert_eq!(timers.first(), None);
    }

    #[test]
    fn slots_of_any_size_are_sifted_in_parts() {
        let mut timers = Timers::default();
        for number in 0..1000 {
            timers.set(Timestamp(999 - number), number as u64, Span(320_000));
        }
        let now = Timestamp(i64::MAX);
        let times: Vec<_> =
            std::iter::from_fn(|| next(&mut timers, now)).map(|(time, _)| time.0).collect();
        assert_eq!(times, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn near_and_far_slots_take_turns() {
        let mut timers = Timers::default();
        let mut waiting = Vec::new();
        for step in 0..2000i64 {
            let now = Timestamp(step * 50);
            // Most lie within the slots found by number, some far behind them, a few before now.
            for time in [now.0 + step * 37 % 640, now.0 + step * 7919 % 40_000, now.0 - step % 3] {
                timers.set(Timestamp(time), step as u64, Span(320));
                waiting.push(time);
            }
            let mut due: Vec<_> = waiting.extract_if(.., |time| *time <= now.0).collect();
            due.sort_unstable();
            let out = std::iter::from_fn(|| next(&mut timers, now)).map(|(time, _)| time.0);
            assert_eq!(out.collect::<Vec<_>>(), due);
        }
        assert!(!waiting.is_empty());
    }
}
