//! The users' test kit: names, splits, time, failures, any parallelism and batch size.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::panic::{AssertUnwindSafe, catch_unwind};

use thalweg::prelude::*;
use thalweg::testing::{self, Setup};
use thalweg::time::TimeEvent;

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
fn sums(path: String) {
    let seen = counter("seen");
    let bad = side();
    let late = side();
    let events: Stream<Event> = source(files(path).csv().errors_to(bad));
    let windows = events
        .inspect(move |_| seen.inc())
        .event_time(|e| e.at)
        .watermarks(bounded(millis(5)).idle_after(secs(1)))
        .key_by(|e| e.key)
        .window(tumbling(millis(10)))
        .late_to(late)
        .sum(|e| e.value);
    windows.map(|w| (w.key, w.value)).sink(print());
    late.map(|e| e.value).name("too late").sink(print());
    bad.map(|failed| failed.record).sink(print());
}

fn started() -> Setup {
    testing::pipeline(sums).arg("path", "nowhere")
}

#[test]
fn records_move_time_as_in_production() {
    let mut t = started().start();
    t.send("events", event(1, 5, 3)).send("events", event(1, 6, 9));
    assert_eq!(t.output::<(u64, i64)>("windows"), []);
    assert_eq!(t.watermark_at("windows"), at(3));
    t.send("events", event(2, 1, 15));
    assert_eq!(t.output::<(u64, i64)>("windows"), [(at(9), (1, 11))]);
    t.send("events", event(1, 100, 9));
    assert_eq!((t.results::<i64>("too late"), t.late()), (vec![100], 1));
    t.reject::<Event>("events", "1;2", "two columns are missing");
    assert_eq!(t.results::<String>("bad"), ["1;2"]);
    assert_eq!(t.counter("seen"), 4);
    let state = t.state("windows/window/0");
    assert_eq!(state.entries, 1);
    assert!(state.bytes > 0);
    t.finish();
    assert_eq!(t.output::<(u64, i64)>("windows"), [(at(19), (2, 1))]);
    assert_eq!((t.all_state().entries, t.all_state().bytes), (0, 0));
}

#[test]
fn time_can_be_the_tests_alone() {
    let mut t = started().only_fed_watermarks().splits("events", 2).start();
    t.send(("events", 0), event(1, 1, 500)).send(("events", 1), event(1, 2, 3));
    t.watermark(("events", 0), at(400));
    assert_eq!(t.time_at("windows"), []);
    t.watermark(("events", 1), at(9)).watermark(("events", 1), at(7));
    assert_eq!(t.time_at("windows"), [TimeEvent::Watermark(at(9))]);
    assert_eq!(t.results::<(u64, i64)>("windows"), [(1, 2)]);
    t.idle(("events", 1));
    assert_eq!(t.time_at("windows"), [TimeEvent::Watermark(at(400))]);
    t.idle("events").active(("events", 0));
    assert_eq!(t.time_at("windows"), [TimeEvent::Idle, TimeEvent::Active]);
    t.end(("events", 0)).end(("events", 1));
    assert_eq!(t.results::<(u64, i64)>("windows"), [(1, 1)]);
}

#[test]
fn a_silent_split_is_idle_when_processing_time_has_passed() {
    let mut t = started().splits("events", 2).start();
    t.send(("events", 0), event(1, 1, 20)).advance(millis(999));
    assert_eq!(t.watermark_at("windows"), Timestamp::MIN);
    t.send(("events", 0), event(1, 1, 20)).advance(millis(1));
    assert_eq!(t.watermark_at("windows"), at(14));
    assert_eq!(t.processing_time(), at(1000));
}

#[test]
fn any_parallelism_and_batch_size_give_the_same() {
    let run = |parallelism, batch, frames| {
        let setup = started().parallelism(parallelism).batch(batch).frames(frames);
        let setup = setup.only_fed_watermarks();
        let mut t = setup.splits("events", 3).start();
        let values = |n: i64| (0..100).map(move |i| event((i as u64 * 7) % 13, i, n * 50 + i % 40));
        for n in 0..4 {
            t.send_all("events", values(n));
        }
        t.watermark("events", at(155));
        t.finish();
        let mut all = t.output::<(u64, i64)>("windows");
        all.sort_unstable();
        assert_eq!((t.all_state().entries, t.late()), (0, 0));
        all
    };
    let expected = run(1, 4096, 8);
    assert_eq!(expected.iter().map(|(_, (_, sum))| sum).sum::<i64>(), 4 * 4950);
    for (parallelism, batch, frames) in [(1, 1, 1), (2, 3, 1), (3, 64, 2), (4, 1, 8), (7, 10, 1)] {
        assert_eq!(run(parallelism, batch, frames), expected, "{parallelism} {batch} {frames}");
    }
}

#[pipeline]
fn minutes() {
    let hits = source(collection(Vec::<u64>::new()));
    hits.processing_time()
        .key_by(|hit| hit)
        .window(tumbling(mins(1)))
        .count()
        .map(|w| (w.window.start, w.value))
        .sink(discard());
}

#[test]
fn windows_of_processing_time_fire_when_it_passes() {
    let mut t = testing::pipeline(minutes).processing_time(at(30_000)).start();
    t.send("hits", 1u64).advance(secs(20)).send("hits", 1u64);
    assert_eq!(t.all_state().next_timer, Some(at(60_000)));
    t.advance(millis(9_999));
    assert_eq!(t.results::<(Timestamp, u64)>("hits"), []);
    t.advance(mins(3));
    assert_eq!(t.results::<(Timestamp, u64)>("hits"), [(at(0), 2)]);
}

#[pipeline]
fn unnamed() {
    source(collection([1u64])).sink(discard());
    source(collection([1u64])).name("second").map(|n| n + 1).sink(discard());
    source(collection([1u64])).map(|n| 10 / n).sink(discard());
}

#[test]
fn what_has_no_name_is_counted() {
    let mut t = testing::pipeline(unnamed).start();
    assert_eq!(t.sources(), ["source", "second", "source/1"]);
    assert_eq!(t.sinks(), ["sink", "sink/1", "sink/2"]);
    t.send("second", 4u64);
    assert_eq!(t.results::<u64>("sink/1"), [5]);
    let failure = t.failure(|t| {
        t.send("source/1", 0u64);
    });
    assert!(failure.to_string().contains("divide by zero"), "{failure}");
}

/// What a step says when it is wrong.
fn refusal(step: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(step)).unwrap_err();
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
}

#[test]
fn wrong_names_and_types_are_answered_with_the_right_ones() {
    let mut t = started().start();
    let cases = [
        (
            refusal(|| _ = t.results::<u64>("window")),
            "no sink `window`\nhelp: did you mean `windows`? it has `bad`, `too late`, `windows`",
        ),
        (refusal(|| _ = t.send("event", event(1, 1, 1))), "no source `event`"),
        (refusal(|| _ = t.send("events", 3u64)), "::Event`, but one of type `u64` was sent"),
        (refusal(|| _ = t.results::<u64>("bad")), "type `alloc::string::String`, not `u64`"),
        (refusal(|| _ = t.watermark(("events", 3), at(0))), "has 1 splits, so no split 3"),
        (refusal(|| _ = t.state("windows")), "it has `windows/window/0`"),
        (refusal(|| _ = t.counter("sene")), "did you mean `seen`"),
        (refusal(|| _ = t.failure(|_| {})), "did not fail"),
    ];
    for (text, expected) in cases {
        assert!(text.contains(expected), "{expected}\n--- not in ---\n{text}");
    }
}

#[test]
fn fragments_run_by_themselves() {
    let mut t = testing::operator(thalweg_tests::per_second).start();
    t.send(at(5), 1u64).send(at(6), 3).send(at(7), 4).watermark(at(999));
    let mut output = t.output();
    output.sort_unstable();
    assert_eq!(output, [(at(999), (0, 1)), (at(999), (1, 2))]);

    let keep = |line: &str| line != "skip";
    let setup = testing::operator(thalweg_tests::numbers).with((testing::side("bad"), keep));
    let mut t = setup.parallelism(2).batch(1).start();
    let lines = ["1", "skip", "x", "3"].map(|line| (Timestamp::MIN, line.to_owned()));
    t.send_all(lines);
    assert_eq!(t.output(), [(Timestamp::MIN, 1), (Timestamp::MIN, 3)]);
    assert_eq!(t.results::<Failed<String>>("bad")[0].record, "x");

    let mut t = testing::operator(thalweg_tests::totals).start();
    t.send(Timestamp::MIN, (3, "four".to_owned()));
    assert_eq!(t.output(), [(Timestamp::MIN, (3, 4))]);
}

#[pipeline]
fn doubled() {
    let numbers = source(collection(Vec::<u64>::new()));
    let answers = numbers.async_map(|n| async move { n * 2 });
    answers.sink(discard());
}

#[test]
fn futures_have_answered_when_a_step_is_over() {
    let mut t = testing::pipeline(doubled).parallelism(2).splits("numbers", 2).start();
    for n in 0..50u64 {
        t.send("numbers", n);
        assert_eq!(t.results::<(u64, u64)>("answers"), [(n, 2 * n)]);
    }
    t.send_all("numbers", 0..50u64);
    assert_eq!(t.results::<(u64, u64)>("answers").len(), 50);
}
