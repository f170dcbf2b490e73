//! Process functions.

use std::collections::{BTreeMap, BTreeSet};

use thalweg::time::{Span, Timestamp};

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

impl<K: Ord + Clone, R> Context<'_, K, R> {
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
    let mut states: BTreeMap<K, S> = BTreeMap::new();
    let mut timers: BTreeSet<(i64, K)> = BTreeSet::new();
    let mut watermark = Timestamp::MIN;
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        let results = &mut answer.results;
        match step {
            Step::Records(side, records) => {
                for event in records {
                    let (key, at) = (key(event), event.at);
                    let state = states.entry(key.clone()).or_insert_with(&init);
                    let timers = &mut timers;
                    let mut cx = Context { key, at, watermark, timers, results, cleared: false };
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
                        let state = states.entry(key.clone()).or_insert_with(&init);
                        let (at, timers) = (Timestamp(due), &mut timers);
                        let mut cx =
                            Context { key, at, watermark, timers, results, cleared: false };
                        on_timer(state, at, &mut cx);
                        if cx.cleared {
                            states.remove(&cx.key);
                        }
                    }
                }
            }
        }
        answers.push(answer);
    }
    answers
}
