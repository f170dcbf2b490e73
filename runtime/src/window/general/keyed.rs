//! What is kept per key, and per key and window.

use super::timers::{Set, Timers, TimersOf};
use crate::time::{Timestamp, Window};
use crate::window::assigner::Time;

/// Slots, and their numbers.
pub(super) type Parked<S> = Vec<(u32, S)>;

/// A key's live windows, in order, with the numbers of their slots; and what a function keeps per key.
pub(super) struct KeyWindows<P, S> {
    pub windows: Vec<(Window, u32)>,
    pub state: Option<P>,
    /// The slots, if there is a disk and the key is not the one that is [out](Slots).
    pub parked: Option<Box<Parked<S>>>,
}

impl<P, S> Default for KeyWindows<P, S> {
    fn default() -> Self {
        KeyWindows { windows: Vec::new(), state: None, parked: None }
    }
}

impl<P, S> KeyWindows<P, S> {
    pub fn find(&self, window: Window) -> Result<usize, usize> {
        self.windows.binary_search_by_key(&window, |(window, _)| *window)
    }

    /// The windows that overlap or touch one: of sessions, which never do so among themselves, a range.
    pub fn touching(&self, window: Window) -> std::ops::Range<usize> {
        let first = self.windows.partition_point(|(other, _)| other.end < window.start);
        let end = self.windows.partition_point(|(other, _)| other.start <= window.end);
        first..end.max(first)
    }
}

/// Parts, by number. If there is a disk, only those of one key, which are out of its entry.
pub(super) struct Slots<S> {
    /// All parts; some are empty. None if there is a disk.
    all: Vec<Option<S>>,
    /// Those of the key that is out.
    out: Option<Parked<S>>,
    /// How many numbers there are, and those that nobody has.
    numbers: u32,
    free: Vec<u32>,
}

impl<S> Slots<S> {
    /// None yet.
    pub fn new(has_disk: bool) -> Self {
        let out = has_disk.then(Vec::new);
        Slots { all: Vec::new(), out, numbers: 0, free: Vec::new() }
    }

    /// A part that is at hand.
    #[inline]
    pub fn get(&self, number: u32) -> Option<&S> {
        match &self.out {
            None => self.all.get(number as usize)?.as_ref(),
            Some(out) => out.iter().find(|(other, _)| *other == number).map(|(_, slot)| slot),
        }
    }

    /// The same, to be changed.
    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut S> {
        match &mut self.out {
            None => self.all.get_mut(number as usize)?.as_mut(),
            Some(out) => out.iter_mut().find(|(other, _)| *other == number).map(|(_, slot)| slot),
        }
    }

    /// The number that the next new part gets.
    pub fn next(&self) -> u32 {
        self.free.last().copied().unwrap_or(self.numbers)
    }

    /// A new part.
    pub fn add(&mut self, slot: S) {
        let number = self.next();
        if self.free.pop().is_none() {
            self.numbers += 1;
            if self.out.is_none() {
                self.all.push(None);
            }
        }
        match &mut self.out {
            None => self.all[number as usize] = Some(slot),
            Some(out) => out.push((number, slot)),
        }
    }

    /// Takes out a part that is at hand: its number is the first to be given out again.
    pub fn take(&mut self, number: u32) -> Option<S> {
        let slot = match &mut self.out {
            None => self.all.get_mut(number as usize)?.take()?,
            Some(out) => {
                let at = out.iter().position(|(other, _)| *other == number)?;
                out.swap_remove(at).1
            }
        };
        self.free.push(number);
        Some(slot)
    }

    /// Takes in all parts of a key, if there is a disk: there are no others.
    pub fn put_out(&mut self, parked: Option<Box<Parked<S>>>) {
        if let (Some(out), Some(parked)) = (&mut self.out, parked) {
            *out = *parked;
        }
    }

    /// Gives them out, if there are any.
    pub fn take_out(&mut self) -> Option<Box<Parked<S>>> {
        let out = self.out.as_mut().filter(|out| !out.is_empty())?;
        Some(Box::new(std::mem::take(out)))
    }

    /// How many parts there are, at hand or not.
    pub fn len(&self) -> usize {
        self.numbers as usize - self.free.len()
    }

    /// How many there have been at once.
    pub fn most(&self) -> usize {
        self.numbers as usize
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Slots::new(self.out.is_some());
    }

    /// Memory, in bytes, without that of parts of the key that is out.
    pub fn bytes(&self) -> usize {
        self.all.capacity() * size_of::<Option<S>>() + self.free.capacity() * size_of::<u32>()
    }
}

/// One key's part of one window.
pub(super) struct Slot<K, C, R, W> {
    pub key: K,
    pub hash: u64,
    pub window: Window,
    pub contents: C,
    /// What the trigger remembers.
    pub trigger: Option<R>,
    /// What the function keeps.
    pub state: Option<W>,
    pub set: Set,
    /// The timer at which it goes away.
    pub cleanup: Option<(Time, Timestamp)>,
}

impl<K, C, R, W> Slot<K, C, R, W> {
    pub fn timers<'t>(&'t mut self, all: &'t mut Timers, number: u32) -> TimersOf<'t> {
        self.trigger_parts(all, number).1
    }

    /// What a trigger may change.
    pub fn trigger_parts<'t>(
        &'t mut self,
        all: &'t mut Timers,
        number: u32,
    ) -> (&'t mut Option<R>, TimersOf<'t>) {
        let (hash, window, cleanup) = (self.hash, self.window, self.cleanup);
        let timers = TimersOf { all, set: &mut self.set, cleanup, hash, window, number };
        (&mut self.trigger, timers)
    }
}
