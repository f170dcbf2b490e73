//! Sliding windows with aggregates: a record is added once, whatever the number of its windows.
//!
//! Time is divided into [panes](super::slide_panes) which windows have in common. A key has a value per pane; a window is
//! put together from its panes when it fires. One walk through the table, in order, fires a window and drops the panes
//! that no later window needs.
//!
//! ```text
//!   record ──▶ Table<K, Ring of panes> ── watermark >= end - 1 ──▶ merge the window's panes ──▶ firings, resumable
//! ```
//!
//! That is right for aggregates that may be put together from parts in any order. For others, such as `first` or `to_vec`,
//! each window has a value of its own, as Flink has for all.

use std::sync::Arc;

use super::live::LiveWindows;
use super::rings::Rings;
use super::slide_tables::SlideTables;
use super::store::{Added, AggregateUpdate, Aggregated, Store};
use super::{Firing, Sliding};
use crate::operator::Aggregate;
use crate::record::{Key, View};
use crate::state::{DiskError, LoadError, Loader, SnapshotWriter, Spill, State};
use crate::task::{Failure, Turn};
use crate::time::Timestamp;

/// Sliding windows with an aggregate.
pub struct SlidingWindows<K: Key, A: Aggregate> {
    aggregate: A,
    kept: Kept<K, A>,
}

/// How accumulators are kept.
#[expect(clippy::large_enum_variant, reason = "there is one per task")]
enum Kept<K: Key, A: Aggregate> {
    /// One per pane.
    Panes(Rings<K, A>),
    /// One per pane, not all of them in memory.
    Tables(SlideTables<K, A>),
    /// One per window.
    Windows(LiveWindows<Sliding, K, A::Acc>),
}

impl<K: Key, A: Aggregate> Aggregated<Sliding, K, A> for SlidingWindows<K, A> {
    fn new(spec: Sliding, aggregate: A) -> Self {
        let kept = if A::PANES {
            Kept::Panes(Rings::new(spec))
        } else {
            Kept::Windows(LiveWindows::new(spec))
        };
        SlidingWindows { aggregate, kept }
    }

    #[inline(always)]
    fn prepare(&mut self, hashes: &[u64]) {
        match &mut self.kept {
            Kept::Panes(rings) => rings.prepare(hashes),
            Kept::Tables(tables) => tables.prepare(hashes),
            Kept::Windows(windows) => windows.prepare(hashes),
        }
    }

    #[inline(always)]
    fn add(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: View<'_, K>,
        added: Added<'_, A>,
    ) -> Result<bool, Failure> {
        let mut update = AggregateUpdate::<K, A> { aggregate: &self.aggregate, key, added };
        match &mut self.kept {
            Kept::Panes(rings) => rings.add(turn, time, hash, key, &mut update),
            Kept::Tables(tables) => tables.add(turn, time, hash, key, added, &self.aggregate),
            Kept::Windows(windows) => windows.update(turn, time, hash, key, &mut update),
        }
    }

    #[inline]
    fn fire(&mut self, turn: &mut Turn<'_>) -> Result<Option<Firing<'_, K, A::Acc>>, Failure> {
        match &mut self.kept {
            Kept::Panes(rings) => rings.fire(turn, &self.aggregate),
            Kept::Tables(tables) => tables.fire(turn, &self.aggregate),
            Kept::Windows(windows) => Ok(windows.fire(turn)),
        }
    }
}

impl<K: Key, A: Aggregate> SlidingWindows<K, A> {
    fn state(&self) -> &dyn State {
        match &self.kept {
            Kept::Panes(rings) => rings,
            Kept::Tables(tables) => tables,
            Kept::Windows(windows) => windows,
        }
    }

    fn state_mut(&mut self) -> &mut dyn State {
        match &mut self.kept {
            Kept::Panes(rings) => rings,
            Kept::Tables(tables) => tables,
            Kept::Windows(windows) => windows,
        }
    }
}

impl<K: Key, A: Aggregate> State for SlidingWindows<K, A> {
    fn entries(&self) -> usize {
        self.state().entries()
    }
    fn bytes(&self) -> usize {
        self.state().bytes()
    }
    fn next_timer(&self) -> Option<Timestamp> {
        self.state().next_timer()
    }
    fn late(&self) -> u64 {
        self.state().late()
    }
    fn meaning(&self) -> String {
        format!("{} in {}", self.aggregate.meaning(), self.state().meaning())
    }
    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        if let Kept::Panes(rings) = &self.kept {
            let spec = *rings.spec();
            if !SlideTables::<K, A>::suit(&spec) {
                return Ok(false);
            }
            self.kept = Kept::Tables(SlideTables::new(spec, to.open()?));
            return Ok(true);
        }
        self.state_mut().spill(to)
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        self.state_mut().save(out);
    }
    fn save_more(&mut self, out: &mut SnapshotWriter) -> bool {
        self.state_mut().save_more(out)
    }
    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.state_mut().load(from)
    }
}
