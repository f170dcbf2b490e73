//! Whole jobs under simulation: every seed is a pipeline, its input, and everything that goes wrong with it.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use thalweg::job::CheckpointMode::{self, AtLeastOnce, ExactlyOnce};
use thalweg_tests::simulation::run::run;

/// How many seeds are tried; `cargo xtask sim --seeds N` tries as many as asked.
const SEEDS: u64 = 300;

/// Says whether any row came more than once.
fn check(mode: CheckpointMode, seeds: impl Iterator<Item = u64>) -> bool {
    let mut repeated = false;
    for seed in seeds {
        let outcome = run(seed, mode, false);
        assert!(
            outcome.simulated.violations.is_empty(),
            "seed {seed} ({}, {mode:?}): {:#?}\nreplay: cargo xtask sim --seed {seed} --trace",
            outcome.case,
            outcome.simulated.violations
        );
        repeated |= outcome.repeated;
    }
    repeated
}

#[test]
fn some_hundred_seeds_break_no_promise() {
    std::thread::scope(|scope| {
        for part in 0..2 {
            scope.spawn(move || check(ExactlyOnce, (part..SEEDS).step_by(2)));
        }
    });
}

/// Processes of another parallelism commit what was prepared before them.
#[test]
fn bug_38_what_was_prepared_outlives_its_task() {
    check(ExactlyOnce, 1_000..1_100);
}

/// Processes of another parallelism share what there is to read, each split once and from where it was.
#[test]
fn bug_39_splits_go_on_where_they_were() {
    check(ExactlyOnce, 2_000..2_040);
}

#[test]
fn seeds_that_failed_once_do_not_fail_again() {
    let known = include_str!("../seeds.txt").lines();
    let seeds = known.filter_map(|line| line.strip_prefix("simulation ")?.parse().ok());
    check(ExactlyOnce, seeds);
}

#[test]
fn the_same_seed_leads_to_the_same_trace() {
    for seed in 0..30 {
        assert_eq!(run(seed, ExactlyOnce, false), run(seed, ExactlyOnce, false), "seed {seed}");
    }
    let trace = |seed| run(seed, ExactlyOnce, false).simulated.trace;
    assert_ne!(trace(0), trace(1));
}

/// Channels that do not wait for each other: what is seen may be seen twice, and must be seen.
#[test]
fn at_least_once_loses_nothing() {
    let repeated = std::thread::scope(|scope| {
        let parts =
            [0, 1].map(|part| scope.spawn(move || check(AtLeastOnce, (part..SEEDS).step_by(2))));
        parts.map(|part| part.join().unwrap())
    });
    assert_eq!(repeated, [true, true], "no channel ever ran ahead");
}
