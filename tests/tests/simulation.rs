//! Whole jobs under simulation: every seed is a pipeline, its input, and everything that goes wrong with it.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use thalweg_tests::simulation::run::run;

/// How many seeds are tried; `cargo xtask sim --seeds N` tries as many as asked.
const SEEDS: u64 = 300;

fn check(seeds: impl Iterator<Item = u64>) {
    for seed in seeds {
        let outcome = run(seed, false);
        assert!(
            outcome.simulated.violations.is_empty(),
            "seed {seed} ({}): {:#?}\nreplay: cargo xtask sim --seed {seed} --trace",
            outcome.case,
            outcome.simulated.violations
        );
    }
}

#[test]
fn some_hundred_seeds_break_no_promise() {
    std::thread::scope(|scope| {
        for part in 0..2 {
            scope.spawn(move || check((part..SEEDS).step_by(2)));
        }
    });
}

/// Processes of another parallelism commit what was prepared before them.
#[test]
fn bug_38_what_was_prepared_outlives_its_task() {
    check(1_000..1_100);
}

/// Processes of another parallelism share what there is to read, each split once and from where it was.
#[test]
fn bug_39_splits_go_on_where_they_were() {
    check(2_000..2_040);
}

#[test]
fn seeds_that_failed_once_do_not_fail_again() {
    let known = include_str!("../seeds.txt").lines();
    let seeds = known.filter_map(|line| line.strip_prefix("simulation ")?.parse().ok());
    check(seeds);
}

#[test]
fn the_same_seed_leads_to_the_same_trace() {
    for seed in 0..30 {
        assert_eq!(run(seed, false), run(seed, false), "seed {seed}");
    }
    assert_ne!(run(0, false).simulated.trace, run(1, false).simulated.trace);
}
