//! Replays recorded cases: `conformance DIR [GROUP]`. Prints each difference, and `N passed, N failed`.

use std::path::Path;
use std::process::ExitCode;

use thalweg_tests::conformance::{Report, cases_of, judge};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        eprintln!("usage: conformance DIR [GROUP]");
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
    print(&report);
    if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(report: &Report) {
    for (_, id, how) in &report.failed {
        println!("{id}: {how}");
    }
    for (group, count) in &report.not_built {
        println!("{group}: {count} skipped (not built)");
    }
    for (name, count) in &report.differ {
        println!("{name}: {count} differ on purpose");
    }
    let differ: usize = report.differ.values().sum();
    let skipped: usize = report.not_built.values().sum();
    println!("{} passed, {} failed", report.passed, report.failed.len());
    println!("{differ} differ on purpose, {skipped} skipped");
}
