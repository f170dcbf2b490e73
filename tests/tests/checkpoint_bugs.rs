//! Mistakes that others made with checkpoints and restores, each as a test: `cargo xtask mutants` plants them.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::HashMap;
use std::process::Command;

use thalweg::prelude::*;
use thalweg::testing::{self, Pipeline};
use thalweg_tests::oracle::Rng;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

type Timed = (u64, i64, Timestamp);

#[pipeline]
fn windows() {
    let late = side();
    let events: Stream<Timed> = source(collection(Vec::<Timed>::new()));
    let timed = events.event_time(|(_, _, at)| at).watermarks(monotonic());
    let windows = timed
        .key_by(|(key, _, _)| key)
        .window(tumbling(millis(10)))
        .late_to(late)
        .sum(|(_, n, _)| n);
    windows.map(|w| (w.key, w.window.start, w.value)).sink(discard());
    late.map(|(_, n, _)| n).sink(discard());
}

/// A split behind the others is idle, so that a window fires; restored, it holds back time again.
#[test]
fn bug_01_time_goes_on_where_it_was() {
    for parallelism in 1..4 {
        let setup = testing::pipeline(windows).parallelism(parallelism).splits("events", 2);
        let mut t = setup.only_fed_watermarks().start();
        t.send(("events", 0), (1u64, 5i64, at(3))).send(("events", 0), (1u64, 7i64, at(12)));
        t.idle(("events", 1)).watermark(("events", 0), at(10));
        assert_eq!(t.results::<(u64, Timestamp, i64)>("windows"), [(1, at(0), 5)]);
        t.active(("events", 1)).checkpoint().crash_and_restore();
        t.send(("events", 1), (1u64, 100i64, at(4))).send(("events", 1), (1u64, 1i64, at(11)));
        assert_eq!(t.results::<i64>("late"), [100], "the window has fired");
        t.rescale(4).crash_and_restore().watermark("events", at(30));
        assert_eq!(t.results::<(u64, Timestamp, i64)>("windows"), [(1, at(10), 8)]);
        assert!(t.results::<i64>("late").is_empty());
        t.finish();
        assert!(t.results::<(u64, Timestamp, i64)>("windows").is_empty());
    }
}

#[pipeline]
fn sequences() {
    let numbers: Stream<(u64, u64)> = source(collection(Vec::<(u64, u64)>::new()));
    let shuffled = numbers.rebalance().filter(|(_, n)| n > 0);
    let lists = shuffled.key_by(|(key, _)| key).fold(0u64, |sum, (_, n)| sum + n);
    lists.map(|list| (list.key, list.value)).sink(discard());
    let counts = numbers.key_by(|(key, _)| key).count();
    counts.map(|count| (count.key, count.value)).name("counts").sink(discard());
}

/// The greatest result of each key.
fn greatest(results: Vec<(u64, u64)>) -> HashMap<u64, u64> {
    let mut greatest = HashMap::new();
    for (key, value) in results {
        let known = greatest.entry(key).or_insert(value);
        *known = value.max(*known);
    }
    greatest
}

/// What is written before a barrier is in the checkpoint, what is written behind it is not: else sums are too small, or
/// too great.
#[test]
fn bug_15_records_and_barriers_stay_in_order() {
    for seed in 0..150 {
        let mut rng = Rng::new(seed);
        let setup = testing::pipeline(sequences)
            .parallelism(rng.within(1, 4) as usize)
            .batch(rng.one_of(&[1, 2, 3, 7, 64]))
            .frames(rng.one_of(&[1, 2, 8]));
        let mut t = setup.splits("numbers", 3).start();
        let (mut sums, mut counts) = (HashMap::new(), HashMap::new());
        for _ in 0..4 {
            let records: Vec<(u64, u64)> = (1..=40).map(|n| (n % 7, n)).collect();
            for (key, n) in &records {
                *sums.entry(*key).or_insert(0) += n;
                *counts.entry(*key).or_insert(0) += 1;
            }
            t.checkpoint_amid(rng.any()).send_all("numbers", records).crash_and_restore();
            assert_eq!(greatest(t.results("lists")), sums, "seed {seed}");
            assert_eq!(greatest(t.results("counts")), counts, "seed {seed}");
        }
    }
}

#[pipeline]
fn alarms() {
    let events: Stream<Timed> = source(collection(Vec::<Timed>::new()));
    let timed = events.event_time(|(_, _, at)| at).watermarks(monotonic());
    let alarms = timed
        .key_by(|(key, _, _)| key)
        .process(|| 0i64)
        .on_event(|sum, (_, n, at), cx| {
            *sum += n;
            cx.timer_at(at + millis(10 * n));
        })
        .on_timer(|sum, at, cx| cx.emit((cx.key(), at, *sum)));
    alarms.sink(discard());
}

/// Timers are set and fire while there are more tasks and fewer.
fn fired(mut between: impl FnMut(&mut Pipeline, usize)) -> Vec<Vec<(u64, Timestamp, i64)>> {
    let mut t = testing::pipeline(alarms).splits("events", 2).only_fed_watermarks().start();
    let mut fired = Vec::new();
    for step in 0..8i64 {
        t.send_all(
            "events",
            (0..60u64).map(|key| (key, 1 + (key as i64 + step) % 5, at(10 * step))),
        );
        t.watermark("events", at(10 * step));
        between(&mut t, step as usize);
        let mut all = t.results::<(u64, Timestamp, i64)>("alarms");
        all.sort_unstable();
        fired.push(all);
    }
    assert!(t.all_state().timers > 60);
    t.finish();
    fired.push(t.results("alarms"));
    fired.last_mut().unwrap().sort_unstable();
    fired
}

#[test]
fn bug_19_each_timer_fires_once_whichever_task_it_comes_to() {
    let calm = fired(|_, _| {});
    let rescaled = fired(|t, step| {
        let parallelism = [1, 7, 3, 16, 1, 2, 5, 4][step];
        t.checkpoint().rescale(parallelism);
    });
    assert_eq!(rescaled, calm);
    let late = fired(|t, step| match step % 2 {
        0 => _ = t.checkpoint(),
        _ => _ = t.rescale([7, 3, 16, 1][step / 2]),
    });
    assert_eq!(late, calm);
}

#[pipeline]
fn words() {
    let lines: Stream<(u64, String)> = source(collection(Vec::<(u64, String)>::new()));
    let counts = lines.key_by(|(key, _)| key).fold(
        HashMap::<String, u64>::new(),
        |mut counts, (_, word)| {
            *counts.entry(word.to_owned()).or_default() += 1;
            counts
        },
    );
    counts.map(|counts| (counts.key, counts.value)).sink(discard());
}

const CHILD: &str = "THALWEG_BUG_21_CHILD";

/// Says what a checkpoint holds, and what comes of it, if it is another process's wish.
#[test]
fn says_what_a_checkpoint_holds() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut t = testing::pipeline(words).parallelism(3).splits("lines", 2).start();
    let mut rng = Rng::new(21);
    for seed in 0..5 {
        let lines = (0..100).map(|_| (rng.any() % 5, format!("word {}", rng.any() % 40)));
        t.checkpoint_amid(seed).send_all("lines", lines.collect::<Vec<_>>());
        println!("checkpoint {}", t.checkpoint_digest().unwrap());
    }
    let results = t.results::<(u64, HashMap<String, u64>)>("counts");
    let sorted = results.into_iter().map(|(key, counts)| {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_unstable();
        (key, counts)
    });
    println!("output {:?}", sorted.collect::<Vec<_>>());
}

#[test]
fn bug_21_two_processes_write_the_same_bytes() {
    let run = || {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["says_what_a_checkpoint_holds", "--exact", "--nocapture"]).env(CHILD, "1");
        let told = String::from_utf8(child.output().unwrap().stdout).unwrap();
        let lines =
            told.lines().filter(|l| l.starts_with("checkpoint ") || l.starts_with("output "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let first = run();
    assert_eq!(first.len(), 6, "{first:?}");
    assert_eq!(first, run());
}
