//! Sliding windows of which not everything has room in memory: a table per pane, of which a part is on a disk.
//!
//! What a key has in a pane is an entry of that pane's table. Where [`rings`](super::rings) have all panes of a key
//! together, here a record is for one small entry, and a pane goes as a whole. A window fires by a walk through the tables
//! of its panes together, which brings nothing into memory.
//!
//! ```text
//!   record ──▶ Tiered<K, Acc> of its pane ── watermark >= end - 1 ──▶ walk through the window's panes ──▶ firings
//! ```
//!
//! Both are saved in the same way.

mod state;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::Sliding;
use super::firing::{Again, Firing};
use super::panes::Panes;
use super::progress::{Progress, Round};
use super::slide_panes::SlidePanes;
use super::store::{Added, AggregateUpdate, Update};
use super::together::Together;
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, Record, View};
use crate::state::{Cursor, usable};
use crate::task::{Failure, Turn};
use crate::time::{Timestamp, Window};

/// Accumulators by pane and key.
pub(super) struct SlideTables<K: Key, A: Aggregate> {
    progress: Progress,
    panes: Panes<SlidePanes, K, A::Acc>,
    /// The least and the greatest hash of keys that came, since there was nothing.
    hashes: Option<(u64, u64)>,
    /// What is being done.
    round: Option<Round>,
    walk: Option<Walk>,
    /// Firings of keys whose window had fired before.
    again: VecDeque<Again<K, A::Acc>>,
    /// What was handed out last.
    current: Option<Again<K, A::Acc>>,
    late: u64,
}

/// A way through tables.
enum Walk {
    /// A window fires.
    Fire(Window, Together),
    /// A pane is dropped; with `keep` its memory stays.
    Drop { pane: usize, cursor: Cursor, keep: bool, entries: usize },
}

impl<K: Key, A: Aggregate> SlideTables<K, A> {
    /// The most panes of a slide: an empty table takes a kilobyte, and each one of a window that fires is read from.
    const MOST: i64 = 4096;

    /// True if such windows have few enough panes.
    pub fn suit(spec: &Sliding) -> bool {
        super::Assigner::most(spec) <= Self::MOST
    }

    #[inline(never)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.panes.prepare(hashes);
    }

    /// Adds to a key's pane of a point in time; false, and counted, if it is late for all windows of the pane. Out of line:
    /// where windows are kept in rings, the loop over records stays small.
    #[inline(never)]
    pub fn add(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: View<'_, K>,
        added: Added<'_, A>,
        aggregate: &A,
    ) -> Result<bool, Failure> {
        let now = self.progress.clock.now(turn);
        let time = self.progress.clock.time_of(time);
        let Some(number) = self.panes.pane_at(time, now) else {
            let is_late = self.panes.spec().pane_of(time).is_some(); // Else in a gap between windows.
            self.late += u64::from(is_late);
            return Ok(!is_late);
        };
        let pane = self.panes.get_mut(number);
        let mut update = AggregateUpdate::<K, A> { aggregate, key, added };
        update.add(pane.table.entry_or(hash, key, A::Acc::default))?;
        let start = pane.window.start;
        self.came(hash);
        if self.progress.has_fired(start) {
            self.fire_again(start, now, hash, key, aggregate)?;
        }
        Ok(true)
    }

    fn came(&mut self, hash: u64) {
        let hash = usable(hash);
        let (first, last) = self.hashes.unwrap_or((hash, hash));
        self.hashes = Some((first.min(hash), last.max(hash)));
    }

    /// A record came to a pane of which windows have fired: those that are kept fire again for its key, later ones first.
    #[cold]
    #[inline(never)]
    fn fire_again(
        &mut self,
        pane: Timestamp,
        now: Timestamp,
        hash: u64,
        key: View<'_, K>,
        aggregate: &A,
    ) -> Result<(), Failure> {
        let windows: Vec<_> = self.progress.fired_of(pane, now).collect();
        let (Some((newest, _)), Some((oldest, _))) = (windows.first(), windows.last()) else {
            return Ok(());
        };
        let bounds = (self.progress.panes_of(*oldest).0, self.progress.panes_of(*newest).1);
        let numbers: Vec<_> = self.panes.numbers(bounds).collect();
        let mut values = Vec::new();
        for number in numbers {
            let pane = self.panes.get_mut(number);
            if let Some(value) = pane.table.get(hash, key) {
                values.push((pane.window.start, A::Acc::from_view(value.as_view())));
            }
        }
        for (start, window) in windows {
            let (first, last) = self.progress.panes_of(start);
            let is_in = |pane: &Timestamp| (first..=last).contains(pane);
            let values = values.iter().filter(|(pane, _)| is_in(pane)).map(|(_, value)| value);
            let value = merged::<K, A>(aggregate, key, values)?;
            self.again.push_back(Again { window, hash, key: K::from_view(key), value });
        }
        Ok(())
    }

    /// The next firing. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    #[inline(never)]
    pub fn fire(
        &mut self,
        turn: &mut Turn<'_>,
        aggregate: &A,
    ) -> Result<Option<Firing<'_, K, A::Acc>>, Failure> {
        self.current = None;
        let now = self.progress.clock.now(turn);
        loop {
            if self.again.is_empty() && self.walk.is_none() && !self.begin(now) {
                return Ok(None);
            }
            if turn.must_yield() {
                return Ok(None);
            }
            self.current = self.again.pop_front();
            if self.current.is_some() || self.step(aggregate)? {
                return Ok(self.current.as_ref().map(Again::firing));
            }
        }
    }

    /// Moves on by a key; true if it fires: it is `current` then.
    fn step(&mut self, aggregate: &A) -> Result<bool, Failure> {
        match &mut self.walk {
            Some(Walk::Fire(window, together)) => {
                if !together.walk(&mut self.panes) {
                    self.walk = None;
                    self.progress.fired();
                    return Ok(false);
                }
                let first = together.entries(&self.panes).next();
                let Some((hash, key, _)) = first.filter(|(hash, ..)| !self.progress.skips(*hash))
                else {
                    return Ok(false);
                };
                let values = together.entries(&self.panes).map(|(.., value)| value);
                let value = merged::<K, A>(aggregate, key.as_view(), values)?;
                let key = K::from_view(key.as_view());
                self.current = Some(Again { window: *window, hash, key, value });
                Ok(true)
            }
            Some(Walk::Drop { pane, cursor, keep, entries }) => {
                if self.panes.get_mut(*pane).table.drain(cursor, *keep).is_none() {
                    self.panes.close(*pane, *entries, *keep);
                    self.walk = None;
                }
                Ok(false)
            }
            None => Ok(false),
        }
    }

    /// Begins with the next window that is due, or to drop a pane; false if there is nothing to do.
    fn begin(&mut self, now: Timestamp) -> bool {
        loop {
            // Its window has fired.
            let forget = self.round.and_then(|round| round.forget);
            let first = self.panes.first().filter(|_| forget.is_some());
            if let Some(pane) = first.filter(|pane| Some(self.start_of(*pane)) <= forget) {
                let keep = now < Timestamp::MAX && self.panes.keeps_memory();
                let table = &mut self.panes.get_mut(pane).table;
                let (cursor, entries) = (Cursor::default(), table.len());
                table.forget_cold();
                self.walk = Some(Walk::Drop { pane, cursor, keep, entries });
                return true;
            }
            let panes = &self.panes;
            self.round = self.progress.next(now, |start| first_from(panes, start));
            let Some(round) = self.round else {
                self.release(now);
                return false;
            };
            if let Some(window) = round.fires {
                let panes = self.panes.numbers(self.progress.panes_of(self.progress.frontier));
                self.walk = Some(Walk::Fire(window, Together::new(panes)));
                return true;
            }
        }
    }

    fn start_of(&self, pane: usize) -> Timestamp {
        self.panes.get(pane).window.start
    }

    /// At the end of time, gives all memory back, if nothing is kept.
    fn release(&mut self, now: Timestamp) {
        if self.panes.first().is_none() {
            self.hashes = None;
            if now == Timestamp::MAX {
                self.panes.release();
                self.again = VecDeque::new();
            }
        }
    }
}

/// The first pane that starts at a point in time or behind.
fn first_from<K: Key, V>(panes: &Panes<SlidePanes, K, V>, start: Timestamp) -> Option<Timestamp> {
    let first = panes.numbers((start, Timestamp::MAX)).next();
    first.map(|number| panes.get(number).window.start)
}

/// What a key has in several panes; there is at least one.
fn merged<'v, K: Key, A: Aggregate>(
    aggregate: &A,
    key: View<'_, K>,
    mut values: impl Iterator<Item = &'v A::Acc>,
) -> Result<A::Acc, Failure> {
    let first = values.next().expect("the key is in a pane of the window");
    let mut merged = A::Acc::from_view(first.as_view());
    for value in values {
        let done = aggregate.merge(&mut merged, value.as_view());
        done.map_err(|overflow| failed_on::<K>(overflow, key))?;
    }
    Ok(merged)
}
