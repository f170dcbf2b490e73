//! State that is forgotten behind its last write.

use std::collections::BTreeMap;

use super::windows::Answer;
use super::{Event, Step};

/// How long a key's state lives behind its last write.
#[derive(Clone, Copy, Debug)]
pub enum Ttl {
    /// Until so much time has passed on the clock.
    Processing(i64),
    /// Until a record's time, or the watermark, is so much past the write.
    Event(i64),
}

/// When something happens.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// Time of the record or timer.
    pub time: i64,
    /// The watermark.
    pub watermark: i64,
    /// What the clock says.
    pub clock: i64,
}

impl Ttl {
    fn is_over(self, written: i64, when: When) -> bool {
        match self {
            Ttl::Processing(span) => when.clock - written >= span,
            Ttl::Event(span) => when.time.max(when.watermark) >= written + span,
        }
    }

    fn of_write(self, when: When) -> i64 {
        match self {
            Ttl::Processing(_) => when.clock,
            Ttl::Event(_) => when.time,
        }
    }
}

/// States by key, each with the time of its last write.
pub struct Kept<K, S> {
    ttl: Option<Ttl>,
    states: BTreeMap<K, (i64, S)>,
}

impl<K: Ord + Clone, S> Kept<K, S> {
    /// None yet.
    pub fn new(ttl: Option<Ttl>) -> Kept<K, S> {
        Kept { ttl, states: BTreeMap::new() }
    }

    /// A key's state, which is written to; made by `init` if it has none any more.
    pub fn write(&mut self, key: &K, when: When, init: impl Fn() -> S) -> &mut S {
        let now = self.ttl.map_or(0, |ttl| ttl.of_write(when));
        if self.is_over(key, when) {
            self.states.insert(key.clone(), (now, init()));
        }
        let (written, state) = self.states.get_mut(key).expect("it was there, or is now");
        *written = now.max(*written);
        state
    }

    /// Whether a key has no state any more, or had none.
    pub fn is_over(&self, key: &K, when: When) -> bool {
        let state = self.states.get(key);
        state.is_none_or(|(written, _)| self.ttl.is_some_and(|ttl| ttl.is_over(*written, when)))
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &K) {
        self.states.remove(key);
    }

    /// The states that are not over.
    pub fn each(&mut self, when: When, mut visit: impl FnMut(&K, &mut S)) {
        let ttl = self.ttl;
        for (key, (written, state)) in &mut self.states {
            if ttl.is_none_or(|ttl| !ttl.is_over(*written, when)) {
                visit(key, state);
            }
        }
    }
}

/// For each record what its key's records so far come to, since the key was forgotten last.
pub fn running<K: Ord + Clone, R>(
    script: &[Step],
    ttl: Option<Ttl>,
    key: impl Fn(&Event) -> K,
    result: impl Fn(&K, &[Event]) -> R,
) -> Vec<Answer<R>> {
    let mut kept: Kept<K, Vec<Event>> = Kept::new(ttl);
    each_record(script, |event, when, answer| {
        let key = key(event);
        let events = kept.write(&key, when, Vec::new);
        events.push(event.clone());
        answer.results.push((event.at.0, result(&key, events)));
    })
}

/// The first record of each key, and the first after the key was forgotten; others are no writes.
pub fn dedup<K: Ord + Clone>(
    script: &[Step],
    ttl: Option<Ttl>,
    key: impl Fn(&Event) -> K,
) -> Vec<Answer<Event>> {
    let mut seen: Kept<K, ()> = Kept::new(ttl);
    each_record(script, |event, when, answer| {
        let key = key(event);
        if seen.is_over(&key, when) {
            seen.write(&key, when, || ());
            answer.results.push((event.at.0, event.clone()));
        }
    })
}

fn each_record<R>(
    script: &[Step],
    mut look: impl FnMut(&Event, When, &mut Answer<R>),
) -> Vec<Answer<R>> {
    let (mut watermark, mut clock) = (i64::MIN, 0);
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        match step {
            Step::Records(_, records) => {
                for event in records {
                    look(event, When { time: event.at.0, watermark, clock }, &mut answer);
                }
            }
            Step::Watermarks(times) => watermark = times.last().copied().unwrap_or(watermark),
            Step::Clock(time) => clock = *time,
        }
        answers.push(answer);
    }
    answers
}
