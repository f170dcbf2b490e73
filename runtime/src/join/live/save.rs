//! Windows of all keys in a snapshot.
//!
//! What has fired and what has not is kept apart, so that nothing is lost, nor fires twice, where tasks were not equally
//! far: their clocks never are.

use std::collections::BTreeSet;

use super::{Again, Live};
use crate::join::Sides;
use crate::join::log::{Log, Run};
use crate::join::save::{Place, Saved, Sections, Takes, load, put};
use crate::record::{Key, Record, View};
use crate::state::{Cursor, LoadError, Loader, SectionWriter, SnapshotWriter, Table};
use crate::time::Window;
use crate::window::Assigner;

pub(super) const WAITING: Sections = Sections { left: "lefts", right: "rights" };
pub(super) const FIRED: Sections =
    Sections { left: "lefts that fired", right: "rights that fired" };

impl<K: Key, L: Record, R: Record> Live<K, L, R> {
    pub fn save(&mut self, out: &mut SnapshotWriter) {
        if self.begin_saving_shelved(out) {
            return;
        }
        for pane in self.panes.all() {
            let (window, table) = (pane.window, &pane.table);
            let Sections { left, right } = if pane.fired { FIRED } else { WAITING };
            save(&mut out.section(left), window, table, &pane.left, |sides| sides.left);
            save(&mut out.section(right), window, table, &pane.right, |sides| sides.right);
        }
    }

    pub fn load<S: Assigner>(&mut self, spec: &S, from: &Loader<'_>) -> Result<(), LoadError> {
        let mut restored = Restored { live: self, spec, fired: true, overdue: BTreeSet::new() };
        load(from, &FIRED, &mut restored)?;
        restored.fired = false;
        load(from, &WAITING, &mut restored)?;
        for (pane, hash) in restored.overdue {
            if self.panes.get(pane).is_shelved() {
                self.read_overdue(pane, hash);
                continue;
            }
            let mut keys = self.panes.get_mut(pane).table.of_hash(hash);
            while let Some((key, sides)) = keys.entry() {
                let key = K::from_view(key.as_view());
                self.again.push_back(Again { pane, hash, key, sides: *sides });
                keys.pass();
            }
        }
        Ok(())
    }
}

/// Windows that come back.
struct Restored<'l, S, K: Key, L: Record, R: Record> {
    live: &'l mut Live<K, L, R>,
    spec: &'l S,
    /// Whether those that do now had fired.
    fired: bool,
    /// Panes that have fired for other keys only, with the hashes of the keys that still have to.
    overdue: BTreeSet<(usize, u64)>,
}

impl<S: Assigner, K: Key, L: Record, R: Record> Takes<K, L, R> for Restored<'_, S, K, L, R> {
    fn place(&mut self, window: Window, hash: u64, key: View<'_, K>) -> Place<'_, L, R> {
        self.live.make_room_while_loading();
        let number = self.live.panes.restored(self.spec, window, self.fired);
        let pane = self.live.panes.get_mut(number);
        if pane.fired && !self.fired {
            self.overdue.insert((number, hash));
        }
        pane.place(hash, key)
    }
}

/// Writes what one side has in a window.
fn save<K: Key, T: Record>(
    out: &mut SectionWriter<'_, Saved<K, T>>,
    window: Window,
    table: &Table<K, Sides>,
    log: &Log<T>,
    run: impl Fn(&Sides) -> Run,
) {
    let mut cursor = Cursor::default();
    while let Some((hash, key, sides)) = table.next_in_order(&mut cursor) {
        for number in log.each(run(sides)) {
            put(out, window, (hash, key.as_view()), log.get(number));
        }
    }
}
