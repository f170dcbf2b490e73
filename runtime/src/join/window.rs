//! Joins by window.

use std::sync::Arc;

use super::group::{Group, Grouped};
use super::live::Live;
use super::log::{Log, Mark};
use super::pairs::Pairs;
use super::sessions::Sessions;
use super::{JoinKind, Joined, Sides};
use crate::record::{Emit, Key, Record, View};
use crate::state::{DiskError, LoadError, Loader, SnapshotWriter, Spill, State, by_key};
use crate::task::Turn;
use crate::time::{Timestamp, Window};
use crate::window::{Clock, Fired, Fixed};

/// Elements of both sides by window; what a key has on both sides comes out when the window fires.
///
/// Results have the window's last millisecond as their time, and come in the order of (window end, key hash, canonical
/// key bytes), for each left record in order of arrival the right ones. An element is kept once for each window it
/// belongs to.
pub struct WindowJoin<S: Fixed, K: Key, L: Record, R: Record> {
    spec: S,
    kind: JoinKind,
    /// Windows that are the same for all keys; not used by windows that merge.
    live: Live<K, L, R>,
    /// Windows that merge.
    sessions: Sessions<K, L, R>,
    /// What is left of the rows of the key that fires.
    pairs: Option<Pairs>,
    /// The numbers of a group's elements.
    numbers: (Vec<u32>, Vec<u32>),
    clock: Clock,
    late: u64,
}

impl<S: Fixed, K: Key, L: Record, R: Record> WindowJoin<S, K, L, R> {
    /// No windows yet; `spec` was checked.
    pub fn new(spec: S, kind: JoinKind) -> Self {
        WindowJoin {
            clock: Clock::new(spec.time()),
            spec,
            kind,
            live: Live::new(),
            sessions: Sessions::new(),
            pairs: None,
            numbers: (Vec::new(), Vec::new()),
            late: 0,
        }
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        if S::MERGES {
            self.sessions.prepare(hashes);
        } else {
            self.live.prepare(hashes);
        }
    }

    /// Adds a record of the left side; false if it is late.
    #[inline(always)]
    pub fn left<EK: Emit<Record = K>, E: Emit<Record = L>>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: EK,
        item: E,
    ) -> bool {
        self.add(turn, time, (hash, key.as_view()), |time, sides, lefts, _| {
            lefts.push(&mut sides.left, time, &item, Mark::default());
        })
    }

    /// Adds a record of the right side; false if it is late.
    #[inline(always)]
    pub fn right<EK: Emit<Record = K>, E: Emit<Record = R>>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: EK,
        item: E,
    ) -> bool {
        self.add(turn, time, (hash, key.as_view()), |time, sides, _, rights| {
            rights.push(&mut sides.right, time, &item, Mark::default());
        })
    }

    #[inline(always)]
    fn add(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        key: (u64, View<'_, K>),
        mut push: impl FnMut(Timestamp, &mut Sides, &mut Log<L>, &mut Log<R>),
    ) -> bool {
        let now = self.clock.now(turn);
        let time = self.clock.time_of(time);
        let push = |sides: &mut Sides, lefts: &mut Log<L>, rights: &mut Log<R>| {
            push(time, sides, lefts, rights);
        };
        let added = if S::MERGES {
            self.sessions.add(&self.spec, (time, now), key, push)
        } else {
            self.live.add(&self.spec, (time, now), key, push)
        };
        self.late += u64::from(!added);
        added
    }

    /// The next row. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Joined<'_, L, R>> {
        let now = self.clock.now(turn);
        loop {
            if let Some(pairs) = &mut self.pairs {
                if turn.must_yield() {
                    return None;
                }
                let (_, lefts, rights) = fired::<S, K, L, R>(&self.live, &self.sessions);
                if let Some((left, right)) = pairs.next(lefts, rights) {
                    return Some(self.row(left, right));
                }
            }
            let sides = self.next_key(turn, now)?;
            self.pairs = Pairs::of(self.kind, sides);
        }
    }

    fn row(&self, left: Option<u32>, right: Option<u32>) -> Joined<'_, L, R> {
        let (window, lefts, rights) = fired::<S, K, L, R>(&self.live, &self.sessions);
        Joined {
            time: window.last(),
            left: left.map(|at| lefts.get(at).1),
            right: right.map(|at| rights.get(at).1),
        }
    }

    #[inline(always)]
    fn next_key(&mut self, turn: &mut Turn<'_>, now: Timestamp) -> Option<Sides> {
        self.pairs = None;
        if S::MERGES {
            self.sessions.next_key(&self.spec, turn, now)
        } else {
            self.live.next_key(turn, now)
        }
    }

    /// The next key with what it has on both sides, for `co_group`. None as for [`fire`](WindowJoin::fire).
    pub fn group(&mut self, turn: &mut Turn<'_>) -> Option<Group<'_, K, L, R>> {
        let now = self.clock.now(turn);
        let sides = self.next_key(turn, now)?;
        let (window, lefts, rights) = fired::<S, K, L, R>(&self.live, &self.sessions);
        self.numbers.0.clear();
        lefts.numbers(sides.left, &mut self.numbers.0);
        self.numbers.1.clear();
        rights.numbers(sides.right, &mut self.numbers.1);
        let key = if S::MERGES { self.sessions.key() } else { self.live.key() };
        Some(Group {
            fired: Fired::new(key, window, turn.watermark()),
            lefts: Grouped { log: lefts, numbers: &self.numbers.0 },
            rights: Grouped { log: rights, numbers: &self.numbers.1 },
        })
    }
}

impl<S: Fixed, K: Key, L: Record, R: Record> WindowJoin<S, K, L, R> {
    /// Bytes in memory.
    pub(super) fn in_memory(&self) -> usize {
        self.live.bytes() + self.sessions.bytes()
    }
}

/// What fires: which of the two it is follows from the windows' type.
#[inline(always)]
fn fired<'w, S: Fixed, K: Key, L: Record, R: Record>(
    live: &'w Live<K, L, R>,
    sessions: &'w Sessions<K, L, R>,
) -> (Window, &'w Log<L>, &'w Log<R>) {
    if S::MERGES { sessions.fired() } else { live.fired() }
}

impl<S: Fixed, K: Key, L: Record, R: Record> State for WindowJoin<S, K, L, R> {
    fn entries(&self) -> usize {
        self.live.elements() + self.sessions.elements()
    }

    fn bytes(&self) -> usize {
        self.in_memory() + self.live.bytes_on_disk()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        if !self.clock.is_processing() {
            return None;
        }
        if S::MERGES { self.sessions.first_end() } else { self.live.first_end() }
    }

    fn late(&self) -> u64 {
        self.late
    }

    fn meaning(&self) -> String {
        by_key::<K>(&format!("{} join in {}", self.kind.meaning(), self.spec.meaning()))
    }

    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        if !S::MERGES {
            self.live.spill(&to.open()?);
        }
        Ok(!S::MERGES)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        self.clock.save(out);
        if S::MERGES { self.sessions.save(out) } else { self.live.save(out) }
    }

    fn save_more(&mut self, _: &mut SnapshotWriter) -> bool {
        self.live.save_more()
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.clock.load(from);
        if S::MERGES {
            self.sessions.load(&self.spec, from)
        } else {
            self.live.load(&self.spec, from)
        }
    }
}
