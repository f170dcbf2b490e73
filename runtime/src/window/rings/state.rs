//! What the runtime knows of the state of sliding windows.

use super::Rings;
use crate::operator::Aggregate;
use crate::record::{Emit, Key, Record};
use crate::state::{Context, LoadError, Loader, SnapshotWriter, State, Table, by_key};
use crate::time::Timestamp;
use crate::window::Assigner;
use crate::window::firing::Again;
use crate::window::progress::{InPane, PANES, each_in_panes};
use crate::window::ring::Ring;
use crate::window::store::table_of;

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
        self.progress.next_timer(|start| self.live.range(start..).next().copied())
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&self.progress.spec.meaning())
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        let hashes = self.table.as_ref().and_then(Table::hashes);
        self.progress.save(out, hashes);
        let Some(table) = &mut self.table else { return };
        let panes = out.later::<InPane<K, A>>(PANES);
        table.begin_saving(panes, Context::default(), |panes, _, hash, key, ring| {
            ring.each(|pane, value| panes.put(hash, (pane, key.as_view(), value.as_view())));
        });
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.table.as_mut().is_some_and(Table::save_segment)
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.progress.load(from)?;
        let (table, live, spare) = (&mut self.table, &mut self.live, &mut self.spare);
        each_in_panes::<K, A>(from, |hash, (pane, key, value)| {
            live.insert(pane);
            let ring = table_of(table, Table::new).entry_or(hash, key, || Ring::new(pane));
            *ring.value(pane, spare) = A::Acc::from_view(value);
        })
    }
}
