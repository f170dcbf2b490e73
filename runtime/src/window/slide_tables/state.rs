//! What the runtime knows of the state of sliding windows that have a disk.

use std::collections::VecDeque;
use std::rc::Rc;

use super::SlideTables;
use crate::operator::Aggregate;
use crate::record::{Emit, Key, Record};
use crate::state::{
    Backing, Codec, LoadError, Loader, SnapshotWriter, Spilled, State, by_key, read_entry,
};
use crate::time::Timestamp;
use crate::window::firing::Again;
use crate::window::panes::{Panes, Sections};
use crate::window::progress::{HOT, InPane, PANES, Progress, each_in_panes};
use crate::window::slide_panes::SlidePanes;
use crate::window::{Assigner, Sliding};

impl<K: Key, A: Aggregate> SlideTables<K, A> {
    /// None yet, with a disk behind them.
    pub fn new(spec: Sliding, backing: Rc<Backing>) -> Self {
        let codec = Codec::of_pairs(|out, [start, _], hash, bytes, root| {
            let (key, value) = read_entry::<(K, A::Acc)>(bytes, root)?;
            out.put(hash, (Timestamp(start), key, value));
            Ok(())
        });
        let mut panes = Panes::new(SlidePanes(spec));
        panes.spill(Spilled { backing, codec });
        SlideTables {
            progress: Progress::new(spec),
            panes,
            hashes: None,
            round: None,
            walk: None,
            again: VecDeque::new(),
            current: None,
            late: 0,
        }
    }
}

impl<K: Key, A: Aggregate> State for SlideTables<K, A> {
    fn entries(&self) -> usize {
        self.panes.entries() + self.again.len()
    }

    fn bytes(&self) -> usize {
        self.panes.bytes() + self.again.capacity() * size_of::<Again<K, A::Acc>>()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.progress.next_timer(|start| super::first_from(&self.panes, start))
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&self.progress.spec.meaning())
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        self.progress.save(out, self.hashes);
        let sections = Sections { all: PANES, hot: HOT };
        self.panes.save::<InPane<K, A>>(
            out,
            |_| sections,
            |out, [start, _], hash, key, value| {
                out.put(hash, (Timestamp(start), key.as_view(), value.as_view()));
            },
        );
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.panes.save_more()
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.progress.load(from)?;
        each_in_panes::<K, A>(from, |hash, (start, key, value)| {
            let Some(window) = self.panes.spec().pane_of(start) else { return };
            self.panes.share_out();
            let acc = self.panes.restored(window).table.entry_or(hash, key, A::Acc::default);
            *acc = A::Acc::from_view(value);
            self.came(hash);
        })
    }
}
