//! State that ends and rules that are told, against the oracle: as `oracle.rs`, with a clock that moves.

use std::time::Duration;

use thalweg::plan::OperatorSettings;
use thalweg::prelude::*;
use thalweg::state::event_time;
use thalweg::testing;
use thalweg_tests::oracle::{self, Context, Event, Rules, Ttl, check};

/// Fixes the type of a closure over records.
fn on_event<R>(f: impl Fn(&Event) -> R) -> impl Fn(&Event) -> R {
    f
}

/// A pipeline over `events`, whose keyed state lives for `life`: in the time of the clock, or of events.
macro_rules! with_life {
    ($in_clock:ident, $in_events:ident, $($operators:tt)*) => {
        with_life! { @ $in_clock, life, [millis(life)], $($operators)* }
        with_life! { @ $in_events, life, [event_time(millis(life))], $($operators)* }
    };
    (@ $name:ident, $life:ident, [$ttl:expr], [$($operators:tt)*] $($rest:tt)*) => {
        #[pipeline]
        fn $name($life: i64) {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.key_by(|e| e.key) $($operators)* .ttl($ttl) $($rest)*;
            out.sink(discard());
        }
    };
}

/// A time to live in one time, and in the other.
fn lives(rng: &mut oracle::Rng) -> (i64, [Ttl; 2]) {
    let life = rng.one_of(&[1, 5, 10, 20, 60, 200]);
    (life, [Ttl::Processing(life), Ttl::Event(life)])
}

macro_rules! running_that_ends {
    ($($name:ident { $($aggregate:tt)* } = |$w:ident| $reference:expr;)*) => { $(
        #[test]
        fn $name() {
            with_life! { in_clock, in_events, [$($aggregate)*] .map(|c| (c.key, c.value)) }
            check(stringify!($name), &["events"], |setting| {
                setting.with_clock();
                let (life, [clock, events]) = lives(&mut setting.rng);
                let result = |key: &i64, $w: &[Event]| (*key, $reference);
                let expected =
                    |ttl| oracle::running(&setting.seen(), Some(ttl), on_event(|e| e.key), result);
                let setup = testing::pipeline(in_clock).arg("life", life);
                setting.compare(setup, &expected(clock), Some(|r| r.0));
                let setup = testing::pipeline(in_events).arg("life", life);
                setting.compare(setup, &expected(events), Some(|r| r.0));
            });
        }
    )* };
}

running_that_ends! {
    running_sum_that_ends { .sum(|e| e.value) } = |w| w.iter().map(|e| e.value).sum::<i64>();
    running_reduce_that_ends {
        .reduce(|a, b| oracle::EventRef { value: a.value.wrapping_mul(3).wrapping_add(b.value), ..b })
    } = |w| w.iter().cloned()
        .reduce(|a, b| Event { value: a.value.wrapping_mul(3).wrapping_add(b.value), ..b })
        .unwrap_or_else(|| w[0].clone());
    running_fold_that_ends { .fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value)) } =
        |w| w.iter().fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value));
}

#[test]
fn dedup_that_ends() {
    with_life! { in_clock, in_events, [.dedup()] }
    check("dedup_that_ends", &["events"], |setting| {
        setting.with_clock();
        let (life, [clock, events]) = lives(&mut setting.rng);
        let expected = |ttl| oracle::dedup(&setting.seen(), Some(ttl), on_event(|e| e.key));
        let setup = testing::pipeline(in_clock).arg("life", life);
        setting.compare(setup, &expected(clock), Some(|e| e.key));
        let setup = testing::pipeline(in_events).arg("life", life);
        setting.compare(setup, &expected(events), Some(|e| e.key));
    });
}

/// A process function whose timers may come when its state is over.
macro_rules! counts {
    ($macro:ident) => {
        $macro! {
            |state, e, cx| {
                *state += 1;
                match e.value.rem_euclid(5) {
                    0 => cx.timer_at(e.at + millis(15)),
                    1 => cx.timer_after(millis(7)),
                    2 => cx.clear(),
                    _ => {}
                }
                cx.emit((cx.key(), 0i64, *state, cx.watermark().0));
            },
            |state, at, cx| {
                *state += 10;
                if *state % 3 == 0 {
                    cx.timer_at(at + millis(9));
                }
                cx.emit((cx.key(), at.0, *state, cx.watermark().0));
            }
        }
    };
}

macro_rules! process_pipelines {
    (|$state:ident, $e:ident, $cx:ident| $on_event:block,
        |$timer_state:ident, $at:ident, $timer_cx:ident| $on_timer:block) => {
        with_life! { in_clock, in_events, [
            .process(|| 0i64)
            .on_event(|$state, $e, $cx| $on_event)
            .on_timer(|$timer_state, $at, $timer_cx| $on_timer)
        ] }
    };
}

macro_rules! process_reference {
    (|$state:ident, $e:ident, $cx:ident| $on_event:block,
        |$timer_state:ident, $at:ident, $timer_cx:ident| $on_timer:block) => {
        |script: &[oracle::Step], ttl| {
            oracle::process_for(
                script,
                Some(ttl),
                on_event(|e| e.key),
                || 0i64,
                |_, $state, $e: &Event, $cx: &mut Context<'_, i64, (i64, i64, i64, i64)>| $on_event,
                |$timer_state, $at, $timer_cx| $on_timer,
            )
        }
    };
}

#[test]
fn process_that_ends() {
    counts!(process_pipelines);
    check("process_that_ends", &["events"], |setting| {
        setting.with_clock();
        let (life, [clock, events]) = lives(&mut setting.rng);
        let (script, reference) = (setting.seen(), counts!(process_reference));
        let setup = testing::pipeline(in_clock).arg("life", life);
        setting.compare(setup, &reference(&script, clock), Some(|r| r.0));
        let setup = testing::pipeline(in_events).arg("life", life);
        setting.compare(setup, &reference(&script, events), Some(|r| r.0));
    });
}

/// A keyed stream that is told rules.
macro_rules! told_rules {
    ($name:ident($($parameter:ident),*) $($modifiers:tt)*) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let rules: Stream<Event> = source(collection(Vec::<Event>::new()));
            let rules = rules.event_time(|e| e.at).watermarks(monotonic()).broadcast_by(|e| e.key);
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed
                .key_by(|e| e.key)
                .connect(rules)
                .process(|| 0i64)
                .on_event(|state, e, cx| {
                    *state += 1;
                    cx.timer_at(e.at + millis(9));
                    // One rule by its key, and what all come to.
                    let one = cx.broadcast().get(e.value.rem_euclid(5)).map_or(-1, |rule| rule.value);
                    let all = cx.broadcast().iter().map(|(_, rule)| rule.value).sum::<i64>();
                    cx.emit((cx.key(), *state, one, all));
                })
                .on_broadcast(|rules, rule, cx| {
                    if rule.value < 0 {
                        rules.remove(cx.key());
                    } else {
                        rules.insert(rule.key, rule);
                    }
                    if rule.value % 4 == 0 {
                        cx.each_key(|key, state| *state += 100 + key);
                    }
                })
                .on_timer(|state, at, cx| {
                    let all = cx.broadcast().iter().map(|(_, rule)| rule.value).sum::<i64>();
                    cx.emit((cx.key(), *state, at.0, all));
                    if *state % 2 == 0 {
                        cx.clear();
                    }
                })
                $($modifiers)*;
            out.sink(discard());
        }
    };
}

#[test]
fn rules() {
    told_rules! { for_ever() }
    told_rules! { in_clock(life) .ttl(millis(life)) }
    told_rules! { in_events(life) .ttl(event_time(millis(life))) }
    let all = |rules: &Rules| rules.values().map(|rule| rule.value).sum::<i64>();
    let reference = |script: &[oracle::Step], ttl| {
        oracle::ruled(
            script,
            ttl,
            on_event(|e| e.key),
            || 0i64,
            |state, e, rules, cx: &mut Context<'_, i64, (i64, i64, i64, i64)>| {
                *state += 1;
                cx.timer_at(e.at + millis(9));
                let one = rules.get(&e.value.rem_euclid(5)).map_or(-1, |rule| rule.value);
                cx.emit((cx.key(), *state, one, all(rules)));
            },
            |rules, rule, each_key| {
                if rule.value < 0 {
                    rules.remove(&rule.key);
                } else {
                    rules.insert(rule.key, rule.clone());
                }
                if rule.value % 4 == 0 {
                    each_key(&mut |key, state| *state += 100 + key);
                }
            },
            |state, at, rules, cx| {
                cx.emit((cx.key(), *state, at.0, all(rules)));
                if *state % 2 == 0 {
                    cx.clear();
                }
            },
        )
    };
    check("rules", &["events", "rules"], |setting| {
        setting.with_clock();
        let (life, [clock, events]) = lives(&mut setting.rng);
        let script = setting.seen();
        setting.compare(testing::pipeline(for_ever), &reference(&script, None), Some(|r| r.0));
        let setup = testing::pipeline(in_clock).arg("life", life);
        setting.compare(setup, &reference(&script, Some(clock)), Some(|r| r.0));
        let setup = testing::pipeline(in_events).arg("life", life);
        setting.compare(setup, &reference(&script, Some(events)), Some(|r| r.0));
    });
}

/// What a key knows of the rules.
type Known = (i64, Vec<(i64, i64)>);

#[test]
fn rules_that_are_kept_by_themselves() {
    #[pipeline]
    fn latest() {
        let events: Stream<Event> = source(collection(Vec::<Event>::new()));
        let rules: Stream<Event> = source(collection(Vec::<Event>::new()));
        let rules = rules.event_time(|e| e.at).watermarks(monotonic()).broadcast_by(|e| e.key);
        let timed = events.event_time(|e| e.at).watermarks(monotonic());
        let out = timed.key_by(|e| e.key).connect(rules).process(|| ()).on_event(|_, _, cx| {
            let mut all: Vec<(i64, i64)> =
                cx.broadcast().iter().map(|(key, rule)| (key, rule.value)).collect();
            // They come in the order of their keys' hashes.
            all.sort();
            cx.emit((cx.key(), all));
        });
        out.sink(discard());
    }
    check("rules_that_are_kept_by_themselves", &["events", "rules"], |setting| {
        let expected = oracle::ruled(
            &setting.seen(),
            None,
            on_event(|e| e.key),
            || (),
            |_, _, rules, cx: &mut Context<'_, i64, Known>| {
                let all = rules.iter().map(|(key, rule)| (*key, rule.value)).collect();
                cx.emit((cx.key(), all));
            },
            |rules, rule, _| {
                rules.insert(rule.key, rule.clone());
            },
            |_, _, _, _| {},
        );
        setting.compare(testing::pipeline(latest), &expected, Some(|r| r.0));
    });
}

/// `job.toml` may change for how long: what it says is what holds, in the time that the pipeline says.
#[test]
fn configured_times_to_live() {
    #[pipeline]
    fn summed() {
        let events: Stream<Event> = source(collection(Vec::<Event>::new()));
        let timed = events.event_time(|e| e.at).watermarks(monotonic());
        let sums = timed.key_by(|e| e.key).sum(|e| e.value).uid("sums").ttl(days(1));
        let out = sums.map(|c| (c.key, c.value));
        out.sink(discard());
    }
    #[pipeline]
    fn counted() {
        let events: Stream<Event> = source(collection(Vec::<Event>::new()));
        let timed = events.event_time(|e| e.at).watermarks(monotonic());
        let counts = timed
            .key_by(|e| e.key)
            .process(|| 0i64)
            .on_event(|count, _, cx| {
                *count += 1;
                cx.emit((cx.key(), *count));
            })
            .uid("counts")
            .ttl(event_time(millis(1)));
        let out = counts.map(|(key, count)| (key, count));
        out.sink(discard());
    }
    check("configured_times_to_live", &["events"], |setting| {
        setting.with_clock();
        let (life, [clock, events]) = lives(&mut setting.rng);
        let ttl = Some(Duration::from_millis(life.unsigned_abs()));
        let settings = OperatorSettings { ttl, ..OperatorSettings::default() };
        let sum = |key: &i64, w: &[Event]| (*key, w.iter().map(|e| e.value).sum::<i64>());
        let expected = oracle::running(&setting.seen(), Some(clock), on_event(|e| e.key), sum);
        let setup = testing::pipeline(summed).operator("sums", settings.clone());
        setting.compare(setup, &expected, Some(|r| r.0));
        let count = |key: &i64, w: &[Event]| (*key, w.len() as i64);
        let expected = oracle::running(&setting.seen(), Some(events), on_event(|e| e.key), count);
        let setup = testing::pipeline(counted).operator("counts", settings);
        setting.compare(setup, &expected, Some(|r| r.0));
    });
}
