//! Process functions on keyed streams: state and timers per key.

use std::sync::Arc;

use super::context::{KeyPart, ProcessContext};
use super::rng::Rng;
use super::side::Sides;
use super::timers::{TimeDomain, Timers};
use crate::record::{Emit, Key, Record};
use crate::state::{
    Cursor, DiskError, Forever, Keep, Kept, LoadError, Loader, Moment, SnapshotWriter, Spill,
    State, Ttl, by_key,
};
use crate::task::{Scratch, Turn};
use crate::time::{Span, Timestamp};

/// State and timers of a keyed process function; `I` makes the state of a key.
pub struct Process<K: Key, S, I, L: Keep = Forever> {
    init: I,
    kept: Kept<K, S, L>,
    timers: Timers<K>,
    rng: Rng,
    /// The time of the stream.
    domain: TimeDomain,
    /// Event-time timers up to here have fired or are firing.
    advanced: Timestamp,
    firing: bool,
    /// The watermark before the end of all time.
    before_end: Timestamp,
    /// The greatest processing time so far.
    clock: Timestamp,
    /// Whether anybody wants to hear of the end.
    hears_end: bool,
    end: Cursor,
}

/// A timer that fires, or a key whose input has ended: see [`Process::due`].
pub struct Due<K, S> {
    hash: u64,
    key: K,
    what: What<S>,
}

enum What<S> {
    Timer(TimeDomain, Timestamp),
    End(S),
}

// What is no record is refused where the state is made, and only there.
impl<K: Key, S, I: Fn() -> S> Process<K, S, I> {
    /// No keys yet; `init` makes the state of a key at its first event.
    pub fn new(init: I) -> Self
    where
        S: Record,
    {
        Process::keeping(init, Forever)
    }

    /// The same, with state that is forgotten `ttl` after its last write; every call of the function counts as one.
    #[must_use]
    pub fn ttl(self, ttl: Ttl) -> Process<K, S, I, Ttl> {
        Process {
            domain: self.domain,
            hears_end: self.hears_end,
            ..Process::keeping(self.init, ttl)
        }
    }
}

impl<K: Key, S, I: Fn() -> S, L: Keep> Process<K, S, I, L> {
    fn keeping(init: I, keep: L) -> Self {
        Process {
            init,
            kept: Kept::new(keep),
            timers: Timers::default(),
            rng: Rng::new(0),
            domain: TimeDomain::Event,
            advanced: Timestamp::MIN,
            firing: false,
            before_end: Timestamp::MIN,
            clock: Timestamp::MIN,
            hears_end: false,
            end: Cursor::default(),
        }
    }

    /// The same on a stream in processing time.
    #[must_use]
    pub fn processing_time(mut self) -> Self {
        self.domain = TimeDomain::Processing;
        self
    }

    /// The same, with keys that are due when the input ends.
    #[must_use]
    pub fn hears_end(mut self) -> Self {
        self.hears_end = true;
        self
    }

    /// Fetches what these keys will need into the cache.
    #[inline(always)]
    pub fn prepare(&mut self, hashes: &[u64]) {
        self.kept.prepare(hashes);
    }

    /// Calls the function for an event.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "called by emitted code only")]
    pub fn on_event<E, O: Record>(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        hash: u64,
        key: impl Emit<Record = K>,
        event: E,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, E, &mut ProcessContext<'_, K, O>),
    ) {
        let at = self.moment(turn, time);
        let domain = self.domain;
        self.call(at, hash, key, domain, emitted, sides, |state, cx| f(state, event, cx));
    }

    /// What is due next: a timer, in the order of (time, key hash, canonical key bytes); behind the last timer of all
    /// the keys that have state, in the order of (key hash, canonical key bytes). None if nothing is, or if the turn
    /// must yield: it is then to be asked again in the next.
    #[inline]
    pub fn due(&mut self, turn: &mut Turn<'_>) -> Option<Due<K, S>> {
        let watermark = turn.watermark();
        self.clock = self.clock.max(turn.processing_time());
        if watermark > self.advanced {
            (self.advanced, self.firing) = (watermark, true);
        }
        if self.firing {
            if self.timers.event.first().is_some_and(|time| time <= watermark) {
                return self.timer(TimeDomain::Event, turn);
            }
            self.firing = false;
        }
        if watermark == Timestamp::MAX {
            return self.next_end(turn);
        }
        self.before_end = watermark;
        if self.timers.processing.first().is_some_and(|time| time <= self.clock) {
            return self.timer(TimeDomain::Processing, turn);
        }
        self.kept.sweep(watermark, self.clock);
        None
    }

    fn timer(&mut self, domain: TimeDomain, turn: &mut Turn<'_>) -> Option<Due<K, S>> {
        if turn.must_yield() {
            return None;
        }
        let (time, hash, key) = self.timers.of(domain).take_first()?;
        Some(Due { hash, key, what: What::Timer(domain, time) })
    }

    /// The next key on the way out; in the end nothing is left. That the input ends is no time that passes: whose time
    /// was not over before is heard.
    fn next_end(&mut self, turn: &mut Turn<'_>) -> Option<Due<K, S>> {
        while !self.kept.is_empty() {
            if turn.must_yield() {
                return None;
            }
            let (time, watermark, processing_time) = (Timestamp::MIN, self.before_end, self.clock);
            self.kept.at(Moment { time, watermark, processing_time });
            let Some((hash, key, state, lives)) = self.kept.drain(&mut self.end) else { break };
            if self.hears_end && lives {
                let state = std::mem::replace(state, (self.init)());
                let key = K::from_view(key.as_view());
                return Some(Due { hash, key, what: What::End(state) });
            }
        }
        self.kept.clear();
        (self.timers, self.end) = (Timers::default(), Cursor::default());
        None
    }

    /// Calls the function if what is due is a timer.
    #[inline]
    pub fn on_timer<O: Record>(
        &mut self,
        turn: &Turn<'_>,
        due: &Due<K, S>,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, Timestamp, &mut ProcessContext<'_, K, O>),
    ) {
        let What::Timer(domain, timer) = due.what else { return };
        let time = match (domain, self.domain, turn.watermark()) {
            (TimeDomain::Processing, TimeDomain::Event, Timestamp::MIN) => Timestamp::MIN,
            // What the watermark has passed would be late.
            (TimeDomain::Processing, TimeDomain::Event, watermark) => watermark + Span(1),
            _ => timer,
        };
        let at = self.moment(turn, time);
        self.call(at, due.hash, due.key.as_view(), domain, emitted, sides, |state, cx| {
            f(state, timer, cx);
        });
    }

    /// Calls the function if what is due is a key's end.
    #[inline]
    pub fn on_end<O: Record>(
        &mut self,
        turn: &Turn<'_>,
        due: &mut Due<K, S>,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, &mut ProcessContext<'_, K, O>),
    ) {
        let at = self.moment(turn, Timestamp::MAX);
        let What::End(state) = &mut due.what else { return };
        let (hash, key, domain) = (due.hash, due.key.as_view(), self.domain);
        let timers = &mut self.timers;
        let part = KeyPart { key, timers, cleared: false, domain, fired: domain };
        f(state, &mut ProcessContext { at, hash, emitted, sides, rng: &mut self.rng, part });
    }

    /// The states of the keys and the random numbers, at a moment.
    pub(super) fn parts(&mut self, at: Moment) -> (&mut Kept<K, S, L>, &mut Rng) {
        self.kept.at(at);
        (&mut self.kept, &mut self.rng)
    }

    #[inline(always)]
    pub(super) fn moment(&self, turn: &Turn<'_>, time: Timestamp) -> Moment {
        let processing_time = turn.processing_time().max(self.clock);
        Moment { time, watermark: turn.watermark(), processing_time }
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "what both kinds of calls have in common")]
    fn call<O: Record>(
        &mut self,
        at: Moment,
        hash: u64,
        key: impl Emit<Record = K>,
        fired: TimeDomain,
        emitted: &mut Scratch<O>,
        sides: &mut Sides,
        f: impl FnOnce(&mut S, &mut ProcessContext<'_, K, O>),
    ) {
        let (key, timers, rng, domain) =
            (key.as_view(), &mut self.timers, &mut self.rng, self.domain);
        self.kept.at(at);
        let state = self.kept.entry(hash, key, &self.init);
        let part = KeyPart { key, timers, cleared: false, domain, fired };
        let mut cx = ProcessContext { at, hash, emitted, sides, rng, part };
        f(state, &mut cx);
        if cx.part.cleared {
            self.kept.remove(hash, key);
        }
    }
}

impl<K: Key, S: Record, I, L: Keep> State for Process<K, S, I, L> {
    fn entries(&self) -> usize {
        self.kept.len() + self.timers.len()
    }

    fn bytes(&self) -> usize {
        self.kept.bytes() + self.timers.bytes()
    }

    fn timers(&self) -> usize {
        self.timers.len()
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.timers.processing.first().into_iter().chain(self.kept.next_timer()).min()
    }

    fn meaning(&self) -> String {
        by_key::<K>("process")
    }

    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, DiskError> {
        self.kept.spill(to)
    }

    fn save(&mut self, out: &mut SnapshotWriter) {
        self.kept.save(out);
        self.timers.save(out);
        self.rng.save(out);
        out.note("clock", self.clock.0);
    }

    fn save_more(&mut self, out: &mut SnapshotWriter) -> bool {
        self.kept.save_more(out)
    }

    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        self.kept.load(from)?;
        self.timers.load(from)?;
        self.rng.load(from)?;
        self.clock = from.note("clock").map_or(self.clock, Timestamp);
        (self.advanced, self.before_end) = (from.watermark(), from.watermark());
        Ok(())
    }
}
