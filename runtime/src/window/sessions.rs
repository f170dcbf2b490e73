//! The sessions of one key.

use std::collections::VecDeque;

use crate::time::{Timestamp, Window};

/// One session. [`Sessions`] has room for one that is not there: `born` is then zero.
#[repr(C)] // What records touch comes first, see `Sessions`.
pub(super) struct Session<V> {
    pub start: Timestamp,
    pub end: Timestamp,
    pub value: V,
    /// The time of its timer, which is never after what is to be done next.
    pub armed: Timestamp,
    /// Its number among the key's sessions, by first record.
    pub born: u32,
    /// It has fired since it ended.
    pub fired: bool,
}

impl<V> Session<V> {
    /// A session that its timer is still to be set of.
    pub fn new(window: Window, born: u32, value: V) -> Self {
        let Window { start, end } = window;
        Session { start, end, armed: end, value, born, fired: false }
    }

    #[inline(always)]
    pub fn window(&self) -> Window {
        Window { start: self.start, end: self.end }
    }

    /// Whether the two overlap or touch.
    #[inline(always)]
    pub fn meets(&self, window: Window) -> bool {
        self.start <= window.end && window.start <= self.end
    }

    /// Whether its last millisecond is after `now`.
    #[inline(always)]
    pub fn ends_after(&self, now: Timestamp) -> bool {
        self.end.0.checked_sub(1).is_some_and(|last| last > now.0)
    }

    /// Covers a window, too.
    #[inline(always)]
    pub fn cover(&mut self, window: Window) {
        self.start = self.start.min(window.start);
        self.end = self.end.max(window.end);
    }
}

/// A key's sessions. The latest, which nearly all records are for, lies in the table itself; earlier ones lie apart, in
/// order of time. No two of them meet.
///
/// With a number as the key and a number as the value, an entry of the table is as large as a cache line but seldom
/// begins where one does: a record touches only its first 48 bytes.
#[repr(C)]
pub(super) struct Sessions<V> {
    earlier: Option<Box<Earlier<V>>>,
    pub latest: Session<V>,
}

/// Sessions, by start.
pub(super) struct Earlier<V>(VecDeque<Session<V>>);

/// Memory of keys that have no earlier sessions any more.
#[expect(clippy::vec_box, reason = "they are handed out as they are")]
pub(super) struct Spare<V>(Vec<Box<Earlier<V>>>);

/// Keys' memory that is kept at most.
const SPARE_KEYS: usize = 1024;

impl<V> Spare<V> {
    pub fn new() -> Self {
        Spare(Vec::new())
    }

    pub fn bytes(&self) -> usize {
        self.0.iter().map(|earlier| earlier.0.capacity()).sum::<usize>() * size_of::<Session<V>>()
    }
}

impl<V> Sessions<V> {
    /// No session: `value` stands for one.
    #[inline(always)]
    pub fn new(value: V) -> Self {
        // Nothing meets this.
        let none = Window { start: Timestamp::MAX, end: Timestamp::MIN };
        Sessions { latest: Session::new(none, 0, value), earlier: None }
    }

    /// True if there is no session.
    pub fn is_empty(&self) -> bool {
        self.latest.born == 0
    }

    /// True if the latest session can grow down to `start` without meeting another.
    #[inline(always)]
    pub fn is_free_from(&self, start: Timestamp) -> bool {
        match &self.earlier {
            None => true,
            Some(earlier) => earlier.0.back().is_none_or(|session| session.end < start),
        }
    }

    /// An earlier session that a window belongs to, if it has not ended at `now` and meets no other when it covers the
    /// window, which it then does. Records out of order are for these.
    pub fn earlier_covering(&mut self, window: Window, now: Timestamp) -> Option<&mut Session<V>> {
        let earlier = &mut self.earlier.as_mut()?.0;
        let at = earlier.partition_point(|session| session.end < window.start);
        let session = earlier.get(at).filter(|session| session.meets(window))?;
        let (start, end) = (session.start.min(window.start), session.end.max(window.end));
        let is_free_below = at == 0 || earlier[at - 1].end < start;
        let above = earlier.get(at + 1).unwrap_or(&self.latest);
        if session.window().last() <= now || !is_free_below || above.start <= end {
            return None;
        }
        let session = &mut earlier[at];
        session.cover(window);
        Some(session)
    }

    /// Calls `each` with the sessions, in order of time.
    pub fn each<'s>(&'s self, mut each: impl FnMut(&'s Session<V>)) {
        self.earlier.iter().flat_map(|earlier| &earlier.0).for_each(&mut each);
        if !self.is_empty() {
            each(&self.latest);
        }
    }

    /// The number for a new session.
    pub fn next_born(&self) -> u32 {
        let earlier = self.earlier.iter().flat_map(|earlier| &earlier.0);
        let last = earlier.map(|session| session.born).fold(self.latest.born, u32::max);
        last.checked_add(1).expect("a key never has four billion sessions at once")
    }

    /// Takes out the sessions that meet a window and for which `open` holds, by first record.
    pub fn take_met(
        &mut self,
        window: Window,
        open: impl Fn(&Session<V>) -> bool,
        empty: V,
    ) -> Vec<Session<V>> {
        let mut met = Vec::new();
        if let Some(earlier) = &mut self.earlier {
            let mut at = earlier.0.partition_point(|session| session.end < window.start);
            while let Some(session) = earlier.0.get(at).filter(|session| session.meets(window)) {
                if open(session) {
                    met.extend(earlier.0.remove(at));
                } else {
                    at += 1;
                }
            }
        }
        if !self.is_empty() && self.latest.meets(window) && open(&self.latest) {
            let below = self.earlier.as_mut().and_then(|earlier| earlier.0.pop_back());
            let none = below.unwrap_or_else(|| Sessions::new(empty).latest);
            met.push(std::mem::replace(&mut self.latest, none));
        }
        met.sort_by_key(|session| session.born);
        met
    }

    /// Puts in a session that meets none of the others.
    pub fn put(&mut self, session: Session<V>, spare: &mut Spare<V>) -> &mut Session<V> {
        if self.is_empty() {
            self.latest = session;
            return &mut self.latest;
        }
        let earlier = self.earlier.get_or_insert_with(|| {
            spare.0.pop().unwrap_or_else(|| Box::new(Earlier(VecDeque::new())))
        });
        if session.start > self.latest.start {
            earlier.0.push_back(std::mem::replace(&mut self.latest, session));
            return &mut self.latest;
        }
        let at = earlier.0.partition_point(|other| other.start < session.start);
        earlier.0.insert(at, session);
        &mut earlier.0[at]
    }

    /// The session with a timer at `time`, and where it is.
    pub fn armed_at(&mut self, time: Timestamp) -> Option<(&mut Session<V>, Option<usize>)> {
        if self.latest.armed == time && self.latest.born != 0 {
            return Some((&mut self.latest, None));
        }
        let earlier = self.earlier.as_mut()?;
        let at = earlier.0.iter().position(|session| session.armed == time)?;
        Some((&mut earlier.0[at], Some(at)))
    }

    /// Takes out the session at a place. Where it is the only one, it stays: none is returned, and the entry has to go.
    pub fn take(&mut self, at: Option<usize>, spare: &mut Spare<V>) -> Option<Session<V>> {
        let earlier = self.earlier.as_mut()?;
        let taken = match at {
            Some(at) => earlier.0.remove(at),
            None => earlier.0.pop_back().map(|below| std::mem::replace(&mut self.latest, below)),
        };
        self.tidy(spare);
        taken
    }

    /// Gives memory back where there are no earlier sessions.
    pub fn tidy(&mut self, spare: &mut Spare<V>) {
        if self.earlier.as_ref().is_some_and(|earlier| earlier.0.is_empty()) {
            let emptied = self.earlier.take();
            spare.0.extend(emptied.filter(|_| spare.0.len() < SPARE_KEYS));
        }
    }
}
