//! What the runtime knows of the state of sessions.

use std::sync::Arc;

use super::{SessionWindows, next_of};
use crate::record::{Key, Record, View};
use crate::state::{
    Backing, Codec, Context, DiskError, LoadError, Loader, OpenSection, SnapshotWriter, Spill,
    Spilled, State, Table, Tiered, by_key, read_entry,
};
use crate::time::{Span, Timestamp, Window};
use crate::window::Assigner;
use crate::window::firing::Again;
use crate::window::sessions::{Session, Sessions, Spare};
use crate::window::store::table_of;

/// A session: start, end, number among its key's, whether it has fired, key, value.
type Saved<K, V> = (Timestamp, Timestamp, u32, bool, K, V);
/// The section of sessions, wherever they are.
const SESSIONS: &str = "sessions";
/// And all of the keys of which a disk does not know what they have, if there is a disk.
const HOT: &str = "hot sessions";

/// A key on a disk, with its sessions in order: start, end, when its timer comes, number, whether it has fired, value.
type OnDisk<K, V> = (K, Vec<(Timestamp, Timestamp, Timestamp, u32, bool, V)>);

/// How sessions are kept on a disk.
fn codec<K: Key, V: Record>() -> Codec<K, Sessions<V>> {
    Codec {
        put: |arena, key, sessions| {
            let mut all = Vec::new();
            sessions.each(|it| {
                all.push((it.start, it.end, it.armed, it.born, it.fired, it.value.as_view()));
            });
            arena.put(&(key.as_view(), all))
        },
        take: |bytes, root| {
            let (key, all) = read_entry::<OnDisk<K, V>>(bytes, root)?;
            let (mut sessions, mut spare) = (None, Spare::new());
            for (start, end, armed, born, fired, value) in all.iter() {
                let value = || V::from_view(value);
                let mut session = Session::new(Window { start, end }, born, value());
                (session.armed, session.fired) = (armed, fired);
                sessions.get_or_insert_with(|| Sessions::new(value())).put(session, &mut spare);
            }
            let none = || LoadError::Short { section: SESSIONS.to_owned(), entries: 1 };
            Ok((K::from_view(key), sessions.ok_or_else(none)?))
        },
        relay: |out, _, hash, bytes, root| {
            let (key, all) = read_entry::<OnDisk<K, V>>(bytes, root)?;
            for (start, end, _, born, fired, value) in all.iter() {
                out.put(hash, (start, end, born, fired, key, value));
            }
            Ok(())
        },
        written: None,
        beside: |_| 0,
    }
}

fn put<K: Key, V: Record>(
    out: &mut OpenSection<'_>,
    _: Context,
    hash: u64,
    key: &K,
    sessions: &Sessions<V>,
) {
    sessions.each(|session| {
        let (start, end, value) = (session.start, session.end, session.value.as_view());
        out.put(hash, (start, end, session.born, session.fired, key.as_view(), value));
    });
}

impl<S: Assigner, K: Key, V: Record> State for SessionWindows<S, K, V> {
    fn entries(&self) -> usize {
        self.book.sessions + self.book.again.len()
    }

    fn bytes(&self) -> usize {
        let table = self.table.as_ref();
        let apart = self.book.sessions.saturating_sub(table.map_or(0, Tiered::len));
        table.map_or(0, Tiered::bytes)
            + self.backing().map_or(0, Backing::bytes_on_disk)
            + apart * size_of::<Session<V>>()
            + self.book.spare.bytes()
            + self.book.timers.bytes()
            + self.book.again.capacity() * size_of::<Again<K, V>>()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let first = self.book.clock.is_processing().then(|| self.book.timers.first())?;
        first.map(|time| time + Span(1))
    }

    fn late(&self) -> u64 {
        self.book.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&self.book.spec.meaning())
    }

    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        self.spilled = Some(Spilled { backing: to.open()?, codec: codec() });
        Ok(true)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        self.book.clock.save(out);
        if let Some(backing) = self.backing() {
            backing.stop_saving();
        }
        let Some(table) = &mut self.table else { return };
        let all = out.later::<Saved<K, V>>(SESSIONS);
        let hot = || out.later::<Saved<K, V>>(HOT);
        table.begin_saving(all, hot, Context::default(), put);
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.table.as_mut().is_some_and(Tiered::save_segment)
            || self.backing().is_some_and(Backing::save_more)
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.book.clock.load(from);
        // What a disk did not know comes first: there may be older sessions of such a key, or other ones.
        let mut hot = Table::<K, ()>::new();
        from.each::<Saved<K, V>>(HOT, |hash, session| {
            hot.entry(hash, session.4);
            self.restore(hash, session);
        })?;
        from.each::<Saved<K, V>>(SESSIONS, |hash, session| {
            if hot.get(hash, session.4).is_none() {
                self.restore(hash, session);
            }
        })
    }
}

impl<S: Assigner, K: Key, V: Record> SessionWindows<S, K, V> {
    fn backing(&self) -> Option<&Backing> {
        self.spilled.as_ref().map(|spilled| &*spilled.backing)
    }

    /// Takes in a session that was saved.
    fn restore(&mut self, hash: u64, (start, end, born, fired, key, value): View<'_, Saved<K, V>>) {
        let book = &mut self.book;
        let value = || V::from_view(value);
        let mut session = Session::new(Window { start, end }, born, value());
        session.fired = fired;
        session.armed = next_of(&book.spec, &session);
        book.timers.set(session.armed, hash, session.window().size());
        book.sessions += 1;
        let table = table_of(&mut self.table, || Tiered::new(self.spilled.as_ref()));
        let sessions = table.entry_or(hash, key, || Sessions::new(value()));
        sessions.put(session, &mut book.spare);
    }
}
