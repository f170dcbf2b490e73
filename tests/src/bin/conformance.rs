//! Replays recorded cases: `conformance DIR [GROUP]`. Prints each difference, and `N passed, N failed`. With `--all` also
//! those that are meant.

use std::path::Path;
use std::process::ExitCode;

use thalweg_tests::conformance::{Report, cases_of, judge};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.iter().any(|argument| argument == "--all");
    arguments.retain(|argument| argument != "--all");
    let mut arguments = arguments.into_iter();
    let Some(folder) = arguments.next() else {
        eprintln!("usage: conformance DIR [GROUP] [--all]");
        return ExitCode::from(2);
    };
    let only = arguments.next();
    let cases = match cases_of(Path::new(&folder)) {
        Ok(cases) => cases,
        Err(error) => {
            eprintln!("the cases in {folder} cannot be read: {error}");
            return ExitCode::from(2);
        }
    };
    // A case that panics is told by its verdict.
    std::panic::set_hook(Box::new(|_| {}));
    let mut report = Report::default();
    for case in cases.iter().filter(|case| only.as_ref().is_none_or(|only| *only == case.group)) {
        report.add(case, judge(case));
    }
    print(&report, all);
    if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(report: &Report, all: bool) {
    for (_, id, how) in &report.failed {
        println!("{id}: {how}");
    }
    for (group, count) in &report.not_built {
        println!("{group}: {count} skipped (not built)");
    }
    for (name, cases) in &report.differ {
        for (id, how) in cases.iter().filter(|_| all) {
            println!("{name}: {id}: {how}");
        }
        println!("{name}: {} differ on purpose", cases.len());
    }
    let differ: usize = report.differ.values().map(Vec::len).sum();
    let skipped: usize = report.not_built.values().sum();
    println!("{} passed, {} failed", report.passed, report.failed.len());
    println!("{differ} differ on purpose, {skipped} skipped");
}
