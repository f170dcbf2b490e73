//! Files in, files out, through compiler and engine: good input, bad input, and what is left behind.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use thalweg::job::{Arguments, Definition, Given, Origin};
use thalweg::plan::Plan;
use thalweg::prelude::*;
use thalweg::task::{Control, Options, Summary, run};

#[record]
struct Flight {
    origin: String,
    dep_delay: Option<i64>,
}

#[record]
struct Late {
    origin: String,
    minutes: i64,
}

#[pipeline]
fn late_flights(input: String, output: String) {
    let flights: Stream<Flight> = source(files(&input).csv().nulls(["NA"]));
    flights
        .filter_map(|flight| {
            let minutes = flight.dep_delay.filter(|&minutes| minutes > 0)?;
            Some(LateWith { origin: flight.origin, minutes })
        })
        .sink(files(&output).csv());
}

#[pipeline]
fn late_flights_skip(input: String, output: String) {
    let flights: Stream<Flight> = source(files(&input).csv().nulls(["NA"]).or_skip());
    flights.map(|flight| flight.origin).sink(files(&output).text());
}

#[pipeline]
fn late_flights_side(input: String, output: String) {
    let bad = side();
    let flights: Stream<Flight> = source(files(&input).csv().nulls(["NA"]).errors_to(bad));
    flights.sink(discard());
    bad.map(|failed| format!("{}|{}|{}", failed.record, failed.error, failed.operator))
        .sink(files(&output).text());
}

#[pipeline]
fn errors(input: String, output: String) {
    source(files(&input).text())
        .filter(|line| line.contains("ERROR"))
        .rebalance()
        .sink(files(&output).json());
}

fn run_with(
    definition: Definition,
    parallelism: usize,
    input: &Path,
    output: &Path,
) -> Result<Summary, String> {
    let text = |path: &Path| Given::one(path.to_str().unwrap(), Origin::Default);
    let given = [("input".to_owned(), text(input)), ("output".to_owned(), text(output))];
    let given = BTreeMap::from(given);
    let mut arguments = Arguments::collect(&definition.flat_parameters(), &[given]).unwrap();
    let mut plan = Plan::default();
    (definition.build)(&mut plan, &mut arguments).unwrap();
    let options = Options { parallelism, ..Options::default() };
    run(plan, &options, &Control::default()).map_err(|error| error.to_string())
}

/// The lines of all parts, sorted; nothing but parts may be there.
fn results(output: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(output).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.file_name().unwrap().to_str().unwrap().starts_with("part-"), "{path:?}");
        lines.extend(fs::read_to_string(path).unwrap().lines().map(str::to_owned));
    }
    lines.sort();
    lines
}

const FLIGHTS: &str =
    "year,dep_delay,origin\n2013,2,EWR\n2013,NA,LGA\n2013,-4,JFK\n2013,33,\"L,A\"\n";
const BAD: &str = "dep_delay,origin\n2,EWR\nlate,LGA\n3\n4,JFK\n";

#[test]
fn csv_becomes_csv_at_any_parallelism() {
    for parallelism in [1, 2, 7] {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (folder.path().join("in"), folder.path().join("out"));
        fs::create_dir(&input).unwrap();
        fs::write(input.join("a.csv"), FLIGHTS).unwrap();
        fs::write(input.join("b.csv"), "origin,dep_delay\nSFO,5\n").unwrap();
        run_with(late_flights(), parallelism, &input, &output).unwrap();
        let mut lines = results(&output);
        lines.retain(|line| line != "origin,minutes");
        assert_eq!(lines, ["\"L,A\",33", "EWR,2", "SFO,5"]);
    }
}

#[test]
fn text_becomes_json_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("app.log"), folder.path().join("out"));
    let line = |i: usize| {
        format!("{i:05} {} \"disk\"\r\n", if i.is_multiple_of(3) { "ERROR" } else { "INFO" })
    };
    fs::write(&input, (0..30_000).map(line).collect::<String>()).unwrap();
    run_with(errors(), 2, &input, &output).unwrap();
    let lines = results(&output);
    assert_eq!(lines.len(), 10_000);
    assert_eq!(lines[1], "\"00003 ERROR \\\"disk\\\"\"");
}

#[test]
fn a_bad_line_fails_the_job_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("bad.csv"), folder.path().join("out"));
    fs::write(&input, BAD).unwrap();
    let error = run_with(late_flights(), 1, &input, &output).map(drop).unwrap_err();
    assert!(error.contains(&format!("{}:3", input.display())), "{error}");
    assert!(error.contains("column `dep_delay`: `late`: invalid digit found in string"), "{error}");
    assert_eq!(results(&output), [""; 0]);
}

#[test]
fn bad_lines_are_left_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("bad.csv"), folder.path().join("out"));
    fs::write(&input, BAD).unwrap();
    let summary = run_with(late_flights_skip(), 1, &input, &output).unwrap();
    assert_eq!(summary.metrics.chains.iter().map(|chain| chain.skipped).sum::<u64>(), 2);
    assert_eq!(results(&output), ["EWR", "JFK"]);
}

#[test]
fn bad_lines_go_to_a_side_with_place_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("bad.csv"), folder.path().join("out"));
    fs::write(&input, BAD).unwrap();
    run_with(late_flights_side(), 2, &input, &output).unwrap();
    let lines = results(&output);
    let ends = [
        ("3|1 fields, where the header has 2|", "bad.csv:4"),
        ("late,LGA|column `dep_delay`: `late`: invalid digit found in string|", "bad.csv:3"),
    ];
    assert_eq!(lines.len(), ends.len(), "{lines:?}");
    for (line, (start, end)) in lines.iter().zip(ends) {
        assert!(line.starts_with(start) && line.ends_with(end), "{line}");
    }
}

#[test]
fn missing_input_and_used_output_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("a.csv"), folder.path().join("out"));
    let error = run_with(late_flights(), 1, &input, &output).map(drop).unwrap_err();
    assert!(error.contains("there is no file `"), "{error}");
    fs::write(&input, FLIGHTS).unwrap();
    run_with(late_flights(), 1, &input, &output).unwrap();
    let error = run_with(late_flights(), 1, &input, &output).map(drop).unwrap_err();
    assert!(error.contains("already holds parts of an earlier run: part-0-0.csv"), "{error}");
    assert_eq!(results(&output).len(), 3);
}
