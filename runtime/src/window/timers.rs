//! Timers of sessions: points in time, each with the hash of the key that it is for.
//!
//! Timers that are far away lie unordered in slots of time; those of the slot at hand in a heap. So setting a timer, and
//! most of its life, costs next to nothing, and they come out in the order of (time, key hash).
//!
//! ```text
//!   set ──▶ slot │ slot │ slot │ slot     ── its time has come ──▶ heap ──▶ (time, hash), ascending
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::time::{Span, Timestamp};

/// Slots that a window's length is divided into: some timers are looked at once per slot, but all of a slot are ordered.
const SLOTS_PER_LENGTH: i64 = 32;
/// Emptied slots whose memory is kept.
const SPARE_SLOTS: usize = 64;

type Timer = (Timestamp, u64);

/// Timers.
#[derive(Default)]
pub(super) struct Timers {
    /// The slots' length in milliseconds; set with the first timer.
    width: i64,
    near: BinaryHeap<Reverse<Timer>>,
    /// The slot that is in the heap, and all before it.
    near_slot: i64,
    far: BTreeMap<i64, Vec<Reverse<Timer>>>,
    /// No timer is before this: watermarks come far more often than timers.
    first: Timestamp,
    spare: Vec<Vec<Reverse<Timer>>>,
}

impl Timers {
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
            self.near.push(Reverse((time, hash)));
            return;
        }
        let spare = &mut self.spare;
        let timers = self.far.entry(slot).or_insert_with(|| spare.pop().unwrap_or_default());
        timers.push(Reverse((time, hash)));
    }

    /// True if [`next`](Timers::next) has one.
    #[inline]
    pub fn is_due(&mut self, now: Timestamp) -> bool {
        now >= self.first && self.width > 0 && self.look(now)
    }

    #[inline(never)]
    fn look(&mut self, now: Timestamp) -> bool {
        loop {
            if let Some(Reverse((time, _))) = self.near.peek() {
                self.first = *time;
                return *time <= now;
            }
            let Some(first) = self.far.first_entry() else {
                self.first = Timestamp::MAX;
                return false;
            };
            let start = Timestamp(first.key().saturating_mul(self.width));
            if start > now {
                self.first = start;
                return false;
            }
            self.near_slot = *first.key();
            let mut emptied = std::mem::take(&mut self.near).into_vec();
            self.near = first.remove().into();
            if self.spare.len() < SPARE_SLOTS {
                emptied.clear();
                self.spare.push(emptied);
            }
        }
    }

    /// The first timer whose time has come.
    #[inline]
    pub fn next(&mut self, now: Timestamp) -> Option<Timer> {
        if !self.is_due(now) {
            return None;
        }
        self.near.pop().map(|Reverse(timer)| timer)
    }

    /// When there may be something to do: never later than the first timer.
    pub fn first(&self) -> Option<Timestamp> {
        let near = self.near.peek().map(|Reverse((time, _))| *time);
        let far = || self.far.keys().next().map(|slot| Timestamp(slot.saturating_mul(self.width)));
        near.or_else(far)
    }

    /// Memory held, in bytes.
    pub fn bytes(&self) -> usize {
        let slots = self.far.values().chain(&self.spare);
        let timers = self.near.capacity() + slots.map(Vec::capacity).sum::<usize>();
        timers * size_of::<Timer>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_in_order_whenever_they_were_set() {
        let mut timers = Timers::default();
        let times = [70, 3, i64::MAX, 5, 3, 64, -1, i64::MIN, 0];
        for (number, time) in times.into_iter().enumerate() {
            timers.set(Timestamp(time), number as u64 % 4, Span(320));
        }
        let mut out = Vec::new();
        for now in [-2, 4, 66, i64::MAX - 1, i64::MAX] {
            while let Some((time, hash)) = timers.next(Timestamp(now)) {
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
}
