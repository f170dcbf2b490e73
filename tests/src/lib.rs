//! What the tests share: fragments that they call from another crate, and recorded cases with their replay.

pub mod conformance;
pub mod oracle;
pub mod simulation;

use std::num::ParseIntError;

use thalweg::prelude::*;

/// Private to this crate: a fragment's body sees it wherever the fragment is called.
fn parse(text: &str) -> Result<u64, ParseIntError> {
    text.trim().parse()
}

/// The numbers among the lines that `keep` lets pass; the others go to `bad`.
#[operator]
pub fn numbers(
    lines: Stream<String>,
    bad: Side<Failed<String>>,
    keep: impl Fn(&str) -> bool,
) -> Stream<u64> {
    lines.filter(keep).try_map(parse).errors_to(bad)
}

/// How often each number came so far, with an exchange inside.
#[operator]
pub fn tally(numbers: Stream<u64>, modulus: u64) -> Stream<(u64, u64)> {
    let reduced = numbers.map(|n| n % modulus);
    reduced.key_by(|n| n).count().map(|count| (count.key, count.value))
}

/// One fragment calls another.
#[operator]
pub fn tally_lines(lines: Stream<String>, bad: Side<Failed<String>>) -> Stream<(u64, u64)> {
    let numbers = numbers(lines, bad, |line: &str| !line.is_empty());
    tally(numbers, 10).filter(|(_, count)| count > 1)
}

/// Event time goes through a fragment.
#[operator]
pub fn per_second(times: Timed<u64>) -> Stream<(u64, u64)> {
    times.key_by(|n| n % 2).window(tumbling(secs(1))).count().map(|w| (w.key, w.value))
}

/// What was wrong with each line that failed.
#[operator]
pub fn reasons(failed: Stream<Failed<String>>) -> Stream<String> {
    failed.map(|failed| failed.error)
}

/// A keyed stream keeps its key in a fragment.
#[operator]
pub fn totals(lines: Keyed<u64, String>) -> Stream<(u64, u64)> {
    lines.sum(|line| line.len() as u64).map(|sum| (sum.key, sum.value))
}

/// A process function in a fragment, with a side of the caller's: every third line of a key.
#[operator]
pub fn thirds(lines: Keyed<u64, String>, empty: Side<u64>) -> Stream<(u64, String)> {
    lines
        .process(|| 0u64)
        .on_event(|n, line, cx| {
            *n += 1;
            if line.is_empty() {
                cx.emit_to(empty, cx.key());
            }
            if *n % 3 == 0 {
                cx.emit((cx.key(), line));
            }
        })
        .on_end(|n, cx| cx.emit((cx.key(), format!("{n} lines"))))
}
