//! Windows that are filled and fire, whatever is kept in them.

use std::collections::VecDeque;

use super::panes::Panes;
use super::{Assigner, Time, Tumbling};
use crate::record::{Key, Record, View};
use crate::state::{Cursor, State};
use crate::task::Turn;
use crate::time::{Span, Timestamp, Window};

/// Keyed values in windows.
pub(super) struct LiveWindows<K: Key, V> {
    time: Time,
    panes: Panes<K, V>,
    /// Windows that start before this have fired.
    frontier: Timestamp,
    /// The pane that is being walked through.
    walk: Option<Walk>,
    /// Firings of keys whose window had fired before.
    again: VecDeque<Again<K, V>>,
    /// The one that was handed out last: a firing borrows it.
    current: Option<Again<K, V>>,
    /// The greatest processing time so far: clocks may go back, windows must not fire twice.
    clock: Timestamp,
    late: u64,
}

/// A pane on its way out.
struct Walk {
    pane: usize,
    cursor: Cursor,
    way: Way,
    entries: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Entries fire and are kept for late records.
    Fire,
    /// Entries fire and are dropped; with `keep` their memory stays.
    FireAndDrop { keep: bool },
    /// Entries are dropped.
    Drop { keep: bool },
}

/// A firing that a late record caused: what its key had right after it.
struct Again<K, V> {
    window: Window,
    hash: u64,
    key: K,
    value: V,
}

/// One key's value in one window, its time having come.
pub struct Firing<'w, K: Key, V> {
    window: Window,
    hash: u64,
    key: &'w K,
    value: &'w V,
}

impl<'w, K: Key, V> Firing<'w, K, V> {
    /// The event time of the result: the window's last millisecond.
    #[inline(always)]
    pub fn time(&self) -> Timestamp {
        self.window.last()
    }

    /// The window.
    #[inline(always)]
    pub fn window(&self) -> Window {
        self.window
    }

    /// The key's hash.
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// The key.
    #[inline(always)]
    pub fn key(&self) -> View<'w, K> {
        self.key.as_view()
    }

    /// What was accumulated.
    #[inline(always)]
    pub fn acc(&self) -> &'w V {
        self.value
    }
}

impl<'w, K: Key, T: Record> Firing<'w, K, Option<T>> {
    /// What a reduction or fold kept.
    #[inline(always)]
    pub fn kept(&self) -> View<'w, T> {
        self.value.as_ref().expect("a window is made by its first record").as_view()
    }
}

/// The place of one key in one window.
pub(super) struct Slot<'w, K, V> {
    pub value: &'w mut V,
    again: Option<Box<AgainLater<'w, K, V>>>,
}

/// Where a late record's firing goes once the value is updated.
struct AgainLater<'w, K, V> {
    queue: &'w mut VecDeque<Again<K, V>>,
    window: Window,
    hash: u64,
    key: K,
}

impl<K, V: Record> Slot<'_, K, V> {
    /// To be called when the value is as it should be: if the window has fired before, the key fires again.
    #[inline(always)]
    pub fn done(self) {
        if let Some(again) = self.again {
            let AgainLater { queue, window, hash, key } = *again;
            let value = V::from_view(self.value.as_view());
            queue.push_back(Again { window, hash, key, value });
        }
    }
}

impl<K: Key, V: Record> LiveWindows<K, V> {
    pub fn new(spec: Tumbling) -> Self {
        LiveWindows {
            time: spec.time(),
            panes: Panes::new(spec),
            frontier: Timestamp::MIN,
            walk: None,
            again: VecDeque::new(),
            current: None,
            clock: Timestamp::MIN,
            late: 0,
        }
    }

    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.panes.prepare(hashes);
    }

    /// The place of a key in the window of a point in time; none, and counted, if it is late.
    #[inline(always)]
    pub fn slot(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: View<'_, K>,
        init: impl FnOnce() -> V,
    ) -> Option<Slot<'_, K, V>> {
        let now = self.now(turn);
        let time = if self.time == Time::Event { time } else { self.clock };
        let Some(number) = self.panes.pane_at(time, now) else {
            self.late += 1;
            return None;
        };
        let pane = self.panes.get_mut(number);
        let again = pane.fired.then(|| {
            let (queue, window, key) = (&mut self.again, pane.window, K::from_view(key));
            Box::new(AgainLater { queue, window, hash, key })
        });
        Some(Slot { value: pane.table.entry_or(hash, key, init), again })
    }

    /// The next firing. None if none is due, or if the turn must yield: it is then to be asked again in the next.
    #[inline]
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<Firing<'_, K, V>> {
        self.current = None;
        let now = self.now(turn);
        loop {
            if self.again.is_empty() && self.walk.is_none() && !self.begin(now) {
                return None;
            }
            if turn.must_yield() {
                return None;
            }
            if let Some(again) = self.again.pop_front() {
                let Again { window, hash, key, value } = self.current.insert(again);
                return Some(Firing { window: *window, hash: *hash, key, value });
            }
            if self.step() {
                return self.walked();
            }
        }
    }

    /// Moves on by an entry; returns true if it fires.
    #[inline(always)]
    fn step(&mut self) -> bool {
        let Some(walk) = &mut self.walk else { return false };
        let table = &mut self.panes.get_mut(walk.pane).table;
        let found = match walk.way {
            Way::Fire => table.next_in_order(&mut walk.cursor).is_some(),
            Way::FireAndDrop { keep } | Way::Drop { keep } => {
                table.drain_in_order(&mut walk.cursor, keep).is_some()
            }
        };
        if !found {
            self.end();
            return false;
        }
        !matches!(walk.way, Way::Drop { .. })
    }

    /// The entry that `step` came to.
    #[inline(always)]
    fn walked(&self) -> Option<Firing<'_, K, V>> {
        let walk = self.walk.as_ref()?;
        let pane = self.panes.get(walk.pane);
        let (hash, key, value) = pane.table.passed(&walk.cursor)?;
        Some(Firing { window: pane.window, hash, key, value })
    }

    /// Begins with the next pane that is due; false if none is.
    fn begin(&mut self, now: Timestamp) -> bool {
        let keep = now < Timestamp::MAX && self.panes.keeps_memory();
        if let Some(first) = self.panes.first_from(Timestamp::MIN) {
            let pane = self.panes.get(first);
            if pane.fired && pane.cleanup <= now {
                return self.walk(first, Way::Drop { keep });
            }
        }
        while let Some(number) = self.panes.first_from(self.frontier) {
            let pane = self.panes.get(number);
            if pane.window.last() > now {
                return false;
            }
            self.frontier = pane.window.start + Span(1);
            if !pane.fired {
                let drops = pane.cleanup <= now;
                return self
                    .walk(number, if drops { Way::FireAndDrop { keep } } else { Way::Fire });
            }
        }
        if now == Timestamp::MAX {
            self.panes.release();
            self.again = VecDeque::new();
        }
        false
    }

    fn walk(&mut self, pane: usize, way: Way) -> bool {
        let entries = self.panes.get(pane).table.len();
        self.walk = Some(Walk { pane, cursor: Cursor::default(), way, entries });
        true
    }

    /// The pane was walked through.
    fn end(&mut self) {
        let Some(walk) = self.walk.take() else { return };
        match walk.way {
            Way::Fire => self.panes.get_mut(walk.pane).fired = true,
            Way::FireAndDrop { keep } | Way::Drop { keep } => {
                self.panes.close(walk.pane, walk.entries, keep);
            }
        }
    }

    /// Up to which point in time nothing more will come.
    #[inline(always)]
    fn now(&mut self, turn: &Turn<'_>) -> Timestamp {
        if self.time == Time::Event { turn.watermark() } else { self.processed(turn) }
    }

    /// In processing time a record may still come in this very millisecond; at the end of the input none will.
    #[inline(never)]
    fn processed(&mut self, turn: &Turn<'_>) -> Timestamp {
        self.clock = self.clock.max(turn.processing_time());
        let ended = turn.watermark() == Timestamp::MAX;
        if ended { Timestamp::MAX } else { self.clock - Span(1) }
    }
}

impl<K: Key, V> State for LiveWindows<K, V> {
    fn entries(&self) -> usize {
        self.panes.entries() + self.again.len()
    }

    fn bytes(&self) -> usize {
        self.panes.bytes() + self.again.capacity() * size_of::<Again<K, V>>()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        let first = self.panes.first_from(Timestamp::MIN)?;
        (self.time == Time::Processing).then(|| self.panes.get(first).window.end)
    }

    fn late(&self) -> u64 {
        self.late
    }
}

/// Hands the runtime's questions on to a field.
macro_rules! state_of {
    ($name:ident<$($parameter:ident: $bound:path),*>, $field:ident) => {
        impl<$($parameter: $bound),*> $crate::state::State for $name<$($parameter),*> {
            fn entries(&self) -> usize {
                self.$field.entries()
            }
            fn bytes(&self) -> usize {
                self.$field.bytes()
            }
            fn next_timer(&self) -> Option<$crate::time::Timestamp> {
                self.$field.next_timer()
            }
            fn late(&self) -> u64 {
                self.$field.late()
            }
        }
    };
}
pub(super) use state_of;
