//! The users' kit: a test that is run for many seeds, with checkpoints and crashes wherever they put them.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::cell::Cell;
use std::collections::BTreeSet;

use thalweg::prelude::*;
use thalweg::testing;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

#[pipeline]
fn windows() {
    let late = side();
    let events: Stream<(u64, i64, Timestamp)> =
        source(collection(Vec::<(u64, i64, Timestamp)>::new()));
    let timed = events.event_time(|(_, _, at)| at).watermarks(bounded(millis(5)));
    let sums = timed
        .key_by(|(key, _, _)| key)
        .window(tumbling(millis(10)))
        .late_to(late)
        .sum(|(_, n, _)| n);
    sums.map(|w| (w.key, w.window.start, w.value)).sink(discard());
    late.map(|(_, n, _)| n).sink(discard());
}

#[test]
fn a_test_reads_the_same_with_every_seed() {
    testing::explore(0..150, |seed| {
        let mut t = seed.pipeline(windows).parallelism(1 + seed.below(4)).start();
        let mut sums = Vec::new();
        for round in 0..6i64 {
            let events = (0..20u64).map(|key| (key, round, at(10 * round + key as i64 % 10)));
            t.send_all("events", events.collect::<Vec<_>>());
            if seed.below(4) == 0 {
                t.rescale(1 + seed.below(4));
            }
            sums.extend(t.results::<(u64, Timestamp, i64)>("sums"));
        }
        t.finish();
        sums.extend(t.results::<(u64, Timestamp, i64)>("sums"));
        sums.sort_unstable();
        let expected = (0..20u64).flat_map(|key| (0..6i64).map(move |n| (key, at(10 * n), n)));
        assert_eq!(sums, expected.collect::<Vec<_>>());
        assert!(t.results::<i64>("late").is_empty());
    });
}

thread_local! {
    /// How often a closure ran: what an operator keeps outside of its state is not restored.
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

#[pipeline]
fn forgetful() {
    let numbers: Stream<u64> = source(collection(Vec::<u64>::new()));
    let numbered = numbers.map(|n| (n, CALLS.replace(CALLS.get() + 1)));
    numbered.sink(discard());
}

/// What depends on more than its input is found out.
#[test]
fn some_seed_finds_what_is_kept_outside_of_state() {
    let seen = Cell::new(0);
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        testing::explore(0..50, |seed| {
            seen.set(seed.seed());
            CALLS.set(0);
            let mut t = seed.pipeline(forgetful).start();
            for n in 0..10u64 {
                t.send("numbers", n);
                assert_eq!(t.results::<(u64, u64)>("numbered"), [(n, n)]);
            }
        });
    }));
    assert!(failed.is_err(), "no seed has failed");
    assert!(seen.get() < 10, "only seed {} has failed", seen.get());
}

#[test]
fn seeds_differ_and_are_the_same_again() {
    let chosen = |seed: u64| {
        let chosen = Cell::new(0);
        testing::explore([seed], |seed| chosen.set(seed.below(1_000_000)));
        chosen.get()
    };
    let all: BTreeSet<_> = (0..50).map(chosen).collect();
    assert_eq!(all.len(), 50);
    assert_eq!(all, (0..50).map(chosen).collect());
}
