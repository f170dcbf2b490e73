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
    tumbling_count_of_records { .count() } = |w| w.len() as u64;
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
                let expected = oracle::running(&setting.seen(), None, on_event(|e| e.key), result);
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
        let expected = oracle::dedup(&setting.seen(), None, on_event(|e| e.key));
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

/// All windows of `size` every `slide` that hold a time, by trying every start.
fn sliding_at(size: i64, slide: i64, offset: i64) -> impl Fn(i64) -> Vec<(i64, i64)> {
    move |at| {
        let starts = (at - size + 1)..=at;
        let fits = starts.filter(|start| (start - offset).rem_euclid(slide) == 0);
        fits.map(|start| (start, start + size)).collect()
    }
}

macro_rules! sliding_aggregates {
    ($($name:ident { $($aggregate:tt)* } = |$w:ident| $reference:expr;)*) => { $(
        #[test]
        fn $name() {
            windowed! { pipeline_of(size, slide, offset, lateness)
                [.key_by(|e| e.key).window(sliding(millis(size), millis(slide))).offset(millis(offset))
                    .allowed_lateness(millis(lateness))]
                $($aggregate)* .map(|w| (w.key, w.window.start.0, w.window.end.0, w.value)) }
            check(stringify!($name), &["events"], |setting| {
                let rng = &mut setting.rng;
                let (size, slide) = rng.one_of(&[(10, 5), (10, 3), (12, 4), (6, 6), (3, 7), (60, 1)]);
                let offset = rng.within(1 - slide, slide - 1);
                let lateness = rng.one_of(&[0, 0, 4, 30]);
                let result = |key: &i64, (start, end): (i64, i64), $w: &[Event]| (*key, start, end, $reference);
                let key = on_event(|e| e.key);
                let assign = sliding_at(size, slide, offset);
                let expected = oracle::windows(&setting.seen(), key, assign, lateness, result);
                let setup = testing::pipeline(pipeline_of).arg("size", size).arg("slide", slide);
                let setup = setup.arg("offset", offset).arg("lateness", lateness);
                // Several windows of a key may fire again at one record.
                setting.compare(setup, &expected, None);
            });
        }
    )* };
}

sliding_aggregates! {
    sliding_count_of_records { .count() } = |w| w.len() as u64;
    sliding_sum { .sum(|e| e.value) } = |w| w.iter().map(|e| e.value).sum::<i64>();
    sliding_max { .max(|e| e.value) } = |w| w.iter().map(|e| e.value).max().unwrap_or(0);
    sliding_to_vec { .to_vec() } = |w| w.to_vec();
    sliding_fold { .fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value)) } =
        |w| w.iter().fold(1i64, |acc, e| acc.wrapping_mul(31).wrapping_add(e.value));
}

macro_rules! session_aggregates {
    ($($name:ident($gap:ident) [$($window:tt)*] { $($aggregate:tt)* } = |$w:ident| $reference:expr,
        |$e:ident| $of:expr;)*) => { $(
        #[test]
        fn $name() {
            windowed! { pipeline_of($gap, lateness)
                [.key_by(|e| e.key) $($window)* .allowed_lateness(millis(lateness))]
                $($aggregate)* .map(|w| (w.key, w.window.start.0, w.window.end.0, w.value)) }
            check(stringify!($name), &["events"], |setting| {
                let $gap = setting.rng.one_of(&[1, 5, 10, 40]);
                let lateness = setting.rng.one_of(&[0, 0, 5, 40]);
                let result = |key: &i64, (start, end): (i64, i64), $w: &[Event]| (*key, start, end, $reference);
                let of = on_event(|$e| $of);
                let expected =
                    oracle::sessions(&setting.seen(), on_event(|e| e.key), of, lateness, result);
                let setup = testing::pipeline(pipeline_of).arg(stringify!($gap), $gap);
                setting.compare(setup.arg("lateness", lateness), &expected, Some(|r| r.0));
            });
        }
    )* };
}

session_aggregates! {
    session_count(gap) [.window(session(millis(gap)))] { .count() } = |w| w.len() as u64, |_e| gap;
    session_sum(gap) [.window(session(millis(gap)))] { .sum(|e| e.value) } =
        |w| w.iter().map(|e| e.value).sum::<i64>(), |_e| gap;
    dynamic_session_count(_gap)
        [.window(dynamic_session()).gap(|e| millis(3 + e.value.rem_euclid(10)))]
        { .count() } = |w| w.len() as u64, |e| 3 + e.value.rem_euclid(10);
}

/// The elements of sessions come in order of arrival, however they were merged.
#[test]
fn session_apply() {
    windowed! { pipeline_of(gap, lateness)
    [.key_by(|e| e.key).window(session(millis(gap))).allowed_lateness(millis(lateness))]
    .apply(|w, events, out| {
        let values: Vec<i64> = events.iter().map(|e| e.value).collect();
        out.emit((w.key(), w.window().start.0, w.window().end.0, values));
    }) }
    check("session_apply", &["events"], |setting| {
        let gap = setting.rng.one_of(&[1, 5, 10, 40]);
        let lateness = setting.rng.one_of(&[0, 0, 5, 40]);
        let values = |key: &i64, (start, end): (i64, i64), w: &[Event]| {
            (*key, start, end, w.iter().map(|e| e.value).collect::<Vec<_>>())
        };
        let key = on_event(|e| e.key);
        let expected = oracle::sessions(&setting.seen(), key, |_| gap, lateness, values);
        let setup = testing::pipeline(pipeline_of).arg("gap", gap).arg("lateness", lateness);
        setting.compare(setup, &expected, Some(|r| r.0));
    });
}

/// A function over elements gets what the oracle gets.
#[test]
fn apply_to_elements() {
    windowed! { pipeline_of(size, slide, lateness)
    [.key_by(|e| e.key).window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))]
    .apply(|w, events, out| {
        for e in events.iter().filter(|e| e.value % 2 == 0) {
            out.emit((w.key(), w.window().start.0, e.value));
        }
    }) }
    check("apply_to_elements", &["events"], |setting| {
        let (size, slide) = setting.rng.one_of(&[(10, 10), (10, 5), (10, 3)]);
        let lateness = setting.rng.one_of(&[0, 20]);
        let results = |key: &i64, (start, _): (i64, i64), [events, _]: &oracle::Sides| {
            let even = events.iter().filter(|e| e.value % 2 == 0);
            even.map(|e| (*key, start, e.value)).collect::<Vec<_>>()
        };
        let (key, assign) = (on_event(|e| e.key), sliding_at(size, slide, 0));
        let expected = oracle::groups(&setting.seen(), key, assign, lateness, results);
        let setup = testing::pipeline(pipeline_of).arg("size", size).arg("slide", slide);
        setting.compare(setup.arg("lateness", lateness), &expected, None);
    });
}

macro_rules! counted {
    ($($name:ident($($parameter:ident),*) $window:expr, |$rng:ident| $numbers:expr;)*) => { $(
        #[test]
        fn $name() {
            pipeline! { sums($($parameter),*) .key_by(|e| e.key).window($window)
                .sum(|e| e.value).map(|w| (w.key, w.value)) }
            pipeline! { lists($($parameter),*) .key_by(|e| e.key).window($window)
                .apply(|w, events, out| {
                    let values: Vec<i64> = events.iter().map(|e| e.value).collect();
                    out.emit((w.key(), values));
                }) }
            check(stringify!($name), &["events"], |setting| {
                let $rng = &mut setting.rng;
                let (size, slide): (i64, i64) = $numbers;
                let numbers = (size as usize, slide as usize);
                let with = |setup: testing::Setup| {
                    let known = setup.parameters();
                    let given = [("size", size), ("slide", slide)];
                    let given = given.into_iter().filter(|(name, _)| known.contains(name));
                    given.fold(setup, |setup, (name, value)| setup.arg(name, value))
                };
                let sum = |key: &i64, w: &[Event]| (*key, w.iter().map(|e| e.value).sum::<i64>());
                let expected = oracle::count_windows(&setting.seen(), on_event(|e| e.key), numbers, sum);
                setting.compare(with(testing::pipeline(sums)), &expected, Some(|r| r.0));
                let list = |key: &i64, w: &[Event]| (*key, w.iter().map(|e| e.value).collect::<Vec<_>>());
                let expected = oracle::count_windows(&setting.seen(), on_event(|e| e.key), numbers, list);
                setting.compare(with(testing::pipeline(lists)), &expected, Some(|r| r.0));
            });
        }
    )* };
}

counted! {
    tumbling_by_number(size) tumbling_count(size as u64), |rng| {
        let size = rng.within(1, 5);
        (size, size)
    };
    sliding_by_number(size, slide) sliding_count(size as u64, slide as u64),
        |rng| (rng.within(1, 6), rng.within(1, 4));
}

/// A pipeline over two sources, whose rows are read as pairs of options.
macro_rules! joined {
    ($name:ident($($parameter:ident),*) $join:ident [$($bound:tt)*] |$row:ident| $shape:expr) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late_left = side();
            let late_right = side();
            let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
            let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
            let left = lefts.event_time(|e| e.at).watermarks(monotonic());
            let right = rights.event_time(|e| e.at).watermarks(monotonic());
            let rows = left
                .$join(right)
                .on(|l| l.key, |r| r.key)
                $($bound)*
                .late_left_to(late_left)
                .late_right_to(late_right);
            let out = rows.map(|$row| $shape);
            out.sink(discard());
            late_left.sink(discard());
            late_right.sink(discard());
        }
    };
}

macro_rules! window_joins {
    ($($name:ident $join:ident |$row:ident| $shape:expr, $outer:expr;)*) => { $(
        #[test]
        fn $name() {
            joined! { tumbles(size, lateness) $join
                [.window(tumbling(millis(size))).allowed_lateness(millis(lateness))] |$row| $shape }
            joined! { slides(size, slide, lateness) $join
                [.window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))]
                |$row| $shape }
            joined! { sits(gap, lateness) $join
                [.window(session(millis(gap))).allowed_lateness(millis(lateness))] |$row| $shape }
            check(stringify!($name), &["lefts", "rights"], |setting| {
                let lateness = setting.rng.one_of(&[0, 0, 10]);
                let (size, slide) = setting.rng.one_of(&[(10, 10), (10, 5), (7, 3)]);
                let (script, key) = (setting.seen(), on_event(|e| e.key));
                let rows = |_: &i64, _: (i64, i64), sides: &oracle::Sides| oracle::rows($outer, sides);
                let expected = oracle::groups(&script, &key, sliding_at(size, size, 0), lateness, rows);
                let setup = testing::pipeline(tumbles).arg("size", size);
                setting.compare(setup.arg("lateness", lateness), &expected, None);
                let expected = oracle::groups(&script, &key, sliding_at(size, slide, 0), lateness, rows);
                let setup = testing::pipeline(slides).arg("size", size).arg("slide", slide);
                setting.compare(setup.arg("lateness", lateness), &expected, None);
                let expected = oracle::session_groups(&script, &key, |_| size, lateness, rows);
                let setup = testing::pipeline(sits).arg("gap", size);
                setting.compare(setup.arg("lateness", lateness), &expected, None);
            });
        }
    )* };
}

window_joins! {
    window_join join |row| { let (l, r) = row; (Some(l), Some(r)) }, (false, false);
    window_left_join left_join |row| { let (l, r) = row; (Some(l), r) }, (true, false);
    window_right_join right_join |row| { let (l, r) = row; (l, Some(r)) }, (false, true);
    window_full_join full_join |row| row, (true, true);
}

macro_rules! timed_joins {
    ($($name:ident $join:ident |$row:ident| $shape:expr, $outer:expr;)*) => { $(
        #[test]
        fn $name() {
            joined! { within_interval(lower, upper) $join [.within(millis(lower)..=millis(upper))]
                |$row| $shape }
            joined! { as_of_time() $join [.as_of()] |$row| $shape }
            check(stringify!($name), &["lefts", "rights"], |setting| {
                let (lower, upper) =
                    setting.rng.one_of(&[(-5, 5), (0, 10), (-10, 0), (2, 8), (-60, 60), (0, 0)]);
                let (script, key) = (setting.seen(), on_event(|e| e.key));
                let expected = oracle::interval_join(&script, &key, (lower, upper), $outer);
                let setup = testing::pipeline(within_interval).arg("lower", lower);
                setting.compare(setup.arg("upper", upper), &expected, None);
                let expected = oracle::as_of_join(&script, &key, $outer);
                setting.compare(testing::pipeline(as_of_time), &expected, None);
            });
        }
    )* };
}

timed_joins! {
    timed_join join |row| { let (l, r) = row; (Some(l), Some(r)) }, false;
    timed_left_join left_join |row| { let (l, r) = row; (Some(l), r) }, true;
}

#[test]
fn co_group() {
    #[pipeline]
    fn grouped(size: i64, lateness: i64) {
        let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
        let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
        let left = lefts.event_time(|e| e.at).watermarks(monotonic());
        let right = rights.event_time(|e| e.at).watermarks(monotonic());
        let out = left
            .co_group(right)
            .on(|l| l.key, |r| r.key)
            .window(tumbling(millis(size)))
            .allowed_lateness(millis(lateness))
            .apply(|w, lefts, rights, out| {
                let lefts: Vec<i64> = lefts.iter().map(|e| e.value).collect();
                let rights: Vec<i64> = rights.iter().map(|e| e.value).collect();
                out.emit((w.key(), w.window().start.0, lefts, rights));
            });
        out.sink(discard());
    }
    check("co_group", &["lefts", "rights"], |setting| {
        let (size, lateness) = (setting.rng.one_of(&[5, 10]), setting.rng.one_of(&[0, 20]));
        let values = |events: &[Event]| events.iter().map(|e| e.value).collect::<Vec<_>>();
        let groups = |key: &i64, (start, _): (i64, i64), [lefts, rights]: &oracle::Sides| {
            vec![(*key, start, values(lefts), values(rights))]
        };
        let (key, assign) = (on_event(|e| e.key), tumbling_at(size, 0));
        let expected = oracle::groups(&setting.seen(), key, assign, lateness, groups);
        let setup = testing::pipeline(grouped).arg("size", size).arg("lateness", lateness);
        setting.compare(setup, &expected, Some(|r| r.0));
    });
}

#[test]
fn connect() {
    #[pipeline]
    fn connected() {
        let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
        let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
        let left = lefts.event_time(|e| e.at).watermarks(monotonic());
        let right = rights.event_time(|e| e.at).watermarks(monotonic());
        let keyed = right.key_by(|e| e.key);
        let out = left
            .key_by(|e| e.key)
            .connect(keyed)
            .process(|| (0i64, 0i64))
            .on_left(|state, e, cx| {
                state.0 += e.value;
                cx.timer_at(e.at + millis(5));
                cx.emit((cx.key(), 0i64, state.0, state.1));
            })
            .on_right(|state, e, cx| {
                state.1 += e.value;
                cx.cancel(e.at + millis(5));
                cx.emit((cx.key(), 1i64, state.0, state.1));
            })
            .on_timer(|state, _, cx| {
                cx.emit((cx.key(), 2i64, state.0, state.1));
                state.0 = 0;
            });
        out.sink(discard());
    }
    check("connect", &["lefts", "rights"], |setting| {
        let expected = oracle::process(
            &setting.seen(),
            on_event(|e| e.key),
            || (0i64, 0i64),
            |side, state, e: &Event, cx: &mut Context<'_, i64, (i64, i64, i64, i64)>| {
                if side == 0 {
                    state.0 += e.value;
                    cx.timer_at(e.at + millis(5));
                } else {
                    state.1 += e.value;
                    cx.cancel(e.at + millis(5));
                }
                cx.emit((cx.key(), side as i64, state.0, state.1));
            },
            |state, _, cx| {
                cx.emit((cx.key(), 2i64, state.0, state.1));
                state.0 = 0;
            },
        );
        setting.compare(testing::pipeline(connected), &expected, Some(|r| r.0));
    });
}

#[test]
fn union_of_sources() {
    #[pipeline]
    fn merged(size: i64) {
        let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
        let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
        let left = lefts.event_time(|e| e.at).watermarks(monotonic());
        let right = rights.event_time(|e| e.at).watermarks(monotonic());
        let windows = left.union(right).window_all(tumbling(millis(size))).sum(|e| e.value);
        let out = windows.map(|w| (w.window.start.0, w.value));
        out.sink(discard());
    }
    check("union_of_sources", &["lefts", "rights"], |setting| {
        let size = setting.rng.one_of(&[5, 10]);
        let sums = |_: &(), (start, _): (i64, i64), [lefts, rights]: &oracle::Sides| {
            vec![(start, lefts.iter().chain(rights).map(|e| e.value).sum::<i64>())]
        };
        let seen = setting.seen_united();
        let expected = oracle::groups(&seen, |_| (), tumbling_at(size, 0), 0, sums);
        setting.compare(testing::pipeline(merged).arg("size", size), &expected, None);
    });
}
