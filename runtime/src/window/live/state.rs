//! What the runtime knows of the state of windows.

use super::LiveWindows;
use crate::record::{Key, Record};
use crate::state::{LoadError, Loader, SnapshotWriter, State, Table, by_key};
use crate::time::{Timestamp, Window};
use crate::window::Assigner;
use crate::window::firing::Again;

/// The sections of what keys have in windows. Whether a window has fired is said of each entry: tasks are not equally
/// far, in processing time never, so that the time up to which one has fired says little of what others bring.
const WAITING: &str = "windows";
const FIRED: &str = "fired windows";

impl<S: Assigner<At = Timestamp>, K: Key, V: Record> State for LiveWindows<S, K, V> {
    fn entries(&self) -> usize {
        self.panes.entries() + self.again.len()
    }

    fn bytes(&self) -> usize {
        self.panes.bytes() + self.again.capacity() * size_of::<Again<K, V>>()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let first = self.panes.first()?;
        self.clock.is_processing().then(|| self.panes.get(first).window.end)
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&self.panes.spec().meaning())
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        self.clock.save(out);
        // A table that is not live now may have been when the snapshot before was given up.
        self.panes.tables().for_each(Table::stop_saving);
        for pane in self.panes.live_mut() {
            let Window { start, end } = pane.window;
            let section = if pane.fired { FIRED } else { WAITING };
            let out = out.later::<(Timestamp, Timestamp, K, V)>(section);
            pane.table.begin_saving(out, [start.0, end.0], |out, window, hash, key, value| {
                let [start, end] = window.map(Timestamp);
                out.put(hash, (start, end, key.as_view(), value.as_view()));
            });
        }
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        // What fires meanwhile is written before it goes.
        self.panes.live_mut().any(|pane| pane.table.save_segment())
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.clock.load(from);
        let (panes, again) = (&mut self.panes, &mut self.again);
        from.each::<(Timestamp, Timestamp, K, V)>(FIRED, |hash, (start, end, key, value)| {
            let pane = panes.restored(Window { start, end });
            pane.fired = true;
            pane.table.entry_or(hash, key, || V::from_view(value));
        })?;
        from.each::<(Timestamp, Timestamp, K, V)>(WAITING, |hash, (start, end, key, value)| {
            let pane = panes.restored(Window { start, end });
            pane.table.entry_or(hash, key, || V::from_view(value));
            if pane.fired {
                let (window, key, value) = (pane.window, K::from_view(key), V::from_view(value));
                again.push_back(Again { window, hash, key, value });
            }
        })
    }
}
