//! Partial aggregates on the near side of an exchange.

use super::Time;
use super::gathered::Gathered;
use super::panes::Panes;
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
    /// None if records have to go on one by one.
    panes: Option<Gathering<S, K, A>>,
    aggregate: A,
    entries: usize,
    drain: Option<Drain>,
    merging: Merging,
}

/// What is gathered, by pane.
type Gathering<S, K, A> = Panes<<S as Accumulates>::Panes, Gathered<K, <A as Aggregate>::Acc>>;

/// Panes that are being drained.
struct Drain {
    /// Those whose last point in time is not behind this one.
    until: Timestamp,
    pane: usize,
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
        let panes = if parts { spec.panes().map(Panes::new) } else { None };
        Partials { panes, aggregate, entries: 0, drain: None, merging: Merging::default() }
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
        let hash = K::key_hash(key.as_view());
        let panes = match &mut self.panes {
            Some(panes) if self.merging.takes() => panes,
            _ => {
                let mut acc = A::Acc::default();
                if let Err(overflow) = self.aggregate.add(&mut acc, value.as_view()) {
                    return Err(failed_on::<K>(overflow, key.as_view()));
                }
                return Ok(Some((hash, key, acc)));
            }
        };
        // No watermark is needed to know that the first millisecond of all is late, nor that a record is in no window.
        let Some(number) = panes.pane_at(time, Timestamp::MIN) else { return Ok(None) };
        let table = &mut panes.get_mut(number).table;
        let entry = match table.find(hash, key.as_view()) {
            Ok(entry) => entry,
            Err(at) => {
                self.entries += 1;
                table.insert(at, hash, key.as_view())
            }
        };
        if let Err(overflow) = self.aggregate.add(table.value(entry), value.as_view()) {
            return Err(failed_on::<K>(overflow, key.as_view()));
        }
        Ok(None)
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
            let table = &self.panes.as_ref()?.get(drain.pane).table;
            if table.get(drain.next).is_some() {
                drain.next += 1;
                break;
            }
            self.end();
        }
        let drain = self.drain.as_ref()?;
        let pane = self.panes.as_ref()?.get(drain.pane);
        let (hash, key, acc) = pane.table.get(drain.next - 1)?;
        Some((pane.window.start, hash, key.as_view(), acc.as_view()))
    }

    /// Begins with the first pane, if a watermark up to this point passes its end, or if there are too many entries.
    fn begin(&mut self, until: Timestamp) -> bool {
        let until = if self.entries < MAX_ENTRIES { until } else { Timestamp::MAX };
        let Some(panes) = &self.panes else { return false };
        let pane = panes.first().filter(|pane| panes.get(*pane).window.last() <= until);
        self.drain = pane.map(|pane| Drain { until, pane, next: 0 });
        self.drain.is_some()
    }

    /// A pane was drained.
    fn end(&mut self) {
        let (Some(drain), Some(panes)) = (self.drain.take(), &mut self.panes) else { return };
        self.entries -= drain.next;
        self.merging.handed_on(drain.next);
        let keep = panes.keeps_memory();
        if keep {
            panes.get_mut(drain.pane).table.clear();
        }
        panes.close(drain.pane, drain.next, keep);
        // All of them go, though there are not too many any more.
        self.begin(drain.until);
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
        self.panes.as_ref().map_or(0, Panes::entries)
    }

    fn bytes(&self) -> usize {
        self.panes.as_ref().map_or(0, Panes::bytes)
    }

    /// All are handed on before a barrier.
    fn save(&mut self, _: &mut SnapshotWriter) {
        assert_eq!(self.entries(), 0, "partial aggregates are never state");
    }

    fn load(&mut self, _: &Loader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}
