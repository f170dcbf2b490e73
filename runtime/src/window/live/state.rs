//! What the runtime knows of the state of windows.

use std::sync::Arc;

use super::LiveWindows;
use crate::record::{Key, Record, View};
use crate::state::{
    Codec, Context, DiskError, LoadError, Loader, SnapshotWriter, Spill, Spilled, State, by_key,
    read_entry,
};
use crate::time::{Timestamp, Window};
use crate::window::Assigner;
use crate::window::firing::Again;
use crate::window::panes::{Pane, Sections};

/// The sections of what keys have in windows. Whether a window has fired is said of each entry: tasks are not equally
/// far, in processing time never, so that the time up to which one has fired says little of what others bring.
const WAITING: Sections = Sections { all: "windows", hot: "hot windows" };
const FIRED: Sections = Sections { all: "fired windows", hot: "hot fired windows" };

/// An entry of a section.
type Saved<K, V> = (Timestamp, Timestamp, K, V);

fn saved<'v, K: Key, V: Record>(
    window: Context,
    key: View<'v, K>,
    value: View<'v, V>,
) -> View<'v, Saved<K, V>> {
    let [start, end] = window.map(Timestamp);
    (start, end, key, value)
}

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

    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        let codec = Codec::of_pairs(|out, window, hash, bytes, root| {
            let (key, value) = read_entry::<(K, V)>(bytes, root)?;
            out.put(hash, saved::<K, V>(window, key, value));
            Ok(())
        });
        self.panes.spill(Spilled { backing: to.open()?, codec });
        Ok(true)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        self.clock.save(out);
        let sections = |pane: &Pane<K, V>| if pane.fired { FIRED } else { WAITING };
        self.panes.save::<Saved<K, V>>(out, sections, |out, window, hash, key, value| {
            out.put(hash, saved::<K, V>(window, key.as_view(), value.as_view()));
        });
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.panes.save_more()
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.clock.load(from);
        let (panes, again) = (&mut self.panes, &mut self.again);
        // What a disk did not know comes first: there may be an older entry of the key.
        for section in [FIRED.hot, FIRED.all] {
            from.each::<Saved<K, V>>(section, |hash, (start, end, key, value)| {
                panes.share_out();
                let pane = panes.restored(Window { start, end });
                pane.fired = true;
                pane.table.entry_or(hash, key, || V::from_view(value));
            })?;
        }
        for section in [WAITING.hot, WAITING.all] {
            from.each::<Saved<K, V>>(section, |hash, (start, end, key, value)| {
                panes.share_out();
                let pane = panes.restored(Window { start, end });
                let mut is_new = false;
                pane.table.entry_or(hash, key, || {
                    is_new = true;
                    V::from_view(value)
                });
                if pane.fired && is_new {
                    let (window, key, value) =
                        (pane.window, K::from_view(key), V::from_view(value));
                    again.push_back(Again { window, hash, key, value });
                }
            })?;
        }
        Ok(())
    }
}
