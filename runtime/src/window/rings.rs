//! The table of sliding windows: by key, a ring of panes.

mod state;

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;

use super::clock::Clock;
use super::firing::{Again, Firing};
use super::ring::{Ring, Spare};
use super::slide_panes::SlidePanes;
use super::store::{AggregateUpdate, Update, table_of};
use super::tumbling::cut;
use super::{Assigner, Sliding, Time};
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, Record, View};
use crate::state::{CHUNK, Chunk, Cursor, Table};
use crate::task::{Failure, Turn};
use crate::time::{Span, Timestamp, Window};

/// Accumulators by key and pane.
pub(super) struct Rings<K: Key, A: Aggregate> {
    spec: Sliding,
    clock: Clock,
    /// None while there is nothing.
    table: Option<Table<K, Ring<A::Acc>>>,
    spare: Spare<A::Acc>,
    /// The panes that records are kept of, by start.
    live: BTreeSet<Timestamp>,
    /// The panes used last. Records out of order go to and fro between two.
    recent: [Pane; 2],
    /// The start of the last window that has fired, or that nothing was in.
    frontier: i128,
    /// Keys' hashes, and the start of the last window that has fired for them: what a task brought that was further.
    ahead: Vec<(RangeInclusive<u64>, i128)>,
    walk: Option<Walk>,
    /// Firings of keys whose window had fired before.
    again: VecDeque<Again<K, A::Acc>>,
    /// What was handed out last.
    current: Option<Again<K, A::Acc>>,
    /// The entries that the walk has come to.
    chunk: Chunk,
    /// Those of them that fire, by number, with what they have in the window that fires.
    due: Vec<(u8, A::Acc)>,
    /// The next one of these.
    next_due: usize,
    /// The window that fires.
    firing: Window,
    late: u64,
}

/// What is to be known of a pane.
#[derive(Clone, Copy)]
struct Pane {
    bounds: Window,
    /// From this watermark on, no window needs it.
    cleanup: Timestamp,
    /// One of its windows has fired.
    fired: bool,
}

/// Of no time at all.
const NO_PANE: Pane = Pane {
    bounds: Window { start: Timestamp(0), end: Timestamp(0) },
    cleanup: Timestamp::MIN,
    fired: false,
};

/// A way through the table.
struct Walk {
    cursor: Cursor,
    /// The first and the last point in time at which a pane of the window that fires may start, if one fires.
    fires: Option<(Timestamp, Timestamp)>,
    /// Panes that start up to this point are dropped, if any are.
    forget: Option<Timestamp>,
}

impl<K: Key, A: Aggregate> Rings<K, A> {
    pub fn new(spec: Sliding) -> Self {
        let mut rings = Rings {
            spec,
            clock: Clock::new(spec.time()),
            table: None,
            spare: Spare::new(),
            live: BTreeSet::new(),
            recent: [NO_PANE; 2],
            frontier: i128::MIN,
            ahead: Vec::new(),
            walk: None,
            again: VecDeque::new(),
            current: None,
            chunk: Chunk::default(),
            due: Vec::new(),
            next_due: 0,
            firing: NO_PANE.bounds,
            late: 0,
        };
        // What ends in the first millisecond of all is over before anything comes.
        rings.frontier = rings.last_start(Timestamp::MIN, Span::ZERO);
        rings
    }

    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        if let Some(table) = &mut self.table {
            table.prepare(hashes);
        }
    }

    /// Adds to a key's pane of a point in time; false, and counted, if it is late for all windows of the pane.
    #[inline(always)]
    pub fn add(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: View<'_, K>,
        update: &mut AggregateUpdate<'_, '_, '_, K, A>,
    ) -> Result<bool, Failure> {
        let now = self.clock.now(turn);
        let time = self.clock.time_of(time);
        let recent = self.recent[0];
        let pane = if recent.bounds.contains(time) {
            recent
        } else {
            match self.other_pane(time, now) {
                Some(pane) => pane,
                None => return Ok(true), // In a gap between windows.
            }
        };
        if pane.cleanup <= now {
            self.late += 1;
            return Ok(false);
        }
        let start = pane.bounds.start;
        let ring = table_of(&mut self.table).entry_or(hash, key, || Ring::new(start));
        update.add(ring.value(start, &mut self.spare))?;
        if pane.fired {
            self.fire_again(start, now, hash, key, update.aggregate)?;
        }
        Ok(true)
    }

    /// The pane of a point in time, which becomes the recent one; none in a gap.
    #[inline(never)]
    fn other_pane(&mut self, time: Timestamp, now: Timestamp) -> Option<Pane> {
        self.recent.swap(0, 1);
        if self.recent[0].bounds.contains(time) {
            return Some(self.recent[0]);
        }
        let bounds = SlidePanes(self.spec).pane_of(time)?;
        let (oldest, newest) = self.windows_of(bounds.start);
        let cleanup = self.spec.cleanup(self.window(newest));
        let pane = Pane { bounds, cleanup, fired: oldest <= self.frontier };
        if cleanup > now {
            self.live.insert(bounds.start);
            self.recent[0] = pane;
        }
        Some(pane)
    }

    /// The starts of the oldest and of the newest window that a pane is part of.
    fn windows_of(&self, pane: Timestamp) -> (i128, i128) {
        let pane = i128::from(pane.0);
        let oldest = self.spec.start_before(pane - self.spec.size()) + self.spec.slide();
        (oldest, self.spec.start_before(pane))
    }

    fn window(&self, start: i128) -> Window {
        cut(start, start + self.spec.size())
    }

    /// The first and the last point in time at which a pane of a window may start.
    fn panes_of(&self, start: i128) -> (Timestamp, Timestamp) {
        (clamped(start), clamped(start + self.spec.size() - 1))
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
        let (oldest, mut start) = self.windows_of(pane);
        let ring = self.table.as_ref().and_then(|table| table.get(hash, key));
        let ring = ring.expect("it was added to");
        while start >= oldest {
            let window = self.window(start);
            if self.spec.cleanup(window) <= now {
                break;
            }
            if start <= self.frontier {
                let key = K::from_view(key);
                let value = merge::<K, A>(aggregate, ring, self.panes_of(start), &key)?;
                let value = value.expect("it was added to a pane of this window");
                self.again.push_back(Again { window, hash, key, value });
            }
            start -= self.spec.slide();
        }
        Ok(())
    }

    /// The next firing. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    #[inline(always)]
    pub fn fire(
        &mut self,
        turn: &mut Turn<'_>,
        aggregate: &A,
    ) -> Result<Option<Firing<'_, K, A::Acc>>, Failure> {
        if self.next_due == self.due.len() {
            if !self.look_for_due(turn, aggregate)? {
                return Ok(None);
            }
            if let Some(again) = &self.current {
                return Ok(Some(again.firing()));
            }
        } else if turn.must_yield() {
            return Ok(None);
        }
        let (number, value) = &self.due[self.next_due];
        self.next_due += 1;
        let Some(table) = &self.table else { return Ok(None) };
        let (entries, number) = (table.chunk(&self.chunk), usize::from(*number));
        let (key, _) = entries.get(number);
        Ok(Some(Firing::new(self.firing, entries.hash(number), key, value)))
    }

    /// Looks for what fires next: true if that is `current`, or else something due.
    #[inline(never)]
    fn look_for_due(&mut self, turn: &mut Turn<'_>, aggregate: &A) -> Result<bool, Failure> {
        self.current = None;
        let now = self.clock.now(turn);
        loop {
            if self.again.is_empty() && self.walk.is_none() && !self.begin(now) {
                return Ok(false);
            }
            if turn.must_yield() {
                return Ok(false);
            }
            self.current = self.again.pop_front();
            if self.current.is_some() || self.step(aggregate)? {
                return Ok(true);
            }
        }
    }

    /// Moves on by a chunk; true if any of its entries fires. Keys of the chunk before that have nothing any more are
    /// taken out, now that all of them have been handed out.
    fn step(&mut self, aggregate: &A) -> Result<bool, Failure> {
        self.due.clear();
        self.next_due = 0;
        if let (Some(walk), Some(table)) = (&mut self.walk, &mut self.table) {
            table.take_out(&mut walk.cursor, &mut self.chunk);
            if table.next_chunk(&mut walk.cursor, &mut self.chunk) {
                self.put_together(aggregate)?;
                return Ok(!self.due.is_empty());
            }
        }
        self.end();
        Ok(false)
    }

    /// What the entries of the chunk have in the window that fires, if one does; panes that no later window needs are
    /// dropped.
    ///
    /// Some keys have records in one pane, some in two, in a way that no processor foresees: so that no jump depends on
    /// it, those with two are listed, and merged afterwards.
    fn put_together(&mut self, aggregate: &A) -> Result<(), Failure> {
        let (Some(walk), Some(table)) = (&self.walk, &mut self.table) else { return Ok(()) };
        let (due, spare, keep) = (&mut self.due, &mut self.spare, table.len() + 64);
        if spare.used > table.len() {
            let (entries, numbers) = (table.chunk(&self.chunk), 0..self.chunk.len());
            numbers.clone().for_each(|number| entries.get(number).1.fetch_older());
            numbers.for_each(|number| entries.get(number).1.fetch_older_ends());
        }
        let (mut merging, mut merges) = ([0u8; CHUNK], 0);
        table.change_chunk(&mut self.chunk, |number, key, ring| {
            if let Some((first, last)) = walk.fires {
                let (previous, newest) = ring.newest_two(first, last);
                if ring.has_older() {
                    let value = merge_next::<K, A>(aggregate, ring, (first, last), spare, key)?;
                    due.extend(value.map(|value| (number as u8, value)));
                } else if previous | newest {
                    let value = if previous { ring.previous() } else { ring.newest() };
                    merging[merges % CHUNK] = due.len() as u8;
                    merges += usize::from(previous & newest);
                    due.push((number as u8, A::Acc::from_view(value.as_view())));
                }
            }
            // The newest value stays readable until its key is taken out.
            Ok::<_, Failure>(walk.forget.is_some_and(|last| ring.forget(last, spare, keep)))
        })?;
        let entries = table.chunk(&self.chunk);
        for &number in &merging[..merges] {
            let (number, value) = &mut self.due[usize::from(number)];
            let (key, ring) = entries.get(usize::from(*number));
            let merged = aggregate.merge(value, ring.newest().as_view());
            merged.map_err(|overflow| failed_on::<K>(overflow, key.as_view()))?;
        }
        if !self.ahead.is_empty() {
            self.skip_ahead();
        }
        Ok(())
    }

    /// Keys for which the window has fired where they came from do not fire.
    #[cold]
    fn skip_ahead(&mut self) {
        let Some(table) = &self.table else { return };
        let (entries, start) = (table.chunk(&self.chunk), self.frontier);
        self.due.retain(|(number, _)| {
            let hash = entries.hash(usize::from(*number));
            !self.ahead.iter().any(|(hashes, last)| start <= *last && hashes.contains(&hash))
        });
    }

    /// Begins with the next window that is due, or to drop panes; false if there is nothing to do.
    fn begin(&mut self, now: Timestamp) -> bool {
        let (due, over) = (self.last_start(now, Span::ZERO), self.last_start(now, self.lateness()));
        if self.frontier < due {
            self.recent = [NO_PANE; 2];
            let next = self.next_window().filter(|start| *start <= due);
            self.frontier = next.unwrap_or(due);
            if next.is_some() {
                self.firing = self.window(self.frontier);
                self.begin_walk(next, over.min(self.frontier));
                return true;
            }
        }
        let oldest = self.live.first().map(|pane| self.windows_of(*pane).1);
        if oldest.is_some_and(|newest_window| newest_window <= over) {
            self.begin_walk(None, over);
            return true;
        }
        if now == Timestamp::MAX {
            self.release();
        }
        false
    }

    /// Begins with a walk that drops the panes that no window behind `over` needs.
    fn begin_walk(&mut self, fires: Option<i128>, over: i128) {
        let forget = over.saturating_add(self.spec.slide() - 1);
        let forget = (forget >= i128::from(i64::MIN)).then(|| clamped(forget));
        let fires = fires.map(|start| self.panes_of(start));
        self.chunk = Chunk::default();
        self.walk = Some(Walk { cursor: Cursor::default(), fires, forget });
    }

    /// The start of the next window behind the frontier that has a pane with records.
    fn next_window(&self) -> Option<i128> {
        // Panes before this one are in no window behind the frontier.
        let first = self.frontier.saturating_add(self.spec.slide());
        let pane = *self.live.range(clamped(first)..).next()?;
        let (oldest, newest) = self.windows_of(pane);
        let next = oldest.max(self.frontier.saturating_add(self.spec.slide()));
        (next <= newest).then_some(next)
    }

    /// The table was walked through.
    fn end(&mut self) {
        let Some(walk) = self.walk.take() else { return };
        self.recent = [NO_PANE; 2];
        self.ahead.retain(|(_, last)| *last > self.frontier);
        while self.live.first().is_some_and(|pane| Some(*pane) <= walk.forget) {
            self.live.pop_first();
        }
    }

    /// The start of the last window that ends `lateness` before `now`.
    fn last_start(&self, now: Timestamp, lateness: Span) -> i128 {
        // The ends of the last windows are cut off.
        let cut_off = Timestamp::MAX - Span(1) + lateness;
        if now >= cut_off {
            return i128::MAX;
        }
        let end = i128::from(now.0) + 1 - i128::from(lateness.0);
        self.spec.start_before(end - self.spec.size())
    }

    fn lateness(&self) -> Span {
        match self.spec.time() {
            Time::Event => self.spec.lateness(),
            Time::Processing => Span::ZERO,
        }
    }

    /// Gives all memory back, if nothing is kept.
    fn release(&mut self) {
        if self.live.is_empty() {
            self.table = None;
            self.spare = Spare::new();
            self.again = VecDeque::new();
            (self.due, self.next_due) = (Vec::new(), 0);
        }
    }
}

/// The nearest point in time.
fn clamped(time: i128) -> Timestamp {
    Timestamp(time.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
}

/// Puts a window together from a key's panes; none if the key has none in it.
#[inline(always)]
fn merge<K: Key, A: Aggregate>(
    aggregate: &A,
    ring: &Ring<A::Acc>,
    (first, last): (Timestamp, Timestamp),
    key: &K,
) -> Result<Option<A::Acc>, Failure> {
    let merge = |window: &mut A::Acc, pane: &A::Acc| aggregate.merge(window, pane.as_view());
    let window = ring.put_together(first, last, |pane| A::Acc::from_view(pane.as_view()), merge);
    window.map_err(|overflow| failed_on::<K>(overflow, key.as_view()))
}

/// The same for windows that fire one after the other.
fn merge_next<K: Key, A: Aggregate>(
    aggregate: &A,
    ring: &mut Ring<A::Acc>,
    (first, last): (Timestamp, Timestamp),
    spare: &mut Spare<A::Acc>,
    key: &K,
) -> Result<Option<A::Acc>, Failure> {
    // Sums of floats keep their order.
    if !A::COMBINES {
        return merge(aggregate, ring, (first, last), key);
    }
    let copy = |pane: &A::Acc| A::Acc::from_view(pane.as_view());
    let merge = |window: &mut A::Acc, pane: &A::Acc| aggregate.merge(window, pane.as_view());
    let window = ring.put_together_next(first, last, spare, copy, merge);
    window.map_err(|overflow| failed_on::<K>(overflow, key.as_view()))
}
