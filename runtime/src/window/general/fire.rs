//! Windows whose time has come.

use super::contents::{Accumulated, Contents, Elements, Events, Folded, Reduced};
use super::timers::Timer;
use super::{GeneralWindows, Triggered};
use crate::operator::Aggregate;
use crate::record::{Key, Record, View};
use crate::task::Turn;
use crate::time::{Span, Timestamp, Window};
use crate::window::assigner::Time;
use crate::window::trigger::{Now, Trigger, TriggerResult};

/// What was handed out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Current {
    hash: u64,
    pub number: u32,
    pub due: Due,
    purges: bool,
    /// The window goes away behind it.
    ends: bool,
    pub watermark: Timestamp,
}

/// Why a window's function is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// It fires.
    Fire,
    /// It goes away.
    Clear,
}

/// One key's part of one window, its time having come.
pub struct GeneralFiring<'w, K: Key, T: Record, S, C: Contents, R: Trigger<T>, P, W> {
    pub(super) windows: &'w mut GeneralWindows<K, T, S, C, R, P, W>,
    pub(super) current: Current,
}

impl<K, T, S, C, R, P, W> GeneralWindows<K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
{
    /// The next firing: first those that the last record caused, then those of timers in the order of (time, key hash,
    /// window, canonical key bytes). None if none is due, or if the turn must yield: it is then to be asked again in the
    /// next.
    pub fn fire(&mut self, turn: &mut Turn<'_>) -> Option<GeneralFiring<'_, K, T, S, C, R, P, W>> {
        let now = self.now(turn);
        self.current = self.finish();
        while self.current.is_none() {
            if let Some((number, purges)) = self.pending.pop_front() {
                self.begin(number, purges, false, now);
                break;
            }
            let Some(time) = self.due(now) else {
                self.release(now);
                return None;
            };
            if turn.must_yield() {
                return None;
            }
            self.pass(time, now);
        }
        let current = self.current?;
        Some(GeneralFiring { windows: self, current })
    }

    fn begin(&mut self, number: u32, purges: bool, ends: bool, now: Now) {
        let hash = self.slots.get(number).map_or(0, |slot| slot.hash);
        let (due, watermark) = (Due::Fire, now.watermark);
        self.current = Some(Current { hash, number, due, purges, ends, watermark });
        self.evict(number, false);
    }

    fn evict(&mut self, number: u32, after: bool) {
        let Some(evictor) = self.evictor.filter(|evictor| evictor.after == after) else { return };
        let Some(slot) = self.slots.get_mut(number) else { return };
        let before = slot.contents.len();
        slot.contents.evict(&evictor);
        self.kept = self.kept + slot.contents.len() - before;
    }

    /// What follows the firing that was handed out last: another call for the same window, if the function wants to know
    /// that it goes away.
    fn finish(&mut self) -> Option<Current> {
        let current = self.current.take()?;
        let Current { hash, number, due, purges, ends, .. } = current;
        self.bring_number(hash, number);
        if due == Due::Clear {
            self.remove(number);
            return None;
        }
        self.evict(number, true);
        if purges {
            self.purge(number);
        }
        if ends && self.clears {
            return Some(Current { due: Due::Clear, ..current });
        }
        if ends {
            self.remove(number);
        } else {
            self.retire(number);
        }
        None
    }

    fn purge(&mut self, number: u32) {
        if let Some(slot) = self.slots.get_mut(number) {
            self.kept -= std::mem::take(&mut slot.contents).len();
        }
    }

    /// Which timers are due, if any are.
    fn due(&mut self, now: Now) -> Option<Time> {
        let is_over = now.watermark == Timestamp::MAX;
        let passed = if is_over { Timestamp::MAX } else { now.clock - Span(1) };
        let first = |time: Time| self.timers.of(time).first().map(|timer| timer.0);
        if first(Time::Processing).is_some_and(|first| first <= passed) {
            return Some(Time::Processing);
        }
        // A timer that is set in the past waits for the watermark to move.
        if now.watermark > self.advanced {
            if first(Time::Event).is_some_and(|first| first <= now.watermark) {
                return Some(Time::Event);
            }
            self.advanced = now.watermark;
        }
        None
    }

    /// Passes the first timer.
    fn pass(&mut self, time: Time, now: Now) {
        let Some((at, hash, _, number)) = self.pop(time) else { return };
        self.bring_number(hash, number);
        let slot = self.slots.get_mut(number).expect("timers are those of live windows");
        let set = slot.set.iter().position(|timer| *timer == (time, at));
        let was_set = set.map(|index| slot.set.swap_remove(index)).is_some();
        let ends = slot.cleanup == Some((time, at));
        if ends {
            slot.cleanup = None;
        }
        let result = match (was_set, time) {
            (false, _) => TriggerResult::Continue,
            (true, Time::Event) => {
                self.ask(number, now, at, |trigger, cx| trigger.on_event_time(at, cx))
            }
            (true, Time::Processing) => {
                self.ask(number, now, at, |trigger, cx| trigger.on_processing_time(at, cx))
            }
        };
        let slot = self.slots.get(number).expect("looked at above");
        if result.fires() && !slot.contents.is_empty() {
            return self.begin(number, result.purges(), ends, now);
        }
        if result.purges() {
            self.purge(number);
        }
        let watermark = now.watermark;
        if ends && self.clears {
            let (due, purges) = (Due::Clear, false);
            self.current = Some(Current { hash, number, due, purges, ends, watermark });
        } else if ends {
            self.remove(number);
        } else {
            self.retire(number);
        }
    }

    /// Takes the first timer out; of keys with one hash and one window, that of the least canonical key bytes.
    fn pop(&mut self, time: Time) -> Option<Timer> {
        let timers = self.timers.of_mut(time);
        let first = timers.pop_first()?;
        let is_tie = |other: &Timer| (other.0, other.1, other.2) == (first.0, first.1, first.2);
        if !timers.first().is_some_and(is_tie) {
            return Some(first);
        }
        let ties: Vec<Timer> = timers.iter().take_while(|timer| is_tie(timer)).copied().collect();
        let ties = ties.into_iter().chain([first]);
        let least = ties.min_by_key(|timer| self.key_bytes(timer.1, timer.3))?;
        let timers = self.timers.of_mut(time);
        timers.insert(first);
        timers.remove(&least);
        Some(least)
    }

    /// The window is over.
    fn remove(&mut self, number: u32) {
        let Some(slot) = self.slots.get(number) else { return };
        let (last, clock) = (self.spec.last(slot.window), self.clock);
        let now = Now { watermark: self.advanced, clock, time: self.spec.time() };
        self.ask(number, now, last, |trigger, cx| trigger.clear(cx));
        let slot = self.take(number);
        self.kept -= slot.contents.len();
        let Some(keys) = &mut self.keys else { return };
        let known = keys.entry_or(slot.hash, slot.key.as_view(), Default::default);
        if let Ok(at) = known.find(slot.window) {
            known.windows.remove(at);
        }
        if known.windows.is_empty() && known.state.is_none() {
            keys.remove(slot.hash, slot.key.as_view());
        }
    }

    /// Forgets a window that time does not end and of which nothing is left.
    fn retire(&mut self, number: u32) {
        let Some(slot) = self.slots.get(number).filter(|_| !S::ENDS) else { return };
        let is_idle = slot.contents.is_empty() && slot.trigger.is_none() && slot.set.is_empty();
        if is_idle && slot.state.is_none() {
            self.remove(number);
        }
    }

    /// Drops what is left when nothing more can come.
    fn release(&mut self, now: Now) {
        let is_over = now.watermark == Timestamp::MAX;
        // All windows have ended: what a burst of keys needed is given back.
        let is_roomy = self.slots.most() > SPARE_SLOTS;
        let Some(keys) = self.keys.take_if(|keys| is_over || is_roomy && keys.len() == 0) else {
            return;
        };
        // What is on a disk goes as well.
        { keys }.clear();
        (self.out, self.open) = (None, Vec::new());
        self.slots.clear();
        (self.timers, self.kept) = (Default::default(), 0);
    }
}

/// Slots that are kept when no window is live.
const SPARE_SLOTS: usize = 1024;

impl<K, T, S, C, R, P, W> GeneralFiring<'_, K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
{
    /// The event time of the results: the window's last millisecond.
    pub fn time(&self) -> Timestamp {
        self.windows.spec.last(self.window())
    }

    /// The window.
    pub fn window(&self) -> Window {
        self.slot().window
    }

    /// The key.
    pub fn key(&self) -> View<'_, K> {
        self.slot().key.as_view()
    }

    pub(super) fn slot(&self) -> &super::keyed::Slot<K, C, R::State, W> {
        let slot = self.windows.slots.get(self.current.number);
        slot.expect("the window that fires is live")
    }
}

impl<K, T, S, A, R, P, W> GeneralFiring<'_, K, T, S, Accumulated<A>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    A: Aggregate,
    R: Trigger<T>,
{
    /// What was accumulated.
    pub fn acc(&self) -> &A::Acc {
        self.slot().contents.acc.as_ref().expect("a window that fires is not empty")
    }
}

impl<K, T, S, R, P, W> GeneralFiring<'_, K, T, S, Reduced<T>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
{
    /// The reduced record.
    pub fn reduced(&self) -> View<'_, T> {
        self.slot().contents.kept.as_ref().expect("a window that fires is not empty").as_view()
    }
}

impl<K, T, S, A, R, P, W> GeneralFiring<'_, K, T, S, Folded<A>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    A: Record,
    R: Trigger<T>,
{
    /// The folded value.
    pub fn folded(&self) -> View<'_, A> {
        self.slot().contents.kept.as_ref().expect("a window that fires is not empty").as_view()
    }
}

impl<K, T, S, R, P, W> GeneralFiring<'_, K, T, S, Elements<T>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
{
    /// The elements, in order of arrival; an evictor may have taken all.
    pub fn events(&self) -> Events<'_, T> {
        self.slot().contents.events()
    }

    /// Evicts, for `.delta_evictor(d, |old, new| ..)`, the elements whose distance to the last one is `threshold` or
    /// more (`DeltaEvictor` in Flink).
    pub fn evict_by<D: PartialOrd>(
        &mut self,
        threshold: &D,
        delta: impl FnMut(View<'_, T>, View<'_, T>) -> D,
    ) {
        if self.current.due == Due::Clear {
            return;
        }
        let slot = self.windows.slots.get_mut(self.current.number);
        let contents = &mut slot.expect("the window that fires is live").contents;
        let before = contents.len();
        contents.evict_by(threshold, delta);
        self.windows.kept = self.windows.kept + contents.len() - before;
    }
}
