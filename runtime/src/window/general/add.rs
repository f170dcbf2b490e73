//! A record on its way into its windows.

use super::contents::{Accumulated, Contents, Elements, Folded, Reduced};
use super::keyed::{KeyWindows, Slot};
use super::{GeneralWindows, Triggered};
use crate::operator::{Aggregate, failed_on};
use crate::record::{Emit, Key, Record, View};
use crate::state::Tiered;
use crate::task::{Failure, Turn};
use crate::time::{Timestamp, Window};
use crate::window::assigner::{At, Time};
use crate::window::store::table_of;
use crate::window::trigger::{Delta, Now, Trigger, TriggerCx, TriggerResult};

impl<K, T, S, C, R, P, W> GeneralWindows<K, T, S, C, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
    R: Trigger<T>,
{
    /// Fetches what these keys will need into the cache.
    pub fn prepare(&mut self, hashes: &[u64]) {
        if let Some(keys) = &mut self.keys {
            keys.prepare(hashes);
        }
    }

    /// Opens the windows of a record; false, and counted, if it is late for all of them.
    ///
    /// # Errors
    /// If sessions merge whose aggregates cannot be put together, with the key.
    pub fn open(
        &mut self,
        turn: &Turn<'_>,
        at: S::At,
        hash: u64,
        key: impl Emit<Record = K>,
    ) -> Result<bool, Failure> {
        assert!(self.pending.is_empty(), "what a record fires comes before the next record");
        let now = self.now(turn);
        let at = if now.time == Time::Event { at } else { at.moved_to(now.clock) };
        (self.at, self.arrivals) = (at.time(), self.arrivals + 1);
        self.open.clear();
        self.bring(hash, key.as_view());
        let mut any = false;
        for window in self.spec.windows_of(at) {
            any = true;
            if S::MERGES {
                self.open_session(now, window, hash, key.as_view())?;
            } else if !self.is_late(now, window) {
                let number = self.open_window(window, hash, key.as_view());
                self.open.push(number);
            }
        }
        let is_late = any && self.open.is_empty();
        self.late += u64::from(is_late);
        Ok(!is_late)
    }

    fn is_late(&self, now: Now, window: Window) -> bool {
        S::ENDS && now.time == Time::Event && self.spec.cleanup(window) <= now.watermark
    }

    /// The slot of a key's window, which is made if there is none.
    pub(super) fn open_window(&mut self, window: Window, hash: u64, key: View<'_, K>) -> u32 {
        let keys = table_of(&mut self.keys, || Tiered::new(self.spilled.as_ref()));
        let known = keys.entry_or(hash, key, KeyWindows::default);
        match known.find(window) {
            Ok(at) => known.windows[at].1,
            Err(at) => {
                let number = self.slots.next();
                known.windows.insert(at, (window, number));
                self.make(window, hash, K::from_view(key), C::default());
                number
            }
        }
    }

    /// Fills the next free slot.
    fn make(&mut self, window: Window, hash: u64, key: K, contents: C) {
        let cleanup = S::ENDS.then(|| (self.spec.time(), self.spec.cleanup(window)));
        if let Some((time, at)) = cleanup {
            self.timers.of_mut(time).insert((at, hash, window, self.slots.next()));
        }
        let (trigger, state, set) = (None, None, Vec::new());
        self.slots.add(Slot { key, hash, window, contents, trigger, state, set, cleanup });
    }

    fn open_session(
        &mut self,
        now: Now,
        window: Window,
        hash: u64,
        key: View<'_, K>,
    ) -> Result<(), Failure> {
        let known = self.keys.as_mut().and_then(|keys| keys.get(hash, key));
        let touching = known.map_or(0..0, |known| known.touching(window));
        if touching.is_empty() {
            if !self.is_late(now, window) {
                let number = self.open_window(window, hash, key);
                self.open.push(number);
            }
            return Ok(());
        }
        let keys = table_of(&mut self.keys, || Tiered::new(self.spilled.as_ref()));
        let known = keys.entry_or(hash, key, KeyWindows::default);
        let merged = &known.windows[touching.clone()];
        let cover = merged.iter().fold(window, |cover, (other, _)| Window {
            start: cover.start.min(other.start),
            end: cover.end.max(other.end),
        });
        if let [(same, number)] = merged
            && *same == cover
        {
            self.open.push(*number);
            return Ok(());
        }
        let numbers: Vec<u32> = merged.iter().map(|(_, number)| *number).collect();
        let last = *numbers.last().expect("not empty, as looked at above");
        known.windows.splice(touching, [(cover, last)]);
        self.merge(now, cover, hash, key, &numbers)?;
        self.open.push(last);
        Ok(())
    }

    /// Puts sessions into one, which gets the last one's number.
    fn merge(
        &mut self,
        now: Now,
        cover: Window,
        hash: u64,
        key: View<'_, K>,
        numbers: &[u32],
    ) -> Result<(), Failure> {
        let (mut contents, mut remembered) = (C::default(), Vec::new());
        for number in numbers {
            let mut slot = self.take(*number);
            let (before, other) = (contents.len(), slot.contents.len());
            contents
                .absorb(slot.contents, &self.with)
                .map_err(|overflow| failed_on::<K>(overflow, key))?;
            self.kept = self.kept + contents.len() - before - other;
            remembered.push(slot.trigger.take().unwrap_or_default());
        }
        // The slot that was emptied last is the first to be filled again.
        self.make(cover, hash, K::from_view(key), contents);
        let (number, timestamp) = (numbers[numbers.len() - 1], self.at);
        for state in remembered {
            self.ask(number, now, timestamp, |trigger, cx| trigger.on_merge(state, cx));
        }
        Ok(())
    }

    /// Empties a slot; its key still knows it.
    pub(super) fn take(&mut self, number: u32) -> Slot<K, C, R::State, W> {
        let mut slot = self.slots.take(number).expect("slots of live windows are taken");
        slot.timers(&mut self.timers, number).delete_all();
        slot
    }

    /// Asks the trigger for each of the record's windows. If one fires, no more records come before it has.
    pub fn trigger(&mut self, turn: &Turn<'_>, element: impl Emit<Record = T>) {
        let (now, timestamp) = (self.now(turn), self.at);
        for index in 0..self.open.len() {
            let number = self.open[index];
            let result = self.ask(number, now, timestamp, |trigger, cx| {
                trigger.on_element(element.as_view(), cx)
            });
            self.decide(number, result);
        }
        self.pause(turn);
    }

    fn pause(&self, turn: &Turn<'_>) {
        if !self.pending.is_empty() {
            turn.pause();
        }
    }

    fn decide(&mut self, number: u32, result: TriggerResult) {
        let slot = self.slots.get_mut(number).expect("the window is open");
        if result.fires() && !slot.contents.is_empty() {
            self.pending.push_back((number, result.purges()));
        } else if result.purges() {
            self.kept -= std::mem::take(&mut slot.contents).len();
        }
    }

    /// Asks the trigger about a window.
    pub(super) fn ask<X>(
        &mut self,
        number: u32,
        now: Now,
        timestamp: Timestamp,
        question: impl FnOnce(&R, &mut TriggerCx<'_, R::State>) -> X,
    ) -> X {
        let slot = self.slots.get_mut(number).expect("the window is live");
        let (window, last) = (slot.window, self.spec.last(slot.window));
        let (state, timers) = slot.trigger_parts(&mut self.timers, number);
        let mut cx = TriggerCx { now, window, last, timestamp, state, timers };
        question(&self.trigger, &mut cx)
    }

    /// What time it is.
    pub(super) fn now(&mut self, turn: &Turn<'_>) -> Now {
        self.clock = self.clock.max(turn.processing_time());
        Now { watermark: turn.watermark(), clock: self.clock, time: self.spec.time() }
    }

    fn contents(&mut self, index: usize) -> Option<&mut C> {
        let number = *self.open.get(index)?;
        Some(&mut self.slots.get_mut(number).expect("the window is open").contents)
    }
}

impl<K, T, S, C, P, W> GeneralWindows<K, T, S, C, Delta, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    C: Contents,
{
    /// [`trigger`](GeneralWindows::trigger) where a closure decides: a window fires when the distance between the
    /// element that fired it last, or came first, and this one exceeds `threshold`.
    pub fn trigger_by<D: PartialOrd>(
        &mut self,
        turn: &Turn<'_>,
        element: impl Emit<Record = T>,
        threshold: &D,
        mut delta: impl FnMut(View<'_, T>, View<'_, T>) -> D,
    ) {
        let (now, timestamp) = (self.now(turn), self.at);
        for index in 0..self.open.len() {
            let number = self.open[index];
            let result = self.ask(number, now, timestamp, |trigger, cx| {
                let new = element.as_view();
                let old = cx.state().as_ref();
                let fires = old.map(|old| delta(old.as_view(), new) > *threshold);
                if fires != Some(false) {
                    *cx.state() = Some(T::from_view(new));
                }
                trigger.result(fires == Some(true))
            });
            self.decide(number, result);
        }
        self.pause(turn);
    }
}

impl<K, T, S, R, P, W> GeneralWindows<K, T, S, Elements<T>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
{
    /// Keeps the record in its windows.
    pub fn keep(&mut self, record: impl Emit<Record = T>) {
        let (at, arrival) = (self.at, self.arrivals);
        self.kept += self.open.len();
        for index in 0..self.open.len() {
            if let Some(contents) = self.contents(index) {
                contents.push(at, arrival, T::from_view(record.as_view()));
            }
        }
    }
}

impl<K, T, S, A, R, P, W> GeneralWindows<K, T, S, Accumulated<A>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    A: Aggregate,
    R: Trigger<T>,
{
    /// Adds to the aggregates of the record's windows.
    ///
    /// # Errors
    /// If an aggregate cannot take it, with the key.
    pub fn accumulate(&mut self, value: impl Emit<Record = A::In>) -> Result<(), Failure> {
        for index in 0..self.open.len() {
            let slot = self.slots.get_mut(self.open[index]);
            let slot = slot.expect("the window is open");
            self.kept += usize::from(slot.contents.is_empty());
            let acc = slot.contents.acc.get_or_insert_with(Default::default);
            if let Err(overflow) = self.with.add(acc, value.as_view()) {
                return Err(failed_on::<K>(overflow, slot.key.as_view()));
            }
        }
        Ok(())
    }
}

impl<K, T, S, A, R, P, W> GeneralWindows<K, T, S, Folded<A>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    A: Record,
    R: Trigger<T>,
{
    /// Carries the values of the record's windows on.
    pub fn fold<X: Copy>(&mut self, record: X, mut step: impl FnMut(A, X) -> A) {
        for index in 0..self.open.len() {
            let slot = self.slots.get_mut(self.open[index]);
            let contents = &mut slot.expect("the window is open").contents;
            self.kept += usize::from(contents.is_empty());
            let kept = contents.kept.take().unwrap_or_else(|| A::from_view(self.with.as_view()));
            contents.kept = Some(step(kept, record));
        }
    }
}

impl<K, T, S, R, P, W> GeneralWindows<K, T, S, Reduced<T>, R, P, W>
where
    K: Key,
    T: Record,
    S: Triggered,
    R: Trigger<T>,
{
    /// Reduces the record with what its windows hold; the first one stays as it is.
    pub fn reduce(
        &mut self,
        record: impl Emit<Record = T>,
        mut f: impl FnMut(View<'_, T>, View<'_, T>) -> T,
    ) {
        for index in 0..self.open.len() {
            let slot = self.slots.get_mut(self.open[index]);
            let contents = &mut slot.expect("the window is open").contents;
            self.kept += usize::from(contents.is_empty());
            while let (Some(kept), Some(next)) = (&contents.kept, contents.more.pop_front()) {
                contents.kept = Some(f(kept.as_view(), next.as_view()));
            }
            contents.kept = Some(match &contents.kept {
                Some(kept) => f(kept.as_view(), record.as_view()),
                None => T::from_view(record.as_view()),
            });
        }
    }
}
