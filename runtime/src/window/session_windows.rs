//! Sessions: windows that records make, and that are merged where they overlap or touch.
//!
//! ```text
//!   record ──▶ Table<K, Sessions> ── timer ──▶ session over? ──▶ firing
//!                                      ▲             │ no: it has grown
//!                                      └─────────────┘
//! ```
//!
//! A session has one timer, set when it begins. Records move its end, not its timer: when that comes, it is set again for
//! the end that the session has by then. So a record costs one look into the table. Timers hold the hash of a key; the
//! few keys that share it are next to each other.

use std::collections::VecDeque;

use super::clock::Clock;
use super::firing::{Again, Firing};
use super::sessions::{Session, Sessions, Spare};
use super::store::{Store, Update, table_of};
use super::timers::Timers;
use crate::record::{Key, Record, View};
use crate::state::{Cursor, State, Table};
use crate::task::{Failure, Turn};
use crate::time::{Timestamp, Window};

use super::{Assigner, At};

/// A value per key and session.
pub struct SessionWindows<S: Assigner, K: Key, V> {
    spec: S,
    clock: Clock,
    /// None while there is nothing.
    table: Option<Table<K, Sessions<V>>>,
    spare: Spare<V>,
    timers: Timers,
    /// The timer whose keys are being walked through.
    walk: Option<Walk>,
    /// Firings of sessions that had ended before.
    again: VecDeque<Again<K, V>>,
    /// What was handed out last.
    current: Option<Again<K, V>>,
    sessions: usize,
    late: u64,
}

struct Walk {
    time: Timestamp,
    hash: u64,
    cursor: Cursor,
}

impl<S: Assigner, K: Key, V: Record> Store<S, K, V> for SessionWindows<S, K, V> {
    fn new(spec: S) -> Self {
        SessionWindows {
            clock: Clock::new(spec.time()),
            spec,
            table: None,
            spare: Spare::new(),
            timers: Timers::default(),
            walk: None,
            again: VecDeque::new(),
            current: None,
            sessions: 0,
            late: 0,
        }
    }

    #[inline(always)]
    fn prepare(&mut self, hashes: &[u64]) {
        if let Some(table) = &mut self.table {
            table.prepare(hashes);
        }
    }

    #[inline(always)]
    fn update(
        &mut self,
        turn: &Turn<'_>,
        at: S::At,
        hash: u64,
        key: View<'_, K>,
        update: &mut impl Update<V>,
    ) -> Result<bool, Failure> {
        let now = self.clock.now(turn);
        let at = at.moved_to(self.clock.time_of(at.time()));
        if let Some(mistake) = self.spec.mistake_at(at) {
            return Err(Failure::new(mistake));
        }
        let Some(window) = self.spec.windows_of(at).next() else { return Ok(true) };
        let table = table_of(&mut self.table);
        let sessions = table.entry_or(hash, key, || Sessions::new(update.start()));
        let latest = &mut sessions.latest;
        if latest.meets(window) && latest.window().last() > now {
            let start = latest.start.min(window.start);
            if sessions.is_free_from(start) {
                sessions.latest.cover(window);
                update.add(&mut sessions.latest.value)?;
                return Ok(true);
            }
        }
        self.place(now, window, hash, key, update)
    }

    #[inline]
    fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, V>> {
        self.current = None;
        let now = self.clock.now(turn);
        loop {
            if self.again.is_empty() && self.walk.is_none() && !self.timers.is_due(now) {
                self.release(now);
                return None;
            }
            if turn.must_yield() {
                return None;
            }
            if let Some(again) = self.again.pop_front() {
                return Some(self.current.insert(again).firing());
            }
            if self.step(now) {
                return self.current.as_ref().map(Again::firing);
            }
        }
    }
}

impl<S: Assigner, K: Key, V: Record> SessionWindows<S, K, V> {
    /// A record that does not simply belong to its key's latest session: it begins one, merges some, is late, or belongs to
    /// one that has fired.
    #[inline(never)]
    fn place(
        &mut self,
        now: Timestamp,
        window: Window,
        hash: u64,
        key: View<'_, K>,
        update: &mut impl Update<V>,
    ) -> Result<bool, Failure> {
        let table = table_of(&mut self.table);
        let sessions = table.entry_or(hash, key, || Sessions::new(update.start()));
        if let Some(session) = sessions.earlier_covering(window, now) {
            update.add(&mut session.value)?;
            return Ok(true);
        }
        let spec = &self.spec;
        // What is over has fired, or will before anything else: in processing time that may be in this very turn.
        let open = |session: &Session<V>| spec.cleanup(session.window()) > now;
        let mut met = sessions.take_met(window, open, update.start()).into_iter();
        let (mut session, mut armed) = match met.next() {
            Some(oldest) => {
                let armed = Some((oldest.armed, oldest.armed));
                (oldest, armed)
            }
            None if spec.cleanup(window) <= now => {
                if sessions.is_empty() {
                    table.remove(hash, key);
                }
                self.late += 1;
                return Ok(false);
            }
            None => {
                self.sessions += 1;
                (Session::new(window, sessions.next_born(), update.start()), None)
            }
        };
        for other in met {
            self.sessions -= 1;
            session.cover(other.window());
            armed = armed.map(|(first, last)| (first.min(other.armed), last.max(other.armed)));
            update.merge(&mut session.value, other.value)?;
        }
        session.cover(window);
        update.add(&mut session.value)?;
        session.fired = session.window().last() <= now;
        if session.fired {
            let (key, value) = (K::from_view(key), V::from_view(session.value.as_view()));
            self.again.push_back(Again { window: session.window(), hash, key, value });
        }
        let next = next_of(spec, &session);
        // One of the timers that there are will do, if it is not too late: the others find nothing when they come.
        session.armed = match armed {
            Some((_, last)) if last <= next => last,
            Some((first, _)) if first <= next => first,
            _ => {
                self.timers.set(next, hash, window.size());
                next
            }
        };
        sessions.put(session, &mut self.spare);
        sessions.tidy(&mut self.spare);
        Ok(true)
    }

    /// Goes on with the timer at hand, or with the next; true if a session fires.
    #[inline]
    fn step(&mut self, now: Timestamp) -> bool {
        let walk = match &mut self.walk {
            Some(walk) => walk,
            None => {
                let Some((time, hash)) = self.timers.next(now) else { return false };
                self.walk.insert(Walk { time, hash, cursor: Cursor::at(hash) })
            }
        };
        let before = walk.cursor.clone();
        let entry = self.table.as_mut().and_then(|table| table.next_to_change(&mut walk.cursor));
        let Some((hash, key, sessions)) = entry.filter(|(hash, ..)| *hash == walk.cursor_hash())
        else {
            self.walk = None;
            return false;
        };
        let several = sessions.are_several();
        let Some((session, at)) = sessions.armed_at(walk.time) else { return false };
        if several {
            // Another of them may have a timer at the same time: one is forgotten when the next fires.
            walk.cursor = before;
        }
        let next = next_of(&self.spec, session);
        if next > walk.time && !cfg!(bug_08) {
            session.armed = next;
            self.timers.set(next, hash, session.window().size());
            return false;
        }
        let (window, fires) = (session.window(), !session.fired);
        session.fired = true;
        let cleanup = self.spec.cleanup(window);
        if cleanup > now {
            session.armed = cleanup;
            self.timers.set(cleanup, hash, window.size());
            let (key, value) = (K::from_view(key.as_view()), V::from_view(session.value.as_view()));
            self.current = Some(Again { window, hash, key, value });
            return fires;
        }
        self.sessions -= 1;
        let taken = match sessions.take(at, &mut self.spare) {
            Some(session) => Some((K::from_view(key.as_view()), session.value)),
            None => {
                // The only session of the key, so that the cursor stands behind it.
                let table = self.table.as_mut().expect("the entry is in it");
                let entry = table.remove_passed(&mut walk.cursor);
                entry.map(|(key, sessions)| (key, sessions.latest.value))
            }
        };
        self.current = taken.map(|(key, value)| Again { window, hash, key, value });
        fires
    }

    /// At the end of time, gives all memory back, if nothing is kept.
    fn release(&mut self, now: Timestamp) {
        if now == Timestamp::MAX && self.sessions == 0 {
            self.table = None;
            self.spare = Spare::new();
            self.timers = Timers::default();
            self.again = VecDeque::new();
        }
    }
}

impl Walk {
    /// The hash under which the table keeps the timer's keys.
    fn cursor_hash(&self) -> u64 {
        Cursor::at(self.hash).hash()
    }
}

/// When a session has to be looked at next: when it fires, or when it is forgotten.
#[inline(always)]
fn next_of<S: Assigner, V>(spec: &S, session: &Session<V>) -> Timestamp {
    if session.fired { spec.cleanup(session.window()) } else { session.window().last() }
}

impl<S: Assigner, K: Key, V> State for SessionWindows<S, K, V> {
    fn entries(&self) -> usize {
        self.sessions + self.again.len()
    }

    fn bytes(&self) -> usize {
        let apart = self.sessions.saturating_sub(self.table.as_ref().map_or(0, Table::len));
        self.table.as_ref().map_or(0, Table::bytes)
            + apart * size_of::<Session<V>>()
            + self.spare.bytes()
            + self.timers.bytes()
            + self.again.capacity() * size_of::<Again<K, V>>()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let first = self.clock.is_processing().then(|| self.timers.first())?;
        first.map(|time| time + crate::time::Span(1))
    }

    fn late(&self) -> u64 {
        self.late
    }
}
