//! The examples' binaries, run on the data that ships with them, give the answers that other programs computed.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The binary of an example: `cargo test` builds them beside its own.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let folder = test.parent().and_then(Path::parent).unwrap().join("examples");
    let mut command =
        Command::new(folder.join(name).with_extension(std::env::consts::EXE_EXTENSION));
    // Nothing of the caller's environment is an argument.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THALWEG_")) {
        command.env_remove(name);
    }
    command.current_dir(root());
    command
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn data(name: &str) -> String {
    std::fs::read_to_string(root().join("examples/data").join(name)).unwrap()
}

fn output(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

fn sorted<'a>(lines: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable();
    lines
}

/// The rows of all files of a folder, each of which starts with the header.
fn rows(folder: &Path, header: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        if let Some(first) = lines.next() {
            assert_eq!(first, header, "{}", path.display());
        }
        rows.extend(lines.map(str::to_owned));
    }
    rows.sort_unstable();
    rows
}

/// Runs an example over the year's flights as a stream, and as a batch, whose windows fire at its end only.
#[track_caller]
fn answers_of_flights(name: &str) {
    for disorder in ["24h", "1000d"] {
        answers(name, &["--input", "examples/data/flights.csv.gz", "--disorder", disorder]);
    }
}

/// Runs an example that writes CSV, at several parallelisms into the same folder, and compares its rows.
#[track_caller]
fn answers(name: &str, arguments: &[&str]) {
    let expected = data(&format!("expected/{name}.csv"));
    let header = expected.lines().next().unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    for parallelism in ["1", "2", "7"] {
        let mut job = example(name);
        job.args(arguments).args(["--parallelism", parallelism]).arg("--output").arg(&folder);
        output(&mut job);
        let expected = sorted(expected.lines().skip(1));
        assert_eq!(rows(&folder, header), expected, "{arguments:?}, {parallelism} tasks");
    }
}

#[test]
fn flights_per_hour_and_airport_are_counted_at_any_parallelism_and_again() {
    answers_of_flights("hourly_by_origin");
}

#[test]
fn the_busiest_route_of_each_day_is_found() {
    answers_of_flights("busiest_route_per_day");
}

#[test]
fn the_last_hours_of_each_airline_are_counted_every_hour() {
    answers_of_flights("trailing_by_carrier");
}

#[test]
fn the_flights_of_each_plane_are_gathered_into_sessions() {
    answers_of_flights("plane_sessions");
}

#[test]
fn temperatures_are_averaged_every_minute() {
    answers("trailing_average", &[]);
}

#[test]
fn flights_meet_the_weather_of_their_airport() {
    answers_of_flights("departures_with_weather");
}

#[test]
fn sessions_are_audited() {
    answers("session_auditor", &[]);
}

#[test]
fn payments_are_held_against_rules() {
    answers("rule_engine", &[]);
}

#[test]
fn orders_get_the_names_of_their_customers() {
    let printed = output(example("async_enrichment").args(["--orders", "600"]));
    let unknown = printed.lines().filter(|line| line.ends_with(": there is no customer 5"));
    assert_eq!((unknown.count(), printed.lines().count()), (100, 600));
    assert!(printed.lines().any(|line| line == "order 6 is by Ada"));
}

#[test]
fn impressions_are_summed() {
    let expected = data("expected/impressions.csv");
    let printed = output(&mut example("impressions"));
    let rows: Vec<_> = printed.lines().map(row).collect();
    let rows = sorted(rows.iter().map(String::as_str));
    assert_eq!(rows, sorted(expected.lines().skip(1)));
}

/// A printed result as the expected answer has it: region, start of the window, sum.
fn row(line: &str) -> String {
    let behind = |word: &str| line.split_once(word).map_or("", |(_, rest)| rest);
    let number =
        |word: &str| -> String { behind(word).chars().take_while(char::is_ascii_digit).collect() };
    let region = behind("key: \"").split('"').next().unwrap_or("");
    format!("{region},{},{}", number("start: Timestamp("), number("value: "))
}

#[test]
fn error_lines_are_isolated() {
    let log = data("service.log").lines().map(str::to_uppercase).collect::<Vec<_>>();
    let expected = log.iter().map(String::as_str).filter(|line| line.contains("ERROR"));
    let expected = sorted(expected);
    assert_eq!(expected.len(), 510);
    let printed = output(&mut example("error_isolation"));
    assert_eq!(sorted(printed.lines()), expected);
}
