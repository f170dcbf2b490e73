//! Process functions.

use std::collections::BTreeSet;

use thalweg::time::{Span, Timestamp};

use super::ttl::{Kept, Ttl, When};
use super::windows::Answer;
use super::{Event, Step};

/// What a function is given: the words of the engine's context that scripts can be about.
pub struct Context<'c, K, R> {
    key: K,
    at: Timestamp,
    watermark: Timestamp,
    timers: &'c mut BTreeSet<(i64, K)>,
    results: &'c mut Vec<(i64, R)>,
    cleared: bool,
}

impl<'c, K: Ord + Clone, R> Context<'c, K, R> {
    pub(super) fn new(
        key: K,
        (at, watermark): (Timestamp, Timestamp),
        timers: &'c mut BTreeSet<(i64, K)>,
        results: &'c mut Vec<(i64, R)>,
    ) -> Context<'c, K, R> {
        Context { key, at, watermark, timers, results, cleared: false }
    }

    /// Whether the state was forgotten.
    pub(super) fn is_cleared(&self) -> bool {
        self.cleared
    }

    /// The key.
    pub fn key(&self) -> K {
        self.key.clone()
    }

    /// The time of the record or timer.
    pub fn timestamp(&self) -> Timestamp {
        self.at
    }

    /// The watermark.
    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// Emits.
    pub fn emit(&mut self, result: R) {
        self.results.push((self.at.0, result));
    }

    /// Sets a timer.
    pub fn timer_at(&mut self, time: Timestamp) {
        self.timers.insert((time.0, self.key.clone()));
    }

    /// Sets a timer.
    pub fn timer_after(&mut self, span: Span) {
        self.timer_at(self.at + span);
    }

    /// Cancels a timer.
    pub fn cancel(&mut self, time: Timestamp) {
        self.timers.remove(&(time.0, self.key.clone()));
    }

    /// Forgets the state.
    pub fn clear(&mut self) {
        self.cleared = true;
    }
}

/// A process function of one or two inputs: `on_event` is told the side of each record.
pub fn process<K: Ord + Clone, S, R>(
    script: &[Step],
    key: impl Fn(&Event) -> K,
    init: impl Fn() -> S,
    on_event: impl Fn(usize, &mut S, &Event, &mut Context<'_, K, R>),
    on_timer: impl Fn(&mut S, Timestamp, &mut Context<'_, K, R>),
) -> Vec<Answer<R>> {
    process_for(script, None, key, init, on_event, on_timer)
}

/// The same with a time to live: every call is a write.
pub fn process_for<K: Ord + Clone, S, R>(
    script: &[Step],
    ttl: Option<Ttl>,
    key: impl Fn(&Event) -> K,
    init: impl Fn() -> S,
    on_event: impl Fn(usize, &mut S, &Event, &mut Context<'_, K, R>),
    on_timer: impl Fn(&mut S, Timestamp, &mut Context<'_, K, R>),
) -> Vec<Answer<R>> {
    let mut states: Kept<K, S> = Kept::new(ttl);
    let mut timers: BTreeSet<(i64, K)> = BTreeSet::new();
    let (mut watermark, mut clock) = (Timestamp::MIN, 0);
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        let results = &mut answer.results;
        match step {
            Step::Records(side, records) => {
                for event in records {
                    let (key, at) = (key(event), event.at);
                    let when = When { time: at.0, watermark: watermark.0, clock };
                    let state = states.write(&key, when, &init);
                    let timers = &mut timers;
                    let mut cx = Context::new(key, (at, watermark), timers, results);
                    on_event(*side, state, event, &mut cx);
                    if cx.cleared {
                        states.remove(&cx.key);
                    }
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    watermark = Timestamp(time);
                    while let Some((due, key)) =
                        timers.first().filter(|(due, _)| *due <= time).cloned()
                    {
                        timers.remove(&(due, key.clone()));
                        let when = When { time: due, watermark: time, clock };
                        let state = states.write(&key, when, &init);
                        let (at, timers) = (Timestamp(due), &mut timers);
                        let mut cx = Context::new(key, (at, watermark), timers, results);
                        on_timer(state, at, &mut cx);
                        if cx.cleared {
                            states.remove(&cx.key);
                        }
                    }
                }
            }
            Step::Clock(time) => clock = *time,
        }
        answers.push(answer);
    }
    answers
}
