//! Flink and Thalweg by turns, on the same queries: a table and a plot of their ratios.
//!
//! ```text
//! cargo build --profile fast -p thalweg-bench --features rocksdb
//! cargo run --profile fast -p thalweg-bench --features rocksdb --bin against_flink
//! ```
//!
//! Needs a JDK 17 and Maven, which fetches Flink. Each query runs on Flink with the JVM's defaults, on Flink with a
//! tuned JVM, and on Thalweg, then again; the better of Flink's two medians counts. Flink is warmed up before its clock
//! starts. Counts whose state is larger than memory are in a section of their own (`large`), and run on Flink with two
//! sizes of managed memory. Writes `benches/compare/results.md` and `.svg`; a section of which no query is asked for stays
//! as it is.

#![forbid(unsafe_code)]

mod flink;
mod large;
mod plot;

use std::fmt;
use std::process::{Command, ExitCode};
use std::str::FromStr;

use clap::Parser;
use flink::Jvm;
use large::Large;
use serde::Deserialize;
use thalweg_bench::engine;
use thalweg_bench::figures::Figures;
use thalweg_bench::nexmark::Query;

/// Compares Flink with Thalweg.
#[derive(Parser)]
struct Args {
    /// The queries, separated by commas.
    #[arg(long, value_delimiter = ',', default_values_t = Case::all())]
    queries: Vec<Case>,
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

/// A query with small state, or with state that is larger than memory.
#[derive(Clone, Copy)]
enum Case {
    Small(Query),
    Large(Large),
}

impl Case {
    fn all() -> Vec<Case> {
        let small = Query::ALL.into_iter().map(Case::Small);
        small.chain(Large::ALL.into_iter().map(Case::Large)).collect()
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Case::Small(query) => query.fmt(f),
            Case::Large(large) => large.fmt(f),
        }
    }
}

impl FromStr for Case {
    type Err = String;

    fn from_str(name: &str) -> Result<Case, String> {
        let unknown = |error| {
            let large: Vec<_> = Large::ALL.iter().map(Large::to_string).collect();
            format!("{error}, {}", large.join(", "))
        };
        let large = || name.parse().map(Case::Large);
        name.parse().map(Case::Small).or_else(|error| large().map_err(|_| unknown(error)))
    }
}

/// What a run of either side prints.
#[derive(Deserialize)]
struct Report {
    events_per_s: f64,
    checksum: String,
    /// The most resident memory of the process, in MiB.
    rss_mb: f64,
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
    let path = flink::folder().join("results.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    let (mut small, mut large) = match before.find(large::TITLE) {
        Some(at) => (before[..at].to_owned(), before[at..].to_owned()),
        None => (before, String::new()),
    };
    let queries: Vec<Query> = args
        .queries
        .iter()
        .filter_map(|case| if let Case::Small(query) = case { Some(*query) } else { None })
        .filter(|query| engine::find(*query).is_ok())
        .collect();
    let cases: Vec<Large> = args
        .queries
        .iter()
        .filter_map(|case| if let Case::Large(large) = case { Some(*large) } else { None })
        .collect();
    if !queries.is_empty() {
        small = small_section(&queries, args)?;
    }
    if !cases.is_empty() {
        large = large::section(&cases, &large, args)?;
    }
    write("results.md", format!("{}\n\n{large}", small.trim_end()).trim_start())
}

fn write(name: &str, text: &str) -> Result<(), String> {
    let path = flink::folder().join(name);
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// The queries whose state fits in memory: their table, and a plot beside it.
fn small_section(queries: &[Query], args: &Args) -> Result<String, String> {
    let mut table = heading(args);
    print!("{table}");
    let mut ratios = Vec::new();
    for &query in queries {
        let row = measure(query, args)?;
        println!("{}", row.cells());
        table += &row.cells();
        table.push('\n');
        ratios.push((query.to_string(), row.ratio()));
    }
    write("results.svg", &plot::bars(&ratios))?;
    Ok(table)
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
    let mut command = beside("nexmark")?;
    command.args(["--query", query.name(), "--events", &events.to_string()]);
    command.args(["--parallelism", &args.parallelism.to_string()]);
    report(command.args(["--seed", &args.seed.to_string()]))
}

/// Another binary of this package.
fn beside(name: &str) -> Result<Command, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if program.exists() {
        return Ok(Command::new(program));
    }
    Err(format!(
        "{} is missing\nhelp: build all of the package: cargo build --profile fast -p thalweg-bench --features rocksdb",
        program.display()
    ))
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
    format!(
        "# Flink and Thalweg\n\n\
         Nanoseconds per event at parallelism {}, median (spread) of {} turns; less is better. The ratio is that of \
         Thalweg to the better Flink.\n\n{}\n\n\
         | query | Flink | Flink, tuned JVM | Thalweg | ratio |\n|---|---|---|---|---|\n",
        args.parallelism,
        args.rounds,
        versions("heap state"),
    )
}

/// What was measured, and where.
fn versions(state: &str) -> String {
    let first_line = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().next().unwrap_or("unknown").to_owned()
    };
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cpu = cpu.trim_start_matches([' ', '\t', ':']).split('@').next().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "- Apache Flink {}, embedded cluster, {state}, objects reused; {}\n\
         - Thalweg {}, commit {}, profile `fast`; {}\n\
         - {cores} cores, {cpu}",
        flink::VERSION,
        first_line("java", &["-version"]),
        env!("CARGO_PKG_VERSION"),
        first_line("git", &["rev-parse", "--short", "HEAD"]),
        first_line("rustc", &["--version"]),
    )
}
