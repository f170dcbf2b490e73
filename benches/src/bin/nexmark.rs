//! Runs one query once and prints one line of JSON.
//!
//! ```text
//! cargo run --profile fast -p thalweg-bench --bin nexmark -- --query q1 --events 8000000 --engine hand
//! ```
//!
//! The input is made in memory before the clock starts.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use serde::Serialize;
use thalweg_bench::nexmark::{Input, Query};
use thalweg_bench::{engine, hand};

/// Runs one query of the benchmark once.
#[derive(Parser)]
struct Args {
    /// q0, q1, q2, kc, kcb, q5, q7, q8 or q11.
    #[arg(long)]
    query: Query,
    /// Number of input records.
    #[arg(long, default_value_t = 8_000_000)]
    events: u64,
    /// Tasks per operator; the plain loops have one thread.
    #[arg(long, default_value_t = 1)]
    parallelism: usize,
    /// What runs the query.
    #[arg(long, value_enum, default_value_t = Engine::Thalweg)]
    engine: Engine,
    /// Seed of the input.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

/// What can run a query.
#[derive(Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Engine {
    /// The pipeline.
    Thalweg,
    /// The plain loop.
    Hand,
}

/// The line that is printed.
#[derive(Serialize)]
struct Report {
    query: &'static str,
    engine: Engine,
    events: usize,
    parallelism: usize,
    seconds: f64,
    events_per_s: f64,
    checksum: String,
    /// The most memory the process ever held, its input included.
    rss_mb: f64,
}

fn main() -> ExitCode {
    match measure(&Args::parse()) {
        Ok(report) => {
            println!("{}", serde_json::to_string(&report).expect("a report is plain data"));
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Result<Report, String> {
    let run: engine::Run = match args.engine {
        Engine::Thalweg => engine::find(args.query).map_err(|error| error.to_string())?,
        Engine::Hand if args.parallelism != 1 => {
            return Err("the engine `hand` has parallelism 1 only".to_owned());
        }
        Engine::Hand => hand::find(args.query),
    };
    let input = Input::materialise(args.query, args.seed, args.events);
    let start = Instant::now();
    let checksum = run(input, args.parallelism);
    let seconds = start.elapsed().as_secs_f64();
    Ok(Report {
        query: args.query.name(),
        engine: args.engine,
        events: input.len(),
        parallelism: args.parallelism,
        seconds,
        events_per_s: (input.len() as f64 / seconds).round(),
        checksum: checksum.to_string(),
        rss_mb: peak_rss_mb(),
    })
}

/// The process's peak of resident memory in MiB; 0 where `/proc` does not tell.
fn peak_rss_mb() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    (kib.unwrap_or_default() / 1024.0 * 10.0).round() / 10.0
}
