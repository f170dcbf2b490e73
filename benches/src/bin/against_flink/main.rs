//! Flink and Thalweg by turns, on the same queries: a table and a plot of their ratios.
//!
//! ```text
//! cargo run --profile fast -p thalweg-bench --bin against_flink
//! ```
//!
//! Needs a JDK 17 and Maven, which fetches Flink. Each query runs on Flink with the JVM's defaults, on Flink with a
//! tuned JVM, and on Thalweg, then again; the better of Flink's two medians counts. Flink is warmed up before its clock
//! starts. Writes `benches/compare/results.md` and `.svg`.

#![forbid(unsafe_code)]

mod flink;
mod plot;

use std::process::{Command, ExitCode};

use clap::Parser;
use flink::Jvm;
use serde::Deserialize;
use thalweg_bench::engine;
use thalweg_bench::figures::Figures;
use thalweg_bench::nexmark::Query;

/// Compares Flink with Thalweg.
#[derive(Parser)]
struct Args {
    /// The queries, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = Query::ALL)]
    queries: Vec<Query>,
    /// Measured turns of each side.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Tasks per operator.
    #[arg(long, default_value_t = 1)]
    parallelism: usize,
    /// Events of a Thalweg run.
    #[arg(long, default_value_t = 4_000_000)]
    events: u64,
    /// Of Flink's usual number of events, so many per cent.
    #[arg(long, default_value_t = 100)]
    flink_percent: u64,
    /// Seed of the input.
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

/// What a run of either side prints.
#[derive(Deserialize)]
struct Report {
    events_per_s: f64,
    checksum: String,
}

/// Nanoseconds per event of one query on each side.
struct Row {
    query: Query,
    flink: Figures,
    tuned: Figures,
    thalweg: Figures,
}

impl Row {
    /// How many times Thalweg's rate is that of the better Flink.
    fn ratio(&self) -> f64 {
        self.flink.median().min(self.tuned.median()) / self.thalweg.median()
    }

    fn cells(&self) -> String {
        format!(
            "| {} | {} | {} | {} | **{:.1} ×** |",
            self.query,
            self.flink.cell(),
            self.tuned.cell(),
            self.thalweg.cell(),
            self.ratio()
        )
    }
}

fn main() -> ExitCode {
    match compare(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn compare(args: &Args) -> Result<(), String> {
    flink::build()?;
    let mut table = heading(args);
    print!("{table}");
    let mut rows = Vec::new();
    for &query in args.queries.iter().filter(|query| engine::find(**query).is_ok()) {
        let row = measure(query, args)?;
        println!("{}", row.cells());
        table += &row.cells();
        table.push('\n');
        rows.push(row);
    }
    let ratios: Vec<(String, f64)> =
        rows.iter().map(|row| (row.query.to_string(), row.ratio())).collect();
    let folder = flink::folder();
    for (name, text) in [("results.md", table), ("results.svg", plot::bars(&ratios))] {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn measure(query: Query, args: &Args) -> Result<Row, String> {
    check_answers(query, args)?;
    let mut sides: [Vec<f64>; 3] = Default::default();
    for _ in 0..args.rounds {
        let runs = [
            flink::run(query, args, Jvm::Default)?,
            flink::run(query, args, Jvm::Tuned)?,
            thalweg(query, args, args.events)?,
        ];
        for (side, run) in sides.iter_mut().zip(runs) {
            side.push(1e9 / run.events_per_s);
        }
    }
    let [flink, tuned, thalweg] = sides.map(Figures::new);
    Ok(Row { query, flink, tuned, thalweg })
}

/// Both sides answer a small input alike: else there is nothing to compare.
fn check_answers(query: Query, args: &Args) -> Result<(), String> {
    const EVENTS: u64 = 300_000;
    let expected = flink::answer(query, args, EVENTS)?;
    let answer = thalweg(query, args, EVENTS)?.checksum;
    if answer == expected {
        Ok(())
    } else {
        Err(format!("{query}: Flink answers {expected}, Thalweg {answer}"))
    }
}

/// One run of the `nexmark` binary beside this one, in a process of its own as Flink's.
fn thalweg(query: Query, args: &Args, events: u64) -> Result<Report, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = own.with_file_name(format!("nexmark{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        return Err(format!(
            "{} is missing\nhelp: build all of the package: cargo build --profile fast -p thalweg-bench",
            program.display()
        ));
    }
    let mut command = Command::new(program);
    command.args(["--query", query.name(), "--events", &events.to_string()]);
    command.args(["--parallelism", &args.parallelism.to_string()]);
    report(command.args(["--seed", &args.seed.to_string()]))
}

/// Runs a command and reads the line of JSON that it prints.
fn report(command: &mut Command) -> Result<Report, String> {
    let shown = format!("{:?}", command.get_program());
    let output = command.output().map_err(|error| format!("{shown}: {error}"))?;
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let line = stdout.lines().rev().find(|line| line.starts_with('{'));
    let parsed = line.and_then(|line| serde_json::from_str(line).ok());
    parsed.ok_or_else(|| format!("{shown} printed no figures:\n{stdout}{stderr}"))
}

fn heading(args: &Args) -> String {
    let first_line = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().next().unwrap_or("unknown").to_owned()
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "# Flink and Thalweg\n\n\
         Nanoseconds per event at parallelism {}, median (spread) of {} turns; less is better. The ratio is that of \
         Thalweg to the better Flink.\n\n\
         - Apache Flink {}, embedded cluster, heap state, objects reused; {}\n\
         - Thalweg {}, commit {}, profile `fast`; {}\n\
         - {cores} cores,{}\n\n\
         | query | Flink | Flink, tuned JVM | Thalweg | ratio |\n|---|---|---|---|---|\n",
        args.parallelism,
        args.rounds,
        flink::VERSION,
        first_line("java", &["-version"]),
        env!("CARGO_PKG_VERSION"),
        first_line("git", &["rev-parse", "--short", "HEAD"]),
        first_line("rustc", &["--version"]),
        cpu.trim_start_matches([' ', '\t', ':'])
            .split('@')
            .next()
            .map(|cpu| format!(" {cpu}"))
            .unwrap_or_default(),
    )
}
