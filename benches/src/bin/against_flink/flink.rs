//! Flink: fetched and built by Maven, run as a process per query.

use std::path::PathBuf;
use std::process::Command;

use thalweg_bench::nexmark::Query;

use super::{Args, Report, report};

/// The release that `pom.xml` names.
pub const VERSION: &str = "2.3.0";

/// Packages that Flink looks into by reflection.
const OPENED: &[&str] = &[
    "java.util",
    "java.lang",
    "java.net",
    "java.io",
    "java.nio",
    "java.time",
    "java.util.concurrent",
    "java.util.concurrent.atomic",
    "java.util.concurrent.locks",
    "java.text",
    "java.lang.reflect",
    "sun.nio.ch",
];

/// How the JVM is started.
#[derive(Clone, Copy)]
pub enum Jvm {
    /// With a heap, and otherwise as it comes.
    Default,
    /// For throughput.
    Tuned,
}

/// Where the Java side and the results are.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("compare")
}

/// Fetches Flink and compiles the queries.
pub fn build() -> Result<(), String> {
    let mut command = Command::new("mvn");
    command.args(["-q", "-B", "package"]).current_dir(folder());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("mvn package: {status}")),
        Err(error) => Err(format!(
            "mvn: {error}\nhelp: install Maven and a JDK 17: apt install maven openjdk-17-jdk"
        )),
    }
}

/// Events in all and of the warm-up: as many as take some ten seconds.
fn events(query: Query) -> (u64, u64) {
    let (measured, warm_up) = match query {
        Query::Q0 | Query::Q1 | Query::Q2 => (100_000_000, 60_000_000),
        Query::Kc => (12_000_000, 8_000_000),
        Query::Kcb => (8_000_000, 6_000_000),
        Query::Q5 => (5_000_000, 4_000_000),
        Query::Q7 => (40_000_000, 20_000_000),
        Query::Q8 => (25_000_000, 15_000_000),
        Query::Q11 => (3_000_000, 2_000_000),
    };
    (measured + warm_up, warm_up)
}

/// One measured run.
pub fn run(query: Query, args: &Args, jvm: Jvm) -> Result<Report, String> {
    let (events, warm_up) = events(query);
    let part = |events: u64| events * args.flink_percent / 100;
    start(query, args, jvm, part(events), part(warm_up))
}

/// The answer to the first events.
pub fn answer(query: Query, args: &Args, events: u64) -> Result<String, String> {
    start(query, args, Jvm::Default, events, 0).map(|report| report.checksum)
}

fn start(query: Query, args: &Args, jvm: Jvm, events: u64, warm_up: u64) -> Result<Report, String> {
    let mut command = java(args, "4g");
    if matches!(jvm, Jvm::Tuned) {
        command.args(["-XX:+UseParallelGC", "-XX:+AlwaysPreTouch", "-XX:+UseTransparentHugePages"]);
    }
    let command = main(&mut command, query.name(), args.parallelism);
    report(command.args([events.to_string(), warm_up.to_string()]))
}

/// A JVM with so large a heap, that is yet to be told what to run.
pub fn java(args: &Args, heap: &str) -> Command {
    let mut command = Command::new("java");
    command.current_dir(folder()).args([format!("-Xms{heap}"), format!("-Xmx{heap}")]);
    command
        .args(OPENED.iter().map(|package| format!("--add-opens=java.base/{package}=ALL-UNNAMED")));
    command.args(["-XX:MaxDirectMemorySize=1g", &format!("-Dseed={}", args.seed)]);
    command
}

/// Tells it the query; the numbers of events are still to come.
pub fn main<'a>(java: &'a mut Command, query: &str, parallelism: usize) -> &'a mut Command {
    java.args(["-cp", "target/classes:target/lib/*", "compare.Main", query])
        .arg(parallelism.to_string())
}
