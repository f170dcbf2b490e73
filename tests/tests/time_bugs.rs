//! Mistakes that systems of this kind have made with time and windows, one test each: by the number of the list in the
//! project's design, where each is traced to reports about other engines. Each mistake stands in the engine behind a
//! `cfg!` of its number: `cargo xtask mutants` shows that the tests find it.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use thalweg::prelude::*;
use thalweg::testing::{self, Pipeline};
use thalweg::window::Assigner;

#[record]
#[derive(PartialEq)]
struct Event {
    key: u32,
    value: i64,
    at: Timestamp,
}

fn event(key: u32, value: i64, at: i64) -> Event {
    Event { key, value, at: Timestamp(at) }
}

#[pipeline]
fn tumbled(size: i64, lateness: i64) {
    let events: Stream<Event> = source(collection(Vec::new()));
    let late = side();
    let sums = events
        .event_time(|e| e.at)
        .watermarks(monotonic())
        .key_by(|e| e.key)
        .window(tumbling(millis(size)))
        .allowed_lateness(millis(lateness))
        .late_to(late)
        .sum(|e| e.value);
    sums.map(|w| (w.key, w.window.start.0, w.value)).sink(print());
    late.sink(print());
}

fn started(size: i64, lateness: i64) -> Pipeline {
    testing::pipeline(tumbled)
        .arg("size", size)
        .arg("lateness", lateness)
        .only_fed_watermarks()
        .start()
}

type Sum = (u32, i64, i64);

fn sums(t: &mut Pipeline) -> Vec<Sum> {
    t.results::<Sum>("sums")
}

fn late(t: &mut Pipeline) -> Vec<i64> {
    t.results::<Event>("late").into_iter().map(|event| event.value).collect()
}

#[test]
fn bug_01_a_fired_window_never_opens_again() {
    let mut t = started(10, 0);
    t.send("events", event(1, 5, 3));
    t.watermark("events", Timestamp(9));
    assert_eq!(sums(&mut t), [(1, 0, 5)]);
    t.send("events", event(1, 7, 4));
    t.watermark("events", Timestamp(30));
    assert_eq!((sums(&mut t), late(&mut t)), (vec![], vec![7]));
    assert_eq!(t.all_state().entries, 0);
}

#[test]
fn bug_04_watermarks_and_window_ends_meet_to_the_millisecond() {
    // (time of the record, watermark before it, is it late, watermark behind it, has it fired)
    for (at, before, is_late, behind, fires) in [
        (5, 8, false, 8, false),
        (5, 8, false, 9, true),
        (9, 8, false, 9, true),
        (9, 9, true, 20, false),
        (10, 9, false, 18, false),
        (10, 9, false, 19, true),
        (0, 9, true, 20, false),
        (0, 8, false, 10, true),
        (-1, -2, false, -1, true),
        (-1, -1, true, 0, false),
    ] {
        let mut t = started(10, 0);
        t.watermark("events", Timestamp(before));
        t.send("events", event(1, 1, at));
        t.watermark("events", Timestamp(behind));
        let told = (late(&mut t).len() == 1, sums(&mut t).len() == 1);
        assert_eq!(told, (is_late, fires), "{at} behind {before}, then {behind}");
    }
}

/// All windows that start at a multiple of `slide` from `offset` on and hold a point in time, by looking at each.
fn by_looking(size: i64, slide: i64, offset: i64, at: i64) -> BTreeSet<(i64, i64)> {
    let starts =
        (at - size - slide..=at + slide).filter(|start| (start - offset).rem_euclid(slide) == 0);
    starts
        .map(|start| (start, start + size))
        .filter(|(start, end)| *start <= at && at < *end)
        .collect()
}

fn ends(windows: impl Iterator<Item = Window>) -> Vec<(i64, i64)> {
    windows.map(|window| (window.start.0, window.end.0)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn bug_05_a_record_lies_in_its_window(at: i64, size in 1..=i64::MAX, part in -1.0..1.0f64) {
        let offset = ((size - 1) as f64 * part) as i64;
        let windows = ends(tumbling(millis(size)).offset(millis(offset)).windows_of(Timestamp(at)));
        let [(start, end)] = windows[..] else { panic!("{windows:?}") };
        let cut_off = start == i64::MIN || end == i64::MAX;
        prop_assert!(start <= at && (at < end || end == i64::MAX), "{start}..{end}");
        let [start, end, size, offset] = [start, end, size, offset].map(i128::from);
        prop_assert!(
            cut_off || (end - start == size && (start - offset).rem_euclid(size) == 0),
            "{start}..{end}"
        );
    }

    #[test]
    fn bug_07_sliding_windows_are_those_that_hold_the_record(
        at in -300..300i64,
        size in 1..60i64,
        slide in 1..80i64,
        part in -1.0..1.0f64,
    ) {
        let offset = ((slide - 1) as f64 * part) as i64;
        let spec = sliding(millis(size), millis(slide)).offset(millis(offset));
        let windows = ends(spec.windows_of(Timestamp(at)));
        let distinct: BTreeSet<_> = windows.iter().copied().collect();
        prop_assert_eq!(windows.len(), distinct.len());
        prop_assert_eq!(distinct, by_looking(size, slide, offset, at));
    }
}

#[test]
fn bug_06_the_ends_of_time_neither_wrap_nor_panic() {
    const EDGES: [i64; 8] =
        [i64::MIN, i64::MIN + 1, i64::MIN + 1000, -1, 0, 1, i64::MAX - 1000, i64::MAX - 1];
    for size in [1, 2, 1000, i64::MAX / 2, i64::MAX] {
        for lateness in [0, 1, i64::MAX] {
            let mut t = started(size, lateness);
            let mut windows = Vec::new();
            for (number, at) in (0..).zip(EDGES) {
                t.send("events", event(number, 1, at));
                // Cut off where time ends.
                let start = i128::from(at).div_euclid(size.into()) * i128::from(size);
                let [start, end] = [start, start + i128::from(size)]
                    .map(|time| time.clamp(i64::MIN.into(), i64::MAX.into()) as i64);
                windows.push((end - 1, (number, start, 1)));
            }
            windows.sort_by_key(|(last, (number, ..))| (*last, *number));
            // What ends in the first millisecond of all is over before anything comes.
            windows.retain(|(last, _)| last.saturating_add(lateness) > i64::MIN);
            assert_eq!(late(&mut t).len(), EDGES.len() - windows.len(), "{size}, {lateness}");
            let mut next = 0;
            for watermark in [i64::MIN + 1500, 0, i64::MAX - 2, i64::MAX] {
                t.watermark("events", Timestamp(watermark));
                let due = windows.partition_point(|(last, _)| *last <= watermark);
                let due: BTreeSet<Sum> = windows[next..due].iter().map(|(_, sum)| *sum).collect();
                next += due.len();
                let fired: BTreeSet<Sum> = sums(&mut t).into_iter().collect();
                assert_eq!(fired, due, "size {size}, late {lateness}, watermark {watermark}");
            }
            t.finish();
            assert_eq!((sums(&mut t), late(&mut t)), (vec![], vec![]), "{size}, {lateness}");
            assert_eq!((t.all_state().entries, t.all_state().bytes), (0, 0), "{size}, {lateness}");
        }
    }
}

#[pipeline]
fn sessions(lateness: i64) {
    let events: Stream<Event> = source(collection(Vec::new()));
    let sums = events
        .event_time(|e| e.at)
        .watermarks(monotonic())
        .key_by(|e| e.key)
        .window(session(millis(10)))
        .allowed_lateness(millis(lateness))
        .aggregate(|w| (w.window().start.0, w.window().end.0, w.sum(|e| e.value)));
    sums.sink(print());
}

#[test]
fn bug_08_merged_sessions_fire_once_and_lose_nothing() {
    type Session = (i64, i64, i64);
    let mut t = testing::pipeline(sessions).arg("lateness", 100).only_fed_watermarks().start();
    for (value, at) in [(1, 0), (2, 18), (4, 36)] {
        t.send("events", event(1, value, at));
    }
    assert_eq!(t.states().values().map(|state| state.entries).sum::<usize>(), 3);
    // Two bridges make one session of three, and it grows.
    for (value, at) in [(8, 9), (16, 27), (64, 40)] {
        t.send("events", event(1, value, at));
    }
    // Where its parts would have ended, nothing does any more.
    for time in [9, 27, 45, 48] {
        t.watermark("events", Timestamp(time));
        assert_eq!(t.results::<Session>("sums"), [], "{time}");
    }
    t.watermark("events", Timestamp(49));
    assert_eq!(t.results::<Session>("sums"), [(0, 50, 95)]);
    // None of the ends that the parts had fires again.
    t.watermark("events", Timestamp(60));
    assert_eq!(t.results::<Session>("sums"), []);
    // Late, but in time: the session fires once more, as a whole.
    t.send("events", event(1, 32, 44));
    assert_eq!(t.results::<Session>("sums"), [(0, 54, 127)]);
    t.finish();
    assert_eq!((t.results::<Session>("sums"), t.all_state().entries), (vec![], 0));
}

#[pipeline]
fn says_nothing() {
    let events: Stream<Event> = source(collection(Vec::new()));
    let events = events.event_time(|e| e.at).watermarks(monotonic()).key_by(|e| e.key);
    let silent: Stream<u64> = events.window(tumbling(millis(10))).apply(|_, _, _| {});
    silent.sink(print());
    let odd = events.window(tumbling(millis(10))).sum(|e| e.value).filter(|w| w.value > 1);
    odd.sink(print());
}

#[test]
fn bug_09_windows_that_emit_nothing_are_forgotten_too() {
    let mut t = testing::pipeline(says_nothing).only_fed_watermarks().start();
    t.send_all("events", (0..100_000).map(|key| event(key, 1, i64::from(key % 10))));
    assert!(t.all_state().entries >= 200_000);
    t.finish();
    assert_eq!((t.all_state().entries, t.all_state().bytes), (0, 0));
}

#[test]
fn bug_10_the_end_fires_every_window_with_contents_and_no_other() {
    let mut t = started(10, 0);
    for at in [1, 2, 55, 103] {
        t.send("events", event(1, 1, at));
    }
    t.finish();
    assert_eq!(sums(&mut t), [(1, 0, 2), (1, 50, 1), (1, 100, 1)]);
}

#[test]
fn bug_11_late_records_fire_again_or_go_to_the_side_never_both() {
    let mut random = 11u64;
    let mut draw = |below: i64| {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as i64 % below
    };
    for _ in 0..300 {
        let (size, lateness) = (1 + draw(10), draw(12));
        let mut t = started(size, lateness);
        let (mut watermark, mut open) = (i64::MIN, BTreeMap::<i64, i64>::new());
        let (mut fired, mut too_late) = (Vec::new(), Vec::new());
        for value in 0..40 {
            if draw(3) == 0 {
                let next = watermark.max(draw(80));
                t.watermark("events", Timestamp(next));
                let due = |start: &i64| start + size - 1 > watermark && start + size - 1 <= next;
                fired.extend(
                    open.iter()
                        .filter(|(start, _)| due(start))
                        .map(|(start, sum)| (1, *start, *sum)),
                );
                watermark = next;
                open.retain(|start, _| start + size - 1 + lateness > watermark);
                continue;
            }
            let at = draw(80);
            let start = at.div_euclid(size) * size;
            t.send("events", event(1, value, at));
            if start + size - 1 + lateness <= watermark {
                too_late.push(value);
                continue;
            }
            let sum = open.entry(start).or_default();
            *sum += value;
            if start + size - 1 <= watermark {
                fired.push((1, start, *sum));
            }
        }
        t.finish();
        fired.extend(
            open.iter()
                .filter(|(start, _)| *start + size - 1 > watermark)
                .map(|(start, sum)| (1, *start, *sum)),
        );
        assert_eq!(
            (sums(&mut t), late(&mut t)),
            (fired, too_late),
            "size {size}, lateness {lateness}"
        );
    }
}

#[pipeline]
fn joined() {
    let left: Stream<Event> = source(collection(Vec::new()));
    let right: Stream<Event> = source(collection(Vec::new()));
    let left = left.event_time(|e| e.at).watermarks(monotonic());
    let right = right.event_time(|e| e.at).watermarks(monotonic());
    let pairs = left
        .join(right)
        .on(|l| l.key, |r| r.key)
        .within(-millis(5)..=millis(5))
        .map(|(l, r)| (l.value, r.value));
    pairs.sink(print());
}

#[test]
fn bug_14_each_side_waits_for_the_other_sides_time() {
    let mut t = testing::pipeline(joined).only_fed_watermarks().start();
    t.send("left", event(1, 1, 10));
    // The left side is far ahead; the right one may still bring a partner.
    t.watermark("left", Timestamp(1_000));
    t.send("right", event(1, 2, 5));
    t.send("right", event(1, 3, 15));
    t.send("right", event(1, 4, 16));
    assert_eq!(t.results::<(i64, i64)>("pairs"), [(1, 2), (1, 3)]);
    t.watermark("right", Timestamp(1_000));
    assert_eq!((t.all_state().entries, t.late()), (0, 0));
}
