//! Triggers and evictors against the oracle: as `oracle.rs`.

use std::collections::BTreeSet;

use thalweg::prelude::*;
use thalweg::testing;
use thalweg::trigger::{Trigger, TriggerCx, TriggerResult};
use thalweg_tests::oracle::{self, Assign, Does, Event, EventRef, Evictor, Own, Windowing, check};

/// A pipeline over the windows of `events`, with a side for late records if there can be any.
macro_rules! pipeline {
    (late $name:ident($($parameter:ident),*) [$($window:tt)*] $($function:tt)*) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late = side();
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.key_by(|e| e.key) $($window)* .late_to(late) $($function)*;
            out.sink(discard());
            late.sink(discard());
        }
    };
    (never $name:ident($($parameter:ident),*) [$($window:tt)*] $($function:tt)*) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.key_by(|e| e.key) $($window)* $($function)*;
            out.sink(discard());
        }
    };
}

/// Windows with an aggregate, or with a function over their elements: each has its own way of keeping them.
macro_rules! windows {
    ($($(#[$comment:meta])* $late:ident $name:ident($($parameter:ident),*) [$($window:tt)*]
        |$rng:ident| $windowing:expr;)*) => { $(
        $(#[$comment])*
        #[test]
        fn $name() {
            pipeline! { $late sums($($parameter),*) [$($window)*] .sum(|e| e.value)
                .map(|w| (w.key, w.window.start.0, w.value)) }
            pipeline! { $late lists($($parameter),*) [$($window)*] .apply(|w, events, out| {
                let values: Vec<i64> = events.iter().map(|e| e.value).collect();
                out.emit((w.key(), w.window().start.0, values));
            }) }
            check(stringify!($name), &["events"], |setting| {
                setting.with_clock();
                let $rng = &mut setting.rng;
                let ([$($parameter),*], windowing) = $windowing;
                let with = |setup: testing::Setup| {
                    let given: Vec<(&str, i64)> = vec![$((stringify!($parameter), $parameter)),*];
                    given.into_iter().fold(setup, |setup, (name, value)| setup.arg(name, value))
                };
                let (aggregates, key) = ($rng.once_in(2), |e: &Event| e.key);
                let script = setting.seen();
                if aggregates {
                    // Of nothing, where an evictor has left nothing, no sum is made.
                    let sum = |key: &i64, (start, _): (i64, i64), w: &[Event]| {
                        let sum = (*key, start, w.iter().map(|e| e.value).sum::<i64>());
                        if w.is_empty() { vec![] } else { vec![sum] }
                    };
                    let expected = oracle::triggered(&script, key, &windowing, sum);
                    setting.compare(with(testing::pipeline(sums)), &expected, None);
                } else {
                    let list = |key: &i64, (start, _): (i64, i64), w: &[Event]| {
                        vec![(*key, start, w.iter().map(|e| e.value).collect::<Vec<_>>())]
                    };
                    let expected = oracle::triggered(&script, key, &windowing, list);
                    setting.compare(with(testing::pipeline(lists)), &expected, None);
                }
            });
        }
    )* };
}

/// All windows of `size` every `slide` that hold a time, by trying every start.
fn sliding_at(size: i64, slide: i64) -> Assign {
    Assign::Time(Box::new(move |at| {
        let fits = ((at - size + 1)..=at).filter(|start| start.rem_euclid(slide) == 0);
        fits.map(|start| (start, start + size)).collect()
    }))
}

fn windowing(assign: Assign, lateness: i64, trigger: oracle::Trigger) -> Windowing {
    Windowing { assign, lateness, trigger, purging: false, evictor: None }
}

fn purging(windowing: Windowing) -> Windowing {
    Windowing { purging: true, ..windowing }
}

fn evicting(windowing: Windowing, evictor: Evictor, after: bool) -> Windowing {
    Windowing { evictor: Some((evictor, after)), ..windowing }
}

/// A size and a lateness.
fn size(rng: &mut oracle::Rng) -> (i64, i64) {
    (rng.one_of(&[1, 7, 10, 60, 200]), rng.one_of(&[0, 0, 5, 40]))
}

/// A size, a slide and a lateness.
fn slides(rng: &mut oracle::Rng) -> (i64, i64, i64) {
    let (size, slide) = rng.one_of(&[(10, 5), (10, 3), (6, 6), (3, 7), (60, 20)]);
    (size, slide, rng.one_of(&[0, 0, 5, 40]))
}

windows! {
    late purging_at_the_end(size, lateness) [
        .window(tumbling(millis(size))).allowed_lateness(millis(lateness))
            .trigger(trigger::purging(trigger::event_time()))
    ] |rng| {
        let (size, lateness) = size(rng);
        let windows = windowing(sliding_at(size, size), lateness, oracle::Trigger::EventTime);
        ([size, lateness], purging(windows))
    };
    late sliding_by_count(size, slide, lateness, n) [
        .window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))
            .trigger(trigger::count(n as u64))
    ] |rng| {
        let ((size, slide, lateness), n) = (slides(rng), rng.within(1, 4));
        let trigger = oracle::Trigger::Count(n as u64);
        ([size, slide, lateness, n], windowing(sliding_at(size, slide), lateness, trigger))
    };
    late purging_by_count(size, lateness, n) [
        .window(tumbling(millis(size))).allowed_lateness(millis(lateness))
            .trigger(trigger::purging(trigger::count(n as u64)))
    ] |rng| {
        let ((size, lateness), n) = (size(rng), rng.within(1, 4));
        let trigger = oracle::Trigger::Count(n as u64);
        let windows = windowing(sliding_at(size, size), lateness, trigger);
        ([size, lateness, n], purging(windows))
    };
    never global_by_count(n) [.window(global_window()).trigger(trigger::count(n as u64))] |rng| {
        let n = rng.within(1, 6);
        ([n], windowing(Assign::Global, 0, oracle::Trigger::Count(n as u64)))
    };
    late early_results(size, lateness, every) [
        .window(tumbling(millis(size))).allowed_lateness(millis(lateness))
            .trigger(trigger::early(millis(every)))
    ] |rng| {
        let ((size, lateness), every) = (size(rng), rng.one_of(&[1, 3, 10, 25]));
        let trigger = oracle::Trigger::Early(every);
        ([size, lateness, every], windowing(sliding_at(size, size), lateness, trigger))
    };
    late early_results_that_purge(size, slide, lateness, every) [
        .window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))
            .trigger(trigger::purging(trigger::early(millis(every))))
    ] |rng| {
        let ((size, slide, lateness), every) = (slides(rng), rng.one_of(&[1, 3, 10, 25]));
        let trigger = oracle::Trigger::Early(every);
        let windows = windowing(sliding_at(size, slide), lateness, trigger);
        ([size, slide, lateness, every], purging(windows))
    };
    late sessions_with_early_results(gap, lateness, every) [
        .window(session(millis(gap))).allowed_lateness(millis(lateness))
            .trigger(trigger::early(millis(every)))
    ] |rng| {
        let ((gap, lateness), every) = (size(rng), rng.one_of(&[1, 3, 10, 25]));
        // Of one millisecond, a session's end is its record's time: a multiple that counts if sessions are merged, else not.
        let gap = gap.max(2);
        let trigger = oracle::Trigger::Early(every);
        ([gap, lateness, every], windowing(Assign::Session(gap), lateness, trigger))
    };
    late sessions_by_count(gap, lateness, n) [
        .window(session(millis(gap))).allowed_lateness(millis(lateness))
            .trigger(trigger::purging(trigger::count(n as u64)))
    ] |rng| {
        let ((gap, lateness), n) = (size(rng), rng.within(1, 5));
        let trigger = oracle::Trigger::Count(n as u64);
        ([gap, lateness, n], purging(windowing(Assign::Session(gap), lateness, trigger)))
    };
    late sessions_that_purge(gap, lateness) [
        .window(session(millis(gap))).allowed_lateness(millis(lateness))
            .trigger(trigger::purging(trigger::event_time()))
    ] |rng| {
        let (gap, lateness) = size(rng);
        let windows = windowing(Assign::Session(gap), lateness, oracle::Trigger::EventTime);
        ([gap, lateness], purging(windows))
    };
    never end_of_stream() [.window(global_window()).trigger(trigger::end_of_stream())] |_rng| {
        ([0; 0], windowing(Assign::Global, 0, oracle::Trigger::EndOfStream))
    };
    late far_values(size, lateness, threshold) [
        .window(tumbling(millis(size))).allowed_lateness(millis(lateness))
            .delta_trigger(threshold, |old, new| (new.value - old.value).abs())
    ] |rng| {
        let ((size, lateness), threshold) = (size(rng), rng.one_of(&[-1, 0, 10, 50]));
        let trigger = oracle::Trigger::Delta(threshold);
        ([size, lateness, threshold], windowing(sliding_at(size, size), lateness, trigger))
    };
    never far_values_that_purge(threshold) [
        .window(global_window()).delta_trigger(threshold, |old, new| (new.value - old.value).abs())
            .purging()
    ] |rng| {
        let threshold = rng.one_of(&[-1, 0, 10, 50]);
        let trigger = oracle::Trigger::Delta(threshold);
        ([threshold], purging(windowing(Assign::Global, 0, trigger)))
    };
    never by_the_clock(size) [
        .window(tumbling(millis(size)).processing_time()).trigger(trigger::processing_time())
    ] |rng| {
        let size = rng.one_of(&[1, 10, 35]);
        ([size], windowing(Assign::Clock(size), 0, oracle::Trigger::ProcessingTime))
    };
    never by_count_until_the_clock(size, n) [
        .window(tumbling(millis(size)).processing_time())
            .trigger(trigger::purging(trigger::count(n as u64)))
    ] |rng| {
        let (size, n) = (rng.one_of(&[1, 10, 35]), rng.within(1, 4));
        let trigger = oracle::Trigger::Count(n as u64);
        ([size, n], purging(windowing(Assign::Clock(size), 0, trigger)))
    };
    late evicting_but_the_last(size, lateness, n) [
        .window(tumbling(millis(size))).allowed_lateness(millis(lateness))
            .evictor(evictor::count(n as u64))
    ] |rng| {
        let ((size, lateness), n) = (size(rng), rng.within(1, 4));
        let windows = windowing(sliding_at(size, size), lateness, oracle::Trigger::EventTime);
        ([size, lateness, n], evicting(windows, Evictor::Count(n as usize), false))
    };
    never evicting_behind(n, kept) [
        .window(global_window()).trigger(trigger::count(n as u64))
            .evictor(evictor::count(kept as u64).after())
    ] |rng| {
        let (n, kept) = (rng.within(1, 4), rng.within(1, 4));
        let windows = windowing(Assign::Global, 0, oracle::Trigger::Count(n as u64));
        ([n, kept], evicting(windows, Evictor::Count(kept as usize), true))
    };
    late evicting_the_old(size, slide, lateness, n, span) [
        .window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))
            .trigger(trigger::count(n as u64)).evictor(evictor::time(millis(span)))
    ] |rng| {
        let ((size, slide, lateness), n) = (slides(rng), rng.within(1, 4));
        let span = rng.one_of(&[1, 2, 5, 20]);
        let trigger = oracle::Trigger::Count(n as u64);
        let windows = windowing(sliding_at(size, slide), lateness, trigger);
        ([size, slide, lateness, n, span], evicting(windows, Evictor::Time(span), false))
    };
    late sessions_evicting_the_old_behind(gap, lateness, span) [
        .window(session(millis(gap))).allowed_lateness(millis(lateness))
            .evictor(evictor::time(millis(span)).after())
    ] |rng| {
        let ((gap, lateness), span) = (size(rng), rng.one_of(&[1, 2, 5, 20]));
        let windows = windowing(Assign::Session(gap), lateness, oracle::Trigger::EventTime);
        ([gap, lateness, span], evicting(windows, Evictor::Time(span), true))
    };
    /// With a threshold of nothing, the last one goes as well.
    late evicting_the_far(size, lateness, n, threshold) [
        .window(tumbling(millis(size))).allowed_lateness(millis(lateness))
            .trigger(trigger::count(n as u64))
            .delta_evictor(threshold, |old, last| (last.value - old.value).abs())
    ] |rng| {
        let ((size, lateness), n) = (size(rng), rng.within(1, 4));
        let threshold = rng.one_of(&[0, 1, 20, 60]);
        let trigger = oracle::Trigger::Count(n as u64);
        let windows = windowing(sliding_at(size, size), lateness, trigger);
        ([size, lateness, n, threshold], evicting(windows, Evictor::Delta(threshold), false))
    };
}

/// Does all that a trigger may: fires, drops, remembers a number, sets timers, also in the past, and deletes them.
#[derive(Clone)]
struct Restless;

impl Trigger<Event> for Restless {
    type State = i64;

    fn on_element(&self, e: EventRef<'_>, cx: &mut TriggerCx<'_, i64>) -> TriggerResult {
        *cx.state() += 1;
        cx.event_timer(e.at + millis(7));
        match e.value.rem_euclid(7) {
            0 => TriggerResult::Fire,
            1 => TriggerResult::FireAndPurge,
            2 => TriggerResult::Purge,
            3 => {
                cx.delete_event_timer(e.at + millis(7));
                TriggerResult::Continue
            }
            _ => TriggerResult::Continue,
        }
    }

    fn on_event_time(&self, time: Timestamp, cx: &mut TriggerCx<'_, i64>) -> TriggerResult {
        *cx.state() += 10;
        match cx.state().rem_euclid(3) {
            0 => TriggerResult::Fire,
            1 => {
                cx.event_timer(time + millis(5));
                TriggerResult::Continue
            }
            _ => TriggerResult::Purge,
        }
    }
}

/// The same, for the oracle.
fn restless() -> oracle::Trigger {
    fn does(fires: bool, purges: bool) -> Does {
        Does { fires, purges }
    }
    fn on_element(number: &mut i64, e: &Event, timers: &mut BTreeSet<i64>) -> Does {
        *number += 1;
        timers.insert(e.at.0 + 7);
        match e.value.rem_euclid(7) {
            0 => does(true, false),
            1 => does(true, true),
            2 => does(false, true),
            3 => {
                timers.remove(&(e.at.0 + 7));
                does(false, false)
            }
            _ => does(false, false),
        }
    }
    fn on_time(number: &mut i64, time: i64, timers: &mut BTreeSet<i64>) -> Does {
        *number += 10;
        match number.rem_euclid(3) {
            0 => does(true, false),
            1 => {
                timers.insert(time + 5);
                does(false, false)
            }
            _ => does(false, true),
        }
    }
    oracle::Trigger::Own(Own { on_element, on_time })
}

windows! {
    late own_trigger(size, slide, lateness) [
        .window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))
            .trigger(Restless)
    ] |rng| {
        let (size, slide, lateness) = slides(rng);
        ([size, slide, lateness], windowing(sliding_at(size, slide), lateness, restless()))
    };
    never own_trigger_on_all_of_time() [.window(global_window()).trigger(Restless)] |_rng| {
        ([0; 0], windowing(Assign::Global, 0, restless()))
    };
}
