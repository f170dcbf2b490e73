//! Windows of a join that merge: sessions, each of one key.

mod save;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Sides;
use super::log::Log;
use crate::record::{Key, Record, View};
use crate::state::{Entry, Table};
use crate::task::Turn;
use crate::time::{Timestamp, Window};
use crate::window::Assigner;

/// No session.
const NONE: u32 = u32::MAX;
/// Elements of sessions that are gone, at least, before logs are written anew.
const DEAD_MIN: usize = 4096;

/// The live sessions of a join, and the one that fires.
pub(super) struct Sessions<K: Key, L: Record, R: Record> {
    /// A key's sessions: the first, which leads to the others.
    table: Table<K, u32>,
    slab: Vec<Option<Session<K>>>,
    free: Vec<u32>,
    /// When which session fires or goes, at the earliest: one entry that counts for each, and stale ones.
    timers: BinaryHeap<Reverse<Timer>>,
    lefts: Log<L>,
    rights: Log<R>,
    /// Elements that belong to no session any more.
    dead: usize,
    /// Firings of sessions that had fired before.
    again: VecDeque<Again<K>>,
    current: Option<Current<K>>,
    /// Numbers the sessions, so that timers of earlier ones in the same place are told apart.
    births: u64,
}

struct Session<K> {
    window: Window,
    hash: u64,
    key: K,
    sides: Sides,
    elements: usize,
    fired: bool,
    /// The key's next session.
    next: u32,
    /// What its timer says.
    birth: u64,
}

/// Time, key hash, birth, place.
type Timer = (Timestamp, u64, u64, u32);

/// A firing that a late record caused: copies of what its session had right after it.
struct Again<K> {
    window: Window,
    key: K,
    sides: Sides,
    elements: usize,
}

enum Current<K> {
    /// A session, and whether it goes.
    Live(u32, bool),
    Again(Again<K>),
}

impl<K: Key, L: Record, R: Record> Sessions<K, L, R> {
    pub fn new() -> Self {
        Sessions {
            table: Table::new(),
            slab: Vec::new(),
            free: Vec::new(),
            timers: BinaryHeap::new(),
            lefts: Log::new(),
            rights: Log::new(),
            dead: 0,
            again: VecDeque::new(),
            current: None,
            births: 0,
        }
    }

    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.table.prepare(hashes);
    }

    fn get(&self, at: u32) -> &Session<K> {
        self.slab[at as usize].as_ref().expect("a live session")
    }

    fn get_mut(&mut self, at: u32) -> &mut Session<K> {
        self.slab[at as usize].as_mut().expect("a live session")
    }

    /// Lets `push` add a record to what its session has; false if that is over.
    pub fn add<S: Assigner<At = Timestamp>>(
        &mut self,
        spec: &S,
        (time, now): (Timestamp, Timestamp),
        (hash, key): (u64, View<'_, K>),
        mut push: impl FnMut(&mut Sides, &mut Log<L>, &mut Log<R>),
    ) -> bool {
        let Some(own) = spec.windows_of(time).next() else { return true };
        let first = self.table.get(hash, key).copied().unwrap_or(NONE);
        let mut window = own;
        self.touching(first, own, |session| window = cover(window, session.window));
        if spec.cleanup(window) <= now {
            return false;
        }
        let at = self.merged(first, own, window).unwrap_or_else(|| self.begin(window, hash, key));
        let session = self.slab[at as usize].as_mut().expect("a live session");
        push(&mut session.sides, &mut self.lefts, &mut self.rights);
        session.elements += 1;
        self.set_timer(at, now);
        true
    }

    /// Calls `each` with a key's sessions that overlap or touch a window.
    fn touching(&self, first: u32, window: Window, mut each: impl FnMut(&Session<K>)) {
        let mut at = first;
        while at != NONE {
            let session = self.get(at);
            if touch(session.window, window) {
                each(session);
            }
            at = session.next;
        }
    }

    /// Makes one session of those that touch `own`; none if none does.
    fn merged(&mut self, first: u32, own: Window, window: Window) -> Option<u32> {
        let mut kept: Option<u32> = None;
        let (mut before, mut at) = (NONE, first);
        while at != NONE {
            let next = self.get(at).next;
            if !touch(self.get(at).window, own) {
                before = at;
            } else if let Some(kept) = kept {
                // The first one stays, so that the table need not change.
                self.get_mut(before).next = next;
                self.absorb(kept, at);
            } else {
                kept = Some(at);
                before = at;
            }
            at = next;
        }
        if let Some(kept) = kept {
            self.get_mut(kept).window = window;
        }
        kept
    }

    fn absorb(&mut self, kept: u32, at: u32) {
        let Some(gone) = self.slab[at as usize].take() else { return };
        self.free.push(at);
        let own = self.get(kept).sides;
        let left = self.lefts.merge(own.left, gone.sides.left);
        let right = self.rights.merge(own.right, gone.sides.right);
        let kept = self.get_mut(kept);
        kept.sides = Sides { left, right };
        kept.elements += gone.elements;
    }

    /// A session of its own.
    fn begin(&mut self, window: Window, hash: u64, key: View<'_, K>) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            self.slab.push(None);
            u32::try_from(self.slab.len() - 1).expect("fewer sessions than numbers")
        });
        let next = match self.table.find_entry(hash, key) {
            Entry::Occupied(first) => std::mem::replace(first, at),
            Entry::Vacant(vacant) => {
                vacant.insert(K::from_view(key), at);
                NONE
            }
        };
        // Without a birth: there is no timer yet.
        let (key, sides) = (K::from_view(key), Sides::default());
        let session =
            Session { window, hash, key, sides, elements: 0, fired: false, next, birth: 0 };
        self.slab[at as usize] = Some(session);
        at
    }

    /// Behind a record: the session fires again at once if its time has come, else it has a timer.
    fn set_timer(&mut self, at: u32, now: Timestamp) {
        let session = self.get(at);
        let (last, had_fired, is_new) = (session.window.last(), session.fired, session.birth == 0);
        if last <= now {
            let again = self.copy(at);
            self.again.push_back(again);
            self.get_mut(at).fired = true;
            // The timer with which it goes is looked at when it comes, however late.
            if is_new || !had_fired {
                self.push_timer(at, last);
            }
        } else if is_new || had_fired {
            self.get_mut(at).fired = false;
            self.push_timer(at, last);
        }
    }

    fn push_timer(&mut self, at: u32, time: Timestamp) {
        self.births += 1;
        let birth = self.births;
        let session = self.get_mut(at);
        session.birth = birth;
        let hash = session.hash;
        self.timers.push(Reverse((time, hash, birth, at)));
    }

    /// What a session has now, whatever becomes of it before this fires.
    fn copy(&mut self, at: u32) -> Again<K> {
        let session = self.get(at);
        let (window, elements) = (session.window, session.elements);
        let (key, sides) = (K::from_view(session.key.as_view()), session.sides);
        let left = self.lefts.copy(sides.left);
        let right = self.rights.copy(sides.right);
        Again { window, key, sides: Sides { left, right }, elements }
    }

    /// Goes on to the next session that fires, and says what it has. None if none is due, or if the turn must yield.
    pub fn next_key<S: Assigner<At = Timestamp>>(
        &mut self,
        spec: &S,
        turn: &mut Turn<'_>,
        now: Timestamp,
    ) -> Option<Sides> {
        self.let_go();
        loop {
            if turn.must_yield() {
                return None;
            }
            if let Some(again) = self.again.pop_front() {
                let sides = again.sides;
                self.current = Some(Current::Again(again));
                return Some(sides);
            }
            let due = self.timers.peek().is_some_and(|Reverse(timer)| timer.0 <= now);
            if !due {
                self.clean(now);
                return None;
            }
            let Reverse((time, _, birth, at)) = self.timers.pop()?;
            let is_stale = |session: &Session<K>| session.birth != birth;
            if self.slab[at as usize].as_ref().is_none_or(is_stale) {
                continue;
            }
            if let Some(sides) = self.timer(spec, at, (time, now)) {
                return Some(sides);
            }
        }
    }

    /// The timer of a session has come: it fires, goes, or waits for longer.
    fn timer<S: Assigner<At = Timestamp>>(
        &mut self,
        spec: &S,
        at: u32,
        (time, now): (Timestamp, Timestamp),
    ) -> Option<Sides> {
        let session = self.get_mut(at);
        let (last, cleanup) = (session.window.last(), spec.cleanup(session.window));
        // A session that has grown waits for its turn among the others.
        if !session.fired && last == time {
            session.fired = true;
            let sides = session.sides;
            let goes = cleanup <= now;
            if !goes {
                self.push_timer(at, cleanup);
            }
            self.current = Some(Current::Live(at, goes));
            return Some(sides);
        }
        if session.fired && cleanup <= now {
            self.remove(at);
        } else {
            let next = if session.fired { cleanup } else { last };
            self.push_timer(at, next);
        }
        None
    }

    /// What fired was read.
    fn let_go(&mut self) {
        match self.current.take() {
            Some(Current::Live(at, true)) => self.remove(at),
            Some(Current::Again(again)) => self.dead += again.elements,
            _ => {}
        }
    }

    fn remove(&mut self, at: u32) {
        let Some(session) = self.slab[at as usize].take() else { return };
        self.free.push(at);
        self.dead += session.elements;
        let (hash, key) = (session.hash, session.key.as_view());
        let Some(first) = self.table.get(hash, key).copied() else { return };
        if first != at {
            let mut before = first;
            while self.get(before).next != at {
                before = self.get(before).next;
            }
            self.get_mut(before).next = session.next;
        } else if session.next == NONE {
            self.table.remove(hash, key);
        } else {
            *self.table.entry(hash, key) = session.next;
        }
    }

    /// Nothing fires: what is gone gives its memory back, once that is as much as what is there.
    fn clean(&mut self, now: Timestamp) {
        let all = self.lefts.len() + self.rights.len();
        if self.dead == all && (now == Timestamp::MAX || all > DEAD_MIN) {
            let births = self.births;
            *self = Sessions { births, ..Sessions::new() };
        } else if self.dead > DEAD_MIN && self.dead > all / 2 {
            let (mut lefts, mut rights) = (Vec::new(), Vec::new());
            for session in self.slab.iter().flatten() {
                self.lefts.numbers(session.sides.left, &mut lefts);
                self.rights.numbers(session.sides.right, &mut rights);
            }
            let (lefts, rights) = (self.lefts.retain(&lefts), self.rights.retain(&rights));
            for session in self.slab.iter_mut().flatten() {
                session.sides.left = lefts.run(session.sides.left);
                session.sides.right = rights.run(session.sides.right);
            }
            self.dead = 0;
        }
    }

    /// The window that fires, and its elements.
    ///
    /// # Panics
    /// If none does.
    pub fn fired(&self) -> (Window, &Log<L>, &Log<R>) {
        let window = match &self.current {
            Some(Current::Live(at, _)) => self.get(*at).window,
            Some(Current::Again(again)) => again.window,
            None => unreachable!("a session fires"),
        };
        (window, &self.lefts, &self.rights)
    }

    /// The key that fires.
    ///
    /// # Panics
    /// If none does.
    pub fn key(&self) -> View<'_, K> {
        match &self.current {
            Some(Current::Live(at, _)) => self.get(*at).key.as_view(),
            Some(Current::Again(again)) => again.key.as_view(),
            None => unreachable!("a session fires"),
        }
    }

    /// When the first session may end.
    pub fn first_end(&self) -> Option<Timestamp> {
        self.timers.peek().map(|Reverse(timer)| timer.0 + crate::time::Span(1))
    }

    pub fn elements(&self) -> usize {
        self.lefts.len() + self.rights.len() - self.dead
    }

    pub fn bytes(&self) -> usize {
        if self.slab.capacity() == 0 {
            return 0;
        }
        self.table.bytes()
            + self.slab.capacity() * size_of::<Option<Session<K>>>()
            + self.timers.capacity() * size_of::<Reverse<Timer>>()
            + self.lefts.bytes()
            + self.rights.bytes()
    }
}

/// Windows that overlap or touch are one.
fn touch(a: Window, b: Window) -> bool {
    a.start <= b.end && b.start <= a.end
}

fn cover(a: Window, b: Window) -> Window {
    Window { start: a.start.min(b.start), end: a.end.max(b.end) }
}
