//! Process functions that are told rules.

use std::collections::{BTreeMap, BTreeSet};

use thalweg::time::Timestamp;

use super::ttl::{Kept, Ttl, When};
use super::windows::Answer;
use super::{Context, Event, Step};

/// Rules by their keys.
pub type Rules = BTreeMap<i64, Event>;

/// A process function over side 0 that is told the records of side 1 as rules. One step ends before the next begins, so
/// that a record knows all rules of the steps before it and none of those behind it.
pub fn ruled<K: Ord + Clone, S, R>(
    script: &[Step],
    ttl: Option<Ttl>,
    key: impl Fn(&Event) -> K,
    init: impl Fn() -> S,
    on_event: impl Fn(&mut S, &Event, &Rules, &mut Context<'_, K, R>),
    on_rule: impl Fn(&mut Rules, &Event, &mut dyn FnMut(&mut dyn FnMut(&K, &mut S))),
    on_timer: impl Fn(&mut S, Timestamp, &Rules, &mut Context<'_, K, R>),
) -> Vec<Answer<R>> {
    let (mut states, mut rules) = (Kept::<K, S>::new(ttl), Rules::new());
    let mut timers: BTreeSet<(i64, K)> = BTreeSet::new();
    let (mut watermark, mut clock) = (i64::MIN, 0);
    let mut answers = Vec::new();
    for step in script {
        let mut answer = Answer::default();
        let results = &mut answer.results;
        match step {
            Step::Records(0, records) => {
                for event in records {
                    let (key, when) = (key(event), When { time: event.at.0, watermark, clock });
                    let state = states.write(&key, when, &init);
                    let times = (event.at, Timestamp(watermark));
                    let mut cx = Context::new(key.clone(), times, &mut timers, results);
                    on_event(state, event, &rules, &mut cx);
                    if cx.is_cleared() {
                        states.remove(&key);
                    }
                }
            }
            Step::Records(_, records) => {
                for rule in records {
                    let when = When { time: rule.at.0, watermark, clock };
                    on_rule(&mut rules, rule, &mut |visit| states.each(when, visit));
                }
            }
            Step::Watermarks(times) => {
                for &time in times {
                    watermark = time;
                    while let Some((due, key)) =
                        timers.first().filter(|(due, _)| *due <= time).cloned()
                    {
                        timers.remove(&(due, key.clone()));
                        let when = When { time: due, watermark, clock };
                        let state = states.write(&key, when, &init);
                        let times = (Timestamp(due), Timestamp(watermark));
                        let mut cx = Context::new(key.clone(), times, &mut timers, results);
                        on_timer(state, Timestamp(due), &rules, &mut cx);
                        if cx.is_cleared() {
                            states.remove(&key);
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
