//! The table of sliding windows: by key, a ring of panes.

mod state;

use std::collections::{BTreeSet, VecDeque};

use super::firing::{Again, Firing};
use super::progress::{Progress, Round};
use super::ring::{Ring, Spare};
use super::slide_panes::SlidePanes;
use super::store::{AggregateUpdate, Update, table_of};
use super::{Assigner, Sliding};
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, Record, View};
use crate::state::{CHUNK, Chunk, Cursor, Table};
use crate::task::{Failure, Turn};
use crate::time::{Timestamp, Window};

/// Accumulators by key and pane.
pub(super) struct Rings<K: Key, A: Aggregate> {
    progress: Progress,
    /// None while there is nothing.
    table: Option<Table<K, Ring<A::Acc>>>,
    spare: Spare<A::Acc>,
    /// The panes that records are kept of, by start.
    live: BTreeSet<Timestamp>,
    /// The panes used last. Records out of order go to and fro between two.
    recent: [Pane; 2],
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
        Rings {
            progress: Progress::new(spec),
            table: None,
            spare: Spare::new(),
            live: BTreeSet::new(),
            recent: [NO_PANE; 2],
            walk: None,
            again: VecDeque::new(),
            current: None,
            chunk: Chunk::default(),
            due: Vec::new(),
            next_due: 0,
            firing: NO_PANE.bounds,
            late: 0,
        }
    }

    pub fn spec(&self) -> &Sliding {
        &self.progress.spec
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
        let now = self.progress.clock.now(turn);
        let time = self.progress.clock.time_of(time);
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
        let ring = table_of(&mut self.table, Table::new).entry_or(hash, key, || Ring::new(start));
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
        let panes = SlidePanes(self.progress.spec);
        let bounds = panes.pane_of(time)?;
        let cleanup = panes.cleanup(bounds);
        let fired = self.progress.has_fired(bounds.start);
        let pane = Pane { bounds, cleanup, fired };
        if cleanup > now {
            self.live.insert(bounds.start);
            self.recent[0] = pane;
        }
        Some(pane)
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
        let ring = self.table.as_ref().and_then(|table| table.get(hash, key));
        let ring = ring.expect("it was added to");
        for (start, window) in self.progress.fired_of(pane, now) {
            let key = K::from_view(key);
            let value = merge::<K, A>(aggregate, ring, self.progress.panes_of(start), &key)?;
            let value = value.expect("it was added to a pane of this window");
            self.again.push_back(Again { window, hash, key, value });
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
        let now = self.progress.clock.now(turn);
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
        if self.progress.skips_any() {
            self.skip_ahead();
        }
        Ok(())
    }

    /// Keys for which the window has fired where they came from do not fire.
    #[cold]
    fn skip_ahead(&mut self) {
        let Some(table) = &self.table else { return };
        let entries = table.chunk(&self.chunk);
        self.due.retain(|(number, _)| !self.progress.skips(entries.hash(usize::from(*number))));
    }

    /// Begins with the next window that is due, or to drop panes; false if there is nothing to do.
    fn begin(&mut self, now: Timestamp) -> bool {
        let before = self.progress.frontier;
        let next = self.progress.next(now, |start| self.live.range(start..).next().copied());
        if self.progress.frontier != before {
            self.recent = [NO_PANE; 2];
        }
        let Some(Round { fires, forget }) = next else {
            if now == Timestamp::MAX {
                self.release();
            }
            return false;
        };
        self.firing = fires.unwrap_or(NO_PANE.bounds);
        let fires = fires.map(|_| self.progress.panes_of(self.progress.frontier));
        self.chunk = Chunk::default();
        self.walk = Some(Walk { cursor: Cursor::default(), fires, forget });
        true
    }

    /// The table was walked through.
    fn end(&mut self) {
        let Some(walk) = self.walk.take() else { return };
        self.recent = [NO_PANE; 2];
        self.progress.fired();
        while self.live.first().is_some_and(|pane| Some(*pane) <= walk.forget) {
            self.live.pop_first();
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
