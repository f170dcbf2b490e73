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

mod state;

use std::collections::VecDeque;

use super::clock::Clock;
use super::firing::{Again, Firing};
use super::sessions::{Session, Sessions, Spare};
use super::store::{Store, Update, table_of};
use super::timers::{Due, Timer, Timers};
use crate::record::{Key, Record, View};
use crate::state::{Spilled, Tiered};
use crate::task::{Failure, Turn};
use crate::time::{Timestamp, Window};

use super::{Assigner, At};

/// A value per key and session.
pub struct SessionWindows<S: Assigner, K: Key, V> {
    /// None while there is nothing.
    table: Option<Tiered<K, Sessions<V>>>,
    /// What it is made with if there is a disk.
    spilled: Option<Spilled<K, Sessions<V>>>,
    book: Book<S, K, V>,
    /// The timer whose keys are being looked through.
    timer: Option<Timer>,
    /// What was handed out last.
    current: Option<Again<K, V>>,
}

/// What goes with the sessions of all keys.
struct Book<S, K, V> {
    spec: S,
    clock: Clock,
    spare: Spare<V>,
    timers: Timers,
    /// Firings of sessions that had ended before.
    again: VecDeque<Again<K, V>>,
    sessions: usize,
    late: u64,
}

impl<S: Assigner, K: Key, V: Record> Store<S, K, V> for SessionWindows<S, K, V> {
    fn new(spec: S) -> Self {
        let book = Book {
            clock: Clock::new(spec.time()),
            spec,
            spare: Spare::new(),
            timers: Timers::default(),
            again: VecDeque::new(),
            sessions: 0,
            late: 0,
        };
        SessionWindows { table: None, spilled: None, book, timer: None, current: None }
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
        let now = self.book.clock.now(turn);
        let at = at.moved_to(self.book.clock.time_of(at.time()));
        if let Some(mistake) = self.book.spec.mistake_at(at) {
            return Err(Failure::new(mistake));
        }
        let Some(window) = self.book.spec.windows_of(at).next() else { return Ok(true) };
        let table = table_of(&mut self.table, || Tiered::new(self.spilled.as_ref()));
        let sessions = table.entry_or(hash, key, || Sessions::new(update.start()));
        let latest = &mut sessions.latest;
        if latest.meets(window) && latest.ends_after(now) {
            let start = latest.start.min(window.start);
            if sessions.is_free_from(start) {
                sessions.latest.cover(window);
                update.add(&mut sessions.latest.value)?;
                return Ok(true);
            }
        }
        let placed = self.book.place(sessions, now, window, hash, key, &mut update.apart())?;
        if !placed && sessions.is_empty() {
            table.remove(hash, key);
        }
        Ok(placed)
    }

    #[inline]
    fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, V>> {
        self.current = None;
        let now = self.book.clock.now(turn);
        loop {
            let book = &mut self.book;
            let due = if self.timer.is_some() { Some(Due::Timer) } else { book.timers.due(now) };
            if due.is_none() && book.again.is_empty() {
                self.release(now);
                return None;
            }
            if turn.must_yield() {
                return None;
            }
            if let Some(again) = book.again.pop_front() {
                return Some(self.current.insert(again).firing());
            }
            if due == Some(Due::Sifting) {
                self.sift();
            } else if self.step(now) {
                return self.current.as_ref().map(Again::firing);
            }
        }
    }
}

impl<S: Assigner, K: Key, V: Record> Book<S, K, V> {
    /// Places a record that does not simply belong to its key's latest session: it begins one, merges some, is late, or
    /// belongs to one that has fired. False if it is late.
    #[inline(never)]
    fn place(
        &mut self,
        sessions: &mut Sessions<V>,
        now: Timestamp,
        window: Window,
        hash: u64,
        key: View<'_, K>,
        update: &mut impl Update<V>,
    ) -> Result<bool, Failure> {
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

    /// Sets the timer of a session again, if the session has grown since it was set.
    #[inline(always)]
    fn rearm(&mut self, session: &mut Session<V>, hash: u64) -> bool {
        let next = next_of(&self.spec, session);
        let grown = next > session.armed && !cfg!(bug_08);
        if grown {
            session.armed = next;
            self.timers.set(next, hash, session.window().size());
        }
        grown
    }
}

impl<S: Assigner, K: Key, V: Record> SessionWindows<S, K, V> {
    /// Looks at some timers of a slot whose time has come.
    #[inline(never)]
    fn sift(&mut self) {
        let mut timers = [(Timestamp::MIN, 0); Timers::SIFTED];
        let count = self.book.timers.sift(&mut timers);
        let hashes = timers.map(|(_, hash)| hash);
        let Some(table) = &mut self.table else { return };
        table.prepare(&hashes[..count]);
        for (time, hash) in timers.into_iter().take(count) {
            let mut keys = table.of_hash(hash);
            let mut stays = false;
            while let Some((_, sessions)) = keys.entry() {
                while let Some((session, _)) = sessions.armed_at(time)
                    && !stays
                {
                    stays = !self.book.rearm(session, hash);
                }
                keys.pass();
            }
            if stays {
                self.book.timers.keep((time, hash));
            }
        }
    }

    /// Goes on with the timer at hand, or with the next; true if a session fires.
    #[inline]
    fn step(&mut self, now: Timestamp) -> bool {
        let book = &mut self.book;
        let Some((time, hash)) = self.timer.take().or_else(|| book.timers.next(now)) else {
            return false;
        };
        let Some(table) = &mut self.table else { return false };
        let mut keys = table.of_hash(hash);
        loop {
            let Some((key, sessions)) = keys.entry() else { return false };
            let Some((session, at)) = sessions.armed_at(time) else {
                keys.pass();
                continue;
            };
            if book.rearm(session, hash) {
                continue;
            }
            // Another key, or another session of this one, may have a timer at the same time.
            self.timer = Some((time, hash));
            let (window, fires) = (session.window(), !session.fired);
            session.fired = true;
            let cleanup = book.spec.cleanup(window);
            if cleanup > now {
                session.armed = cleanup;
                book.timers.set(cleanup, hash, window.size());
                let value = V::from_view(session.value.as_view());
                let key = K::from_view(key.as_view());
                self.current = Some(Again { window, hash, key, value });
                return fires;
            }
            book.sessions -= 1;
            let (key, value) = match sessions.take(at, &mut book.spare) {
                Some(session) => (K::from_view(key.as_view()), session.value),
                None => {
                    if keys.is_last() {
                        self.timer = None;
                    }
                    let (key, sessions) = keys.remove();
                    table.removed(hash);
                    (key, sessions.latest.value)
                }
            };
            self.current = Some(Again { window, hash, key, value });
            return fires;
        }
    }

    /// At the end of time, gives all memory back, if nothing is kept.
    fn release(&mut self, now: Timestamp) {
        let book = &mut self.book;
        if now == Timestamp::MAX && book.sessions == 0 {
            self.table.take().iter_mut().for_each(Tiered::clear);
            book.spare = Spare::new();
            book.timers = Timers::default();
            book.again = VecDeque::new();
        }
    }
}

/// When a session has to be looked at next: when it fires, or when it is forgotten.
#[inline(always)]
fn next_of<S: Assigner, V>(spec: &S, session: &Session<V>) -> Timestamp {
    if session.fired { spec.cleanup(session.window()) } else { session.window().last() }
}
