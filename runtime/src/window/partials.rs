//! Partial aggregates on the near side of an exchange.

use super::Time;
use super::gathered::Gathered;
use super::gathering::Gathering;
use super::store::Accumulates;
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, View};
use crate::state::{LoadError, Loader, SnapshotWriter, State};
use crate::task::{Failure, Turn};
use crate::time::{Span, Timestamp};

/// Entries after which partials are handed on though nobody asks for it: as many as stay in the cache.
const MAX_ENTRIES: usize = 32 * 1024;

/// Aggregates of the records since the last flush, per pane and key; the far side merges them. A pane is a window, or
/// what several windows have in common.
///
/// A pane is handed on before the watermark that passes its end, all are before every other control frame and when there
/// are `MAX_ENTRIES`, so they are no state: a snapshot never sees any. Where they merge next to nothing, records go on
/// one by one for a while.
pub struct Partials<S: Accumulates, K: Key, A: Aggregate> {
    panes: Gathering<S::Panes, K, A::Acc>,
    aggregate: A,
    entries: usize,
    drain: Option<Drain<K, A::Acc>>,
    merging: Merging,
}

/// Panes that are being drained.
struct Drain<K, V> {
    /// Those whose last point in time is not behind this one.
    until: Timestamp,
    /// The first of them: where it starts, and what was gathered in it.
    start: Timestamp,
    table: Gathered<K, V>,
    /// The next entry.
    next: usize,
}

/// A partial aggregate: a point in time in its pane, the key's hash, the key, the accumulator.
type Partial<'p, K, A> = (Timestamp, u64, View<'p, K>, View<'p, <A as Aggregate>::Acc>);

impl<S: Accumulates, K: Key, A: Aggregate> Partials<S, K, A> {
    /// Nothing yet; `spec` was [checked](super::Assigner::checked).
    ///
    /// Records go on one by one where the aggregate must see them in order, where windows are known by their records
    /// only, and where a late record fires a window again: each for itself.
    pub fn new(spec: S, aggregate: A) -> Self {
        let parts = A::COMBINES && spec.lateness() == Span::ZERO && spec.time() == Time::Event;
        let panes = if parts { spec.panes() } else { None };
        let merging = if panes.is_some() { Merging::default() } else { Merging::NEVER };
        Partials { panes: Gathering::new(panes), aggregate, entries: 0, drain: None, merging }
    }

    /// Adds a record. Whether it is late only the far side knows. One that goes on by itself is given back at once: the
    /// key's hash, the key, and the accumulator of this one record.
    ///
    /// # Errors
    /// If the aggregate cannot take it, with the key.
    #[inline(always)]
    pub fn add<EK: Emit<Record = K>>(
        &mut self,
        time: Timestamp,
        key: EK,
        value: impl Emit<Record = A::In>,
    ) -> Result<Option<(u64, EK, A::Acc)>, Failure> {
        if !self.merging.takes() {
            return self.alone(key, value);
        }
        let Some(table) = self.panes.at(time) else { return Ok(None) };
        let hash = K::task_hash(key.as_view());
        let acc = match table.find(hash, key.as_view()) {
            Ok(acc) => acc,
            Err(at) if self.entries < Gathered::<K, A::Acc>::MOST => {
                self.entries += 1;
                table.insert(at, hash, key.as_view())
            }
            Err(_) => return self.alone(key, value),
        };
        match self.aggregate.add(acc, value.as_view()) {
            Ok(()) => Ok(None),
            Err(overflow) => Err(failed_on::<K>(overflow, key.as_view())),
        }
    }

    /// A record that goes on by itself.
    #[inline(always)]
    fn alone<EK: Emit<Record = K>>(
        &self,
        key: EK,
        value: impl Emit<Record = A::In>,
    ) -> Result<Option<(u64, EK, A::Acc)>, Failure> {
        let mut acc = A::Acc::default();
        match self.aggregate.add(&mut acc, value.as_view()) {
            Ok(()) => Ok(Some((K::key_hash(key.as_view()), key, acc))),
            Err(overflow) => Err(failed_on::<K>(overflow, key.as_view())),
        }
    }

    /// The next partial to hand on, in the order of (window, first record). None unless the turn flushes or there are
    /// too many; none also if the turn must yield: it is then to be asked again in the next.
    #[inline]
    pub fn drain(&mut self, turn: &mut Turn<'_>) -> Option<Partial<'_, K, A>> {
        if self.drain.is_none() && !turn.flushes() && self.entries < MAX_ENTRIES {
            return None;
        }
        loop {
            if self.drain.is_none() && !self.begin(turn.flushes_until()) {
                return None;
            }
            if turn.must_yield() {
                return None;
            }
            let drain = self.drain.as_mut()?;
            if drain.table.get(drain.next).is_some() {
                drain.next += 1;
                break;
            }
            self.end();
        }
        let drain = self.drain.as_ref()?;
        let (key, acc) = drain.table.get(drain.next - 1)?;
        Some((drain.start, K::key_hash(key.as_view()), key.as_view(), acc.as_view()))
    }

    /// Begins with the first pane, if a watermark up to this point passes its end, or if there are too many entries.
    fn begin(&mut self, until: Timestamp) -> bool {
        let until = if self.entries < MAX_ENTRIES { until } else { Timestamp::MAX };
        let first = self.panes.take_first(until);
        self.drain = first.map(|(start, table)| Drain { until, start, table, next: 0 });
        self.drain.is_some()
    }

    /// A pane was drained.
    fn end(&mut self) {
        let Some(Drain { until, table, next, .. }) = self.drain.take() else { return };
        self.entries -= next;
        self.merging.handed_on(next);
        self.panes.recycle(table);
        // All of them go, though there are not too many any more.
        self.begin(until);
    }
}

/// Whether it pays to hold records back.
#[derive(Default)]
struct Merging {
    /// Records since this was last asked.
    taken: usize,
    /// Partials that became of them.
    handed_on: usize,
    /// Records that are still to go on one by one.
    passes: usize,
}

impl Merging {
    /// Holds none back.
    const NEVER: Merging = Merging { taken: 0, handed_on: 0, passes: usize::MAX };

    /// True if a record is to be held back.
    #[inline(always)]
    fn takes(&mut self) -> bool {
        if self.passes > 0 {
            self.passes -= 1;
            return false;
        }
        self.taken += 1;
        true
    }

    /// Every so often it is looked whether at least a quarter of the records was saved; if not, seven times as many go
    /// by before it is tried again.
    fn handed_on(&mut self, entries: usize) {
        self.handed_on += entries;
        if self.taken >= MAX_ENTRIES {
            if self.handed_on > self.taken / 4 * 3 {
                self.passes = 7 * self.taken;
            }
            (self.taken, self.handed_on) = (0, 0);
        }
    }
}

impl<S: Accumulates, K: Key, A: Aggregate> State for Partials<S, K, A> {
    fn entries(&self) -> usize {
        self.entries
    }

    fn bytes(&self) -> usize {
        let drained = self.drain.as_ref().map_or(0, |drain| drain.table.bytes());
        self.panes.bytes() + drained
    }

    /// All are handed on before a barrier.
    fn meaning(&self) -> String {
        String::new()
    }
    fn save(&mut self, _: &mut SnapshotWriter) {
        assert_eq!(self.entries(), 0, "partial aggregates are never state");
    }

    fn load(&mut self, _: &Loader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}
