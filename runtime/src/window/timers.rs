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
use std::collections::{BTreeMap, BinaryHeap};

use crate::time::{Span, Timestamp};

/// Slots that a window's length is divided into: some timers are looked at once per slot, but all of a slot are ordered.
const SLOTS_PER_LENGTH: i64 = 32;
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
    /// The slots' length in milliseconds; set with the first timer.
    width: i64,
    near: BinaryHeap<Reverse<Timer>>,
    /// What is left to sift of the last slot whose time has come. Timers before its end go to the heap.
    opened: Vec<Timer>,
    near_slot: i64,
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
        if self.width == 0 {
            self.width = (length.0 / SLOTS_PER_LENGTH).max(1);
            (self.near_slot, self.first) = (i64::MIN, time);
        }
        self.first = self.first.min(time);
        let slot = time.0.div_euclid(self.width);
        if slot <= self.near_slot {
            self.keep((time, hash));
            return;
        }
        let spare = &mut self.spare;
        let timers = self.far.entry(slot).or_insert_with(|| spare.pop().unwrap_or_default());
        timers.push((time, hash));
    }

    /// Keeps a timer that was sifted: there is something to be done at its time.
    #[inline]
    pub fn keep(&mut self, timer: Timer) {
        self.near.push(Reverse(timer));
    }

    /// What is to be done, if anything is.
    #[inline]
    pub fn due(&mut self, now: Timestamp) -> Option<Due> {
        if now >= self.first && self.width > 0 { self.look(now) } else { None }
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
        let Some(first) = self.far.first_entry() else {
            self.first = Timestamp::MAX;
            return None;
        };
        let start = Timestamp(first.key().saturating_mul(self.width));
        if start > now {
            self.first = start;
            return None;
        }
        self.near_slot = *first.key();
        let emptied = std::mem::replace(&mut self.opened, first.remove());
        if self.spare.len() < SPARE_SLOTS {
            self.spare.push(emptied);
        }
        Some(Due::Sifting)
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
        let far = || self.far.keys().next().map(|slot| Timestamp(slot.saturating_mul(self.width)));
        opened.into_iter().chain(near).min().or_else(far)
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        let slots = self.far.values().chain(&self.spare).chain([&self.opened]);
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
}
