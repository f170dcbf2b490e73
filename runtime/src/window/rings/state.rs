//! What the runtime knows of the state of sliding windows.

use super::Rings;
use crate::operator::Aggregate;
use crate::record::{Emit, Key, Record};
use crate::state::{Context, LoadError, Loader, SnapshotWriter, State, Table, by_key};
use crate::time::{Span, Timestamp};
use crate::window::Assigner;
use crate::window::firing::Again;
use crate::window::ring::Ring;
use crate::window::store::table_of;

/// What keys have in panes.
const PANES: &str = "panes";
/// How far each task was, under its least hash: the greatest, and the start of the last window that has fired. Tasks
/// are not equally far, in processing time never.
const FRONTIERS: &str = "frontiers";

impl<K: Key, A: Aggregate> State for Rings<K, A> {
    fn entries(&self) -> usize {
        self.table.as_ref().map_or(0, Table::len) + self.spare.used + self.again.len()
    }

    fn bytes(&self) -> usize {
        self.table.as_ref().map_or(0, Table::bytes)
            + self.spare.bytes()
            + self.again.capacity() * size_of::<Again<K, A::Acc>>()
            + self.due.capacity() * size_of::<(u8, A::Acc)>()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let next = self.clock.is_processing().then(|| self.next_window())?;
        next.map(|start| self.window(start).end)
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&self.spec.meaning())
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        self.clock.save(out);
        let Some(table) = &mut self.table else { return };
        if let Some((first, last)) = table.hashes() {
            out.section::<(u64, i128)>(FRONTIERS).put(first, (last, self.frontier));
        }
        let panes = out.later::<(Timestamp, K, A::Acc)>(PANES);
        table.begin_saving(panes, Context::default(), |panes, _, hash, key, ring| {
            ring.each(|pane, value| panes.put(hash, (pane, key.as_view(), value.as_view())));
        });
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.table.as_mut().is_some_and(Table::save_segment)
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        let furthest = self.clock.load(from);
        self.frontier = self.last_start(furthest, Span::ZERO);
        let (table, live, spare) = (&mut self.table, &mut self.live, &mut self.spare);
        from.each::<(Timestamp, K, A::Acc)>(PANES, |hash, (pane, key, value)| {
            live.insert(pane);
            let ring = table_of(table).entry_or(hash, key, || Ring::new(pane));
            *ring.value(pane, spare) = A::Acc::from_view(value);
        })?;
        let mine = from.hashes();
        // Windows fire from where the last of the tasks was; what came from one that was further does not fire again.
        from.all::<(u64, i128)>(FRONTIERS, |first, (last, frontier)| {
            if first <= *mine.end() && last >= *mine.start() {
                self.ahead.push((first..=last, frontier));
                self.frontier = self.frontier.min(frontier);
            }
        })?;
        self.ahead.retain(|(_, frontier)| *frontier > self.frontier);
        Ok(())
    }
}
