//! Sessions in a snapshot.
//!
//! Logs hold the elements of all sessions in order of arrival, by which merged sessions have theirs. So a key's elements
//! are written in that order, over all its sessions.

use super::{NONE, Sessions};
use crate::join::log::{Log, Run};
use crate::join::save::{Place, Saved, Sections, Takes, load, put};
use crate::record::{Key, Record, View};
use crate::state::{Cursor, LoadError, Loader, SectionWriter, SnapshotWriter};
use crate::time::{Timestamp, Window};
use crate::window::Assigner;

/// A session: start, end, whether it has fired, key.
type Session<K> = (Timestamp, Timestamp, bool, K);

const SESSIONS: &str = "sessions";
const ELEMENTS: Sections = Sections { left: "lefts", right: "rights" };

impl<K: Key, L: Record, R: Record> Sessions<K, L, R> {
    pub fn save(&self, out: &mut SnapshotWriter) {
        let mut cursor = Cursor::default();
        while let Some((hash, key, &first)) = self.table.next_in_order(&mut cursor) {
            let (key, mut lefts, mut rights) = (key.as_view(), Vec::new(), Vec::new());
            let mut at = first;
            while at != NONE {
                let session = self.get(at);
                let window = session.window;
                let mut out = out.section::<Session<K>>(SESSIONS);
                out.put(hash, (window.start, window.end, session.fired, key));
                lefts.push((window, session.sides.left));
                rights.push((window, session.sides.right));
                at = session.next;
            }
            save::<K, L>(&mut out.section(ELEMENTS.left), (hash, key), &self.lefts, &lefts);
            save::<K, R>(&mut out.section(ELEMENTS.right), (hash, key), &self.rights, &rights);
        }
    }

    pub fn load(&mut self, spec: &impl Assigner, from: &Loader<'_>) -> Result<(), LoadError> {
        from.each::<Session<K>>(SESSIONS, |hash, (start, end, fired, key)| {
            let window = Window { start, end };
            let at = self.begin(window, hash, key);
            self.get_mut(at).fired = fired;
            self.push_timer(at, if fired { spec.cleanup(window) } else { window.last() });
        })?;
        load(from, &ELEMENTS, self)
    }
}

impl<K: Key, L: Record, R: Record> Takes<K, L, R> for Sessions<K, L, R> {
    fn place(&mut self, window: Window, hash: u64, key: View<'_, K>) -> Place<'_, L, R> {
        let mut at = self.table.get(hash, key).copied().unwrap_or(NONE);
        while at != NONE && self.get(at).window != window {
            at = self.get(at).next;
        }
        if at == NONE {
            at = self.begin(window, hash, key);
            self.push_timer(at, window.last());
        }
        let session = self.slab[at as usize].as_mut().expect("a live session");
        session.elements += 1;
        Place { sides: &mut session.sides, lefts: &mut self.lefts, rights: &mut self.rights }
    }
}

/// Writes what one side has in a key's sessions.
fn save<K: Key, T: Record>(
    out: &mut SectionWriter<'_, Saved<K, T>>,
    key: (u64, View<'_, K>),
    log: &Log<T>,
    sessions: &[(Window, Run)],
) {
    let of_session = |(window, run): &(Window, Run)| {
        let window = *window;
        log.each(*run).map(move |number| (number, window))
    };
    let mut elements: Vec<_> = sessions.iter().flat_map(of_session).collect();
    elements.sort_unstable_by_key(|(number, _)| *number);
    for (number, window) in elements {
        put(out, window, key, log.get(number));
    }
}
