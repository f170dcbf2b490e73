//! Checkpoints and crashes in the users' test kit: a test reads the same with them and without.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use thalweg::prelude::*;
use thalweg::testing::{self, Pipeline, Setup};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

#[record]
#[derive(Debug, PartialEq, Clone)]
struct Event {
    key: u64,
    value: i64,
    at: Timestamp,
}

fn event(key: u64, value: i64, ms: i64) -> Event {
    Event { key, value, at: at(ms) }
}

#[pipeline]
fn sums() {
    let late = side();
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(bounded(millis(5)));
    let windows =
        timed.key_by(|e| e.key).window(tumbling(millis(10))).late_to(late).sum(|e| e.value);
    let sums = windows.map(|w| (w.key, w.value));
    sums.sink(discard());
    late.map(|e| e.value).sink(discard());
}

/// What a step led to: windows, and late records.
type Seen = Vec<Look>;

/// Some steps, with something between them, all looked at or only at the end.
fn run(
    setup: Setup,
    (idles, looks): (bool, bool),
    mut between: impl FnMut(&mut Pipeline, usize),
) -> Seen {
    let mut t = setup.splits("events", 3).start();
    let mut seen = Seen::new();
    for step in 0..24usize {
        let ms = 4 * step as i64;
        match step % 6 {
            3 => _ = t.watermark("events", at(ms)),
            4 => _ = t.advance(millis(3)),
            5 if idles => _ = t.idle(("events", step % 3)),
            5 => _ = t.watermark(("events", 1), at(ms - 2)),
            _ => {
                let records = (0..5).map(|i| event(i % 3, i as i64, ms - 7 * i as i64));
                t.send_all("events", records.collect::<Vec<_>>());
            }
        }
        if looks || step == 23 {
            seen.push(look(&mut t));
        }
        between(&mut t, step);
    }
    t.finish();
    seen.push(look(&mut t));
    seen
}

/// Sums with their times, and what was late.
type Look = (Vec<(Timestamp, (u64, i64))>, Vec<i64>);

fn look(t: &mut Pipeline) -> Look {
    let (mut sums, mut late) = (t.output("sums"), t.results("late"));
    sums.sort_unstable();
    late.sort_unstable();
    (sums, late)
}

#[test]
fn a_test_reads_the_same_wherever_there_is_a_crash() {
    let one = testing::pipeline(sums).batch(1);
    let three = testing::pipeline(sums).parallelism(3).batch(2);
    let told = three.clone().batch(1).only_fed_watermarks();
    for (setup, idles, looks) in [
        (one, false, true),
        (three.clone(), false, true),
        (three, false, false),
        (told, true, true),
    ] {
        let calm = run(setup.clone(), (idles, looks), |_, _| {});
        assert!(calm.iter().any(|(_, late)| !late.is_empty()));
        for checkpoint in 0..24 {
            for crash in [checkpoint, checkpoint + 1, checkpoint + 4, 23] {
                let crashed = run(setup.clone(), (idles, looks), |t, step| {
                    match step {
                        // Among records, watermarks that these make come when they may.
                        _ if step == checkpoint && (crash % 2 == 0 || !idles) => _ = t.checkpoint(),
                        _ if step == checkpoint => _ = t.checkpoint_amid(31 * crash as u64),
                        _ => {}
                    }
                    if step == crash {
                        t.crash_and_restore();
                    }
                });
                assert_eq!(crashed, calm, "{idles} {looks}: {checkpoint}, {crash}");
            }
        }
    }
}

#[pipeline]
fn totals() {
    let numbers: Stream<(u64, u64)> = source(collection(Vec::<(u64, u64)>::new()));
    let sums = numbers.key_by(|(key, _)| key).sum(|(_, n)| n);
    sums.map(|sum| (sum.key, sum.value)).sink(discard());
}

#[test]
fn without_a_checkpoint_everything_is_done_again() {
    let mut t = testing::pipeline(totals).start();
    t.send("numbers", (1u64, 2u64)).send("numbers", (1u64, 3u64));
    assert_eq!(t.results::<(u64, u64)>("sums"), [(1, 2), (1, 5)]);
    t.crash_and_restore().send("numbers", (1u64, 5u64));
    assert_eq!(t.results::<(u64, u64)>("sums"), [(1, 10)]);
    t.finish().crash_and_restore().checkpoint().crash_and_restore();
    assert_eq!(t.results::<(u64, u64)>("sums"), []);
}

#[test]
fn state_moves_to_as_many_tasks_as_there_are() {
    let mut t = testing::pipeline(totals).splits("numbers", 5).start();
    let mut total = 0;
    for parallelism in [7, 3, 16, 1, 2] {
        t.send_all("numbers", (0..50u64).map(|key| (key, 1u64)));
        t.checkpoint().rescale(parallelism);
        t.send_all("numbers", (0..50u64).map(|key| (key, 1u64)));
        total += 2;
        let results = t.results::<(u64, u64)>("sums");
        assert_eq!(results.len(), 100);
        assert_eq!(results.iter().filter(|(_, sum)| *sum == total).count(), 50, "{parallelism}");
        assert_eq!(t.state("sums/sum/0").entries, 50);
    }
}

#[pipeline]
fn numbered() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let numbers: Stream<u64> = source(collection(Vec::<u64>::new()));
    let out = numbers.map(|_| CALLS.fetch_add(1, Ordering::Relaxed));
    out.sink(discard());
}

#[test]
fn what_was_read_and_does_not_come_again_is_a_failure() {
    let mut t = testing::pipeline(numbered).start();
    t.send("numbers", 1u64);
    assert_eq!(t.results::<u64>("out").len(), 1);
    let told = catch_unwind(AssertUnwindSafe(|| _ = t.crash_and_restore())).unwrap_err();
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.contains("sink `out` is not given again 1 of the records"), "{told}");

    let mut t = testing::pipeline(numbered).start();
    t.send("numbers", 1u64).checkpoint();
    assert_eq!(t.results::<u64>("out").len(), 1);
    t.crash_and_restore();
    assert!(t.results::<u64>("out").is_empty());
}

#[pipeline]
fn flaky() {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let numbers: Stream<u64> = source(collection(Vec::<u64>::new()));
    let sums = numbers
        .try_map(|n| match CALLS.fetch_add(1, Ordering::Relaxed) {
            2 => Err("not now"),
            _ => Ok(n),
        })
        .key_by(|n| n % 2)
        .count();
    sums.map(|sum| sum.value).sink(discard());
}

#[test]
fn a_pipeline_that_failed_goes_on() {
    let mut t = testing::pipeline(flaky).start();
    t.send("numbers", 1u64).checkpoint().send("numbers", 1u64);
    t.failure(|t| _ = t.send("numbers", 1u64));
    t.crash_and_restore();
    assert_eq!(t.results::<u64>("sums"), [1, 2, 3]);
}

#[pipeline]
fn minutes() {
    let hits = source(collection(Vec::<u64>::new()));
    let counts = hits.processing_time().key_by(|hit| hit).window(tumbling(mins(1))).count();
    counts.map(|w| (w.window.start, w.value)).sink(discard());
}

#[test]
fn processing_time_goes_back_and_passes_again() {
    let mut t = testing::pipeline(minutes).start();
    t.send("hits", 1u64).advance(secs(20)).checkpoint();
    t.send("hits", 1u64).advance(secs(30)).crash_and_restore();
    assert_eq!(t.processing_time(), at(50_000));
    assert_eq!(t.results::<(Timestamp, u64)>("counts"), []);
    t.advance(secs(10)).crash_and_restore();
    assert_eq!(t.results::<(Timestamp, u64)>("counts"), [(at(0), 2)]);
}

#[pipeline]
fn doubled() {
    let numbers = source(collection(Vec::<u64>::new()));
    let answers = numbers.async_map(|n| async move { n * 2 });
    answers.sink(discard());
}

#[test]
fn what_is_asked_is_answered_once() {
    let mut t = testing::pipeline(doubled).parallelism(2).splits("numbers", 3).start();
    for seed in 0..20 {
        t.checkpoint_amid(seed).send_all("numbers", 0..30u64).crash_and_restore();
        let mut answers = t.results::<(u64, u64)>("answers");
        answers.sort_unstable();
        assert_eq!(answers, (0..30).map(|n| (n, 2 * n)).collect::<Vec<_>>());
    }
}
