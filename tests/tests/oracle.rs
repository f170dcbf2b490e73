//! Operators against the oracle: the same closures in a pipeline and in a reference that shares nothing with the engine,
//! over random records, disorder, watermarks and idleness, at parallelism 1 to 4 and batch sizes from 1.

use thalweg::prelude::*;
use thalweg::testing;
use thalweg_tests::oracle::{self, Context, Event, EventRef, check};

/// Fixes the type of a closure over records.
fn on_event<R>(f: impl Fn(&Event) -> R) -> impl Fn(&Event) -> R {
    f
}

/// A pipeline over `events`, whose results and late records are read.
macro_rules! pipeline {
    ($name:ident($($parameter:ident),*) $($operators:tt)*) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed $($operators)*;
            out.sink(discard());
        }
    };
}

/// The same with a side for late records.
macro_rules! windowed {
    ($name:ident($($parameter:ident),*) [$($window:tt)*] $($operators:tt)*) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late = side();
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed $($window)* .late_to(late) $($operators)*;
            out.sink(discard());
            late.sink(discard());
        }
    };
}

fn tumbling_at(size: i64, offset: i64) -> impl Fn(i64) -> Vec<(i64, i64)> {
    move |at| {
        // Brute force: the one start that fits.
        let first = at - size + 1;
        let start = (first..=at).find(|start| (start - offset).rem_euclid(size) == 0);
        start.map(|start| (start, start + size)).into_iter().collect()
    }
}

/// Size, offset below it, and lateness.
fn tumbling_numbers(rng: &mut oracle::Rng) -> (i64, i64, i64) {
    let size = rng.one_of(&[1, 2, 7, 10, 60]);
    (size, rng.within(1 - size, size - 1), rng.one_of(&[0, 0, 1, 15, 100]))
}

macro_rules! tumbling_aggregates {
    ($($name:ident { $($aggregate:tt)* } = |$w:ident| $reference:expr;)*) => { $(
        #[test]
        fn $name() {
            windowed! { pipeline_of(size, offset, lateness)
                [.key_by(|e| e.key).window(tumbling(millis(size))).offset(millis(offset))
                    .allowed_lateness(millis(lateness))]
                $($aggregate)* .map(|w| (w.key, w.window.start.0, w.window.end.0, w.value)) }
            check(stringify!($name), &["events"], |setting| {
                let (size, offset, lateness) = tumbling_numbers(&mut setting.rng);
                let result = |key: &i64, (start, end): (i64, i64), $w: &[Event]| (*key, start, end, $reference);
                let key = on_event(|e| e.key);
                let expected =
                    oracle::windows(&setting.seen(), key, tumbling_at(size, offset), lateness, result);
                let setup = testing::pipeline(pipeline_of).arg("size", size).arg("offset", offset);
                setting.compare(setup.arg("lateness", lateness), &expected, Some(|r| r.0));
            });
        }
    )* };
}

tumbling_aggregates! {
    tumbling_count { .count() } = |w| w.len() as u64;
    tumbling_sum { .sum(|e| e.value) } = |w| w.iter().map(|e| e.value).sum::<i64>();
    tumbling_min { .min(|e| e.value) } = |w| w.iter().map(|e| e.value).min().unwrap_or(0);
    tumbling_max { .max(|e| e.value) } = |w| w.iter().map(|e| e.value).max().unwrap_or(0);
    tumbling_first { .first() } = |w| w[0].clone();
    tumbling_last { .last() } = |w| w[w.len() - 1].clone();
    tumbling_to_vec { .to_vec() } = |w| w.to_vec();
    tumbling_reduce { .reduce(|a, b| EventRef { value: a.value.wrapping_mul(3).wrapping_add(b.value), ..b }) } =
        |w| w.iter().cloned().reduce(|a, b| Event { value: a.value.wrapping_mul(3).wrapping_add(b.value), ..b })
            .unwrap_or_else(|| w[0].clone());
    tumbling_fold { .fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value)) } =
        |w| w.iter().fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value));
}

macro_rules! running_aggregates {
    ($($name:ident { $($aggregate:tt)* } = |$w:ident| $reference:expr;)*) => { $(
        #[test]
        fn $name() {
            pipeline! { pipeline_of() .key_by(|e| e.key) $($aggregate)* .map(|c| (c.key, c.value)) }
            check(stringify!($name), &["events"], |setting| {
                let result = |key: &i64, $w: &[Event]| (*key, $reference);
                let expected = oracle::running(&setting.seen(), on_event(|e| e.key), result);
                setting.compare(testing::pipeline(pipeline_of), &expected, Some(|r| r.0));
            });
        }
    )* };
}

running_aggregates! {
    running_count { .count() } = |w| w.len() as u64;
    running_sum { .sum(|e| e.value) } = |w| w.iter().map(|e| e.value).sum::<i64>();
    running_max_by { .max_by(|e| e.value) } =
        |w| w.iter().fold(w[0].clone(), |most, e| if e.value > most.value { e.clone() } else { most });
    running_fold { .fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value)) } =
        |w| w.iter().fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value));
}

#[test]
fn dedup() {
    pipeline! { first_of_key() .key_by(|e| e.key).dedup() }
    check("dedup", &["events"], |setting| {
        let expected = oracle::dedup(&setting.seen(), on_event(|e| e.key));
        setting.compare(testing::pipeline(first_of_key), &expected, Some(|e| e.key));
    });
}

/// A process function, pasted into a pipeline and given to the oracle.
macro_rules! processes {
    ($($name:ident, $init:expr, |$state:ident, $e:ident, $cx:ident| $on_event:block,
        |$timer_state:ident, $at:ident, $timer_cx:ident| $on_timer:block;)*) => { $(
        #[test]
        fn $name() {
            pipeline! { pipeline_of() .key_by(|e| e.key)
                .process(|| $init)
                .on_event(|$state, $e, $cx| $on_event)
                .on_timer(|$timer_state, $at, $timer_cx| $on_timer) }
            check(stringify!($name), &["events"], |setting| {
                let expected = oracle::process(
                    &setting.seen(),
                    on_event(|e| e.key),
                    || $init,
                    |_, $state, $e: &Event, $cx: &mut Context<'_, i64, (i64, i64, i64, i64)>| $on_event,
                    |$timer_state, $at, $timer_cx| $on_timer,
                );
                setting.compare(testing::pipeline(pipeline_of), &expected, Some(|r| r.0));
            });
        }
    )* };
}

processes! {
    process_sums_until_quiet, 0i64,
        |sum, e, cx| {
            *sum += e.value;
            cx.timer_at(e.at + millis(20));
            if e.value % 3 == 0 {
                cx.cancel(e.at + millis(20));
            }
            cx.emit((cx.key(), e.value, *sum, cx.watermark().0));
        },
        |sum, at, cx| {
            cx.emit((cx.key(), at.0, *sum, cx.watermark().0));
            cx.clear();
        };
    process_timers_that_set_timers, (0i64, 0i64),
        |state, e, cx| {
            state.0 += 1;
            match e.value.rem_euclid(4) {
                0 => cx.timer_at(e.at),
                1 => cx.timer_after(millis(7)),
                2 => cx.cancel(e.at + millis(7)),
                _ => cx.clear(),
            }
            cx.emit((cx.key(), state.0, state.1, cx.timestamp().0));
        },
        |state, at, cx| {
            state.1 += 1;
            if state.1 % 4 != 0 {
                cx.timer_at(at + millis(state.1));
                cx.timer_at(at + millis(9));
                cx.cancel(at + millis(9));
            } else {
                cx.clear();
            }
            cx.emit((cx.key(), state.0, state.1, cx.timestamp().0));
        };
}
