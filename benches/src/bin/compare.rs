//! Runs the plain loop and the pipeline by turns and prints their ratio, one row per query.
//!
//! ```text
//! cargo run --profile fast -p thalweg-bench --bin compare -- --queries q0,q1,q2,kc,q7
//! ```
//!
//! Both read the same memory in the same process: A B A B …, after one unmeasured turn each. Only
//! the ratio means anything on another machine or another day.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use thalweg_bench::figures::Figures;
use thalweg_bench::nexmark::{Checksum, Input, Query};
use thalweg_bench::{engine, hand};

/// Compares the plain loops with the pipelines.
#[derive(Parser)]
struct Args {
    /// The queries, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = Query::ALL)]
    queries: Vec<Query>,
    /// Number of input records.
    #[arg(long, default_value_t = 4_000_000)]
    events: u64,
    /// Measured turns of each side.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Tasks per operator of the pipelines.
    #[arg(long, default_value_t = 1)]
    parallelism: usize,
    /// Seed of the input.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    println!(
        "{} records per query, seed {}, {} rounds, parallelism {}; ns per record, median (spread)\n",
        args.events, args.seed, args.rounds, args.parallelism
    );
    println!("| query | hand | thalweg | thalweg / hand | answers |\n|---|---|---|---|---|");
    let mut all_agree = true;
    let mut input: Option<(Query, Input)> = None;
    for &query in &args.queries {
        let known = input.filter(|(other, _)| Input::is_shared_by(*other, query));
        let (_, records) = *input.insert(
            known.unwrap_or_else(|| (query, Input::materialise(query, args.seed, args.events))),
        );
        all_agree &= compare(query, records, &args);
    }
    if all_agree { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints the row of one query; returns whether both sides gave the same answer.
fn compare(query: Query, input: Input, args: &Args) -> bool {
    let by_hand = hand::find(query);
    let Ok(by_engine) = engine::find(query) else {
        let hand: Vec<_> = (0..=args.rounds).map(|_| time(by_hand, input, 1).0).skip(1).collect();
        println!("| {query} | {} | not built yet | | |", Figures::new(hand).cell());
        return true;
    };
    let (mut hand, mut thalweg, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut agree = true;
    for round in 0..=args.rounds {
        let (hand_time, expected) = time(by_hand, input, 1);
        let (engine_time, answer) = time(by_engine, input, args.parallelism);
        agree &= answer == expected;
        if round > 0 {
            hand.push(hand_time);
            thalweg.push(engine_time);
            ratios.push(engine_time / hand_time);
        }
    }
    let [hand, thalweg, ratios] = [hand, thalweg, ratios].map(|side| Figures::new(side).cell());
    let verdict = if agree { "equal" } else { "**DIFFERENT**" };
    println!("| {query} | {hand} | {thalweg} | {ratios} | {verdict} |");
    agree
}

/// Nanoseconds per record, and the answer.
fn time(run: engine::Run, input: Input, parallelism: usize) -> (f64, Checksum) {
    let start = Instant::now();
    let answer = run(input, parallelism);
    (start.elapsed().as_nanos() as f64 / input.len().max(1) as f64, answer)
}
