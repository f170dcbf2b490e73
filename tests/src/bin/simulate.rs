//! Simulates jobs, seed by seed: what `cargo xtask sim` builds and runs.
//!
//! `simulate FROM COUNT` runs as many seeds, on all cores; `simulate SEED --trace` tells what happens in one;
//! with `--at-least-once` in front, checkpoints are taken in that mode.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

use thalweg::job::CheckpointMode;
use thalweg_tests::simulation::run::{Outcome, run};

/// How often progress is told, in seeds.
const TOLD: u64 = 2_000;
/// So many seeds are run for each that is run twice, to see that nothing but the seed determines what happens.
const TWICE: u64 = 20;
/// With as many violations, enough is known.
const VIOLATIONS_MAX: usize = 20;

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mode = match arguments.first().is_some_and(|first| first == "--at-least-once") {
        true => CheckpointMode::AtLeastOnce,
        false => CheckpointMode::ExactlyOnce,
    };
    if mode == CheckpointMode::AtLeastOnce {
        arguments.remove(0);
    }
    let number = |text: &String| text.parse::<u64>().ok();
    match &arguments[..] {
        [seed, flag] if flag == "--trace" && number(seed).is_some() => {
            trace(number(seed).unwrap_or(0), mode)
        }
        [from, count] if number(from).is_some() && number(count).is_some() => {
            explore(number(from).unwrap_or(0), number(count).unwrap_or(0), mode)
        }
        _ => {
            eprintln!("usage: simulate [--at-least-once] FROM COUNT | SEED --trace");
            ExitCode::from(2)
        }
    }
}

fn trace(seed: u64, mode: CheckpointMode) -> ExitCode {
    let Outcome { case, simulated, .. } = run(seed, mode, true);
    println!("seed {seed}: {case}, {} steps, trace {:016x}", simulated.steps, simulated.trace);
    println!("{:?}", simulated.faults);
    simulated.violations.iter().for_each(|violation| println!("{violation}"));
    if simulated.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs the seeds that no other thread has taken.
fn work(next: &AtomicU64, end: u64, mode: CheckpointMode, to: &Sender<(u64, Outcome)>) {
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let mut outcome = run(seed, mode, false);
        if seed.is_multiple_of(TWICE)
            && run(seed, mode, false).simulated.trace != outcome.simulated.trace
        {
            let violation = "the same seed does not lead to the same bytes";
            outcome.simulated.violations.push(violation.to_owned());
        }
        if to.send((seed, outcome)).is_err() {
            return;
        }
    }
}

fn explore(from: u64, count: u64, mode: CheckpointMode) -> ExitCode {
    let (next, end, start) = (AtomicU64::new(from), from + count, Instant::now());
    let (mut violations, mut seeds) = (0, 0);
    let (mut steps, mut processes) = (0, 0);
    let mut faults: BTreeMap<&'static str, u64> = BTreeMap::new();
    std::thread::scope(|scope| {
        let (to, outcomes) = channel();
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            let (to, next) = (to.clone(), &next);
            scope.spawn(move || work(next, end, mode, &to));
        }
        drop(to);
        for (seed, Outcome { case, simulated, .. }) in outcomes {
            seeds += 1;
            steps += simulated.steps;
            processes += simulated.processes;
            for (what, times) in &simulated.faults {
                *faults.entry(*what).or_default() += times;
            }
            for violation in &simulated.violations {
                println!("seed {seed} ({case}): {violation}");
            }
            if !simulated.violations.is_empty() {
                println!(
                    "  replay: cargo xtask sim --seed {seed} --trace; keep: `simulation {seed}` in tests/seeds.txt"
                );
                violations += 1;
            }
            if seeds % TOLD == 0 {
                println!("{seeds} seeds, {violations} violations, {:.0?}", start.elapsed());
            }
            if violations >= VIOLATIONS_MAX {
                next.store(end, Ordering::Relaxed);
            }
        }
    });
    println!("{steps} steps of {processes} processes in {:.1?}; {faults:?}", start.elapsed());
    println!("{seeds} seeds, {violations} violations");
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
