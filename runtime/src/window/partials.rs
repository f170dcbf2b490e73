//! Partial aggregates on the near side of an exchange.

use super::Time;
use super::panes::Panes;
use super::store::Accumulates;
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, View};
use crate::state::{Cursor, State};
use crate::task::{Failure, Turn};
use crate::time::{Span, Timestamp};

/// Entries after which partials are handed on though nobody asks for it: as many as stay in the cache.
const MAX_ENTRIES: usize = 32 * 1024;

/// Aggregates of the records since the last flush, per pane and key; the far side merges them. A pane is a window, or
/// what several windows have in common.
///
/// They are handed on before every control frame and when there are `MAX_ENTRIES`, so they are no state: a snapshot
/// never sees any.
pub struct Partials<S: Accumulates, K: Key, A: Aggregate> {
    /// None if records have to go on one by one.
    panes: Option<Panes<S::Panes, K, A::Acc>>,
    aggregate: A,
    entries: usize,
    drain: Option<Drain>,
}

/// A pane that is being drained.
struct Drain {
    pane: usize,
    cursor: Cursor,
    entries: usize,
    keep: bool,
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
        Partials { panes, aggregate, entries: 0, drain: None }
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
        let Some(panes) = &mut self.panes else {
            let mut acc = A::Acc::default();
            if let Err(overflow) = self.aggregate.add(&mut acc, value.as_view()) {
                return Err(failed_on::<K>(overflow, key.as_view()));
            }
            return Ok(Some((hash, key, acc)));
        };
        // No watermark is needed to know that the first millisecond of all is late, nor that a record is in no window.
        let Some(number) = panes.pane_at(time, Timestamp::MIN) else { return Ok(None) };
        let table = &mut panes.get_mut(number).table;
        let before = table.len();
        let acc = table.entry(hash, key.as_view());
        if let Err(overflow) = self.aggregate.add(acc, value.as_view()) {
            return Err(failed_on::<K>(overflow, key.as_view()));
        }
        self.entries += table.len() - before;
        Ok(None)
    }

    /// The next partial to hand on, in the order of (window, key hash, canonical key bytes). None unless the turn
    /// flushes or there are too many; none also if the turn must yield: it is then to be asked again in the next.
    #[inline]
    pub fn drain(&mut self, turn: &mut Turn<'_>) -> Option<Partial<'_, K, A>> {
        if self.drain.is_none() && !turn.flushes() && self.entries < MAX_ENTRIES {
            return None;
        }
        let panes = self.panes.as_mut()?;
        loop {
            if self.drain.is_none() {
                let pane = panes.first()?;
                let entries = panes.get(pane).table.len();
                let keep = panes.keeps_memory();
                self.drain = Some(Drain { pane, cursor: Cursor::default(), entries, keep });
            }
            if turn.must_yield() {
                return None;
            }
            let drain = self.drain.as_mut()?;
            let table = &mut panes.get_mut(drain.pane).table;
            if table.drain_in_order(&mut drain.cursor, drain.keep).is_some() {
                break;
            }
            self.entries -= drain.entries;
            panes.close(drain.pane, drain.entries, drain.keep);
            self.drain = None;
        }
        let drain = self.drain.as_ref()?;
        let pane = panes.get(drain.pane);
        let (hash, key, acc) = pane.table.passed(&drain.cursor)?;
        Some((pane.window.start, hash, key.as_view(), acc.as_view()))
    }
}

impl<S: Accumulates, K: Key, A: Aggregate> State for Partials<S, K, A> {
    fn entries(&self) -> usize {
        self.panes.as_ref().map_or(0, Panes::entries)
    }

    fn bytes(&self) -> usize {
        self.panes.as_ref().map_or(0, Panes::bytes)
    }
}
