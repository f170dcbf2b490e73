//! `checkpoints`: what a checkpoint directory holds.

use std::time::Duration;

use super::figures::span;
use super::request::Request;
use super::screen::Screen;
use super::{EXIT_FAILED, EXIT_USAGE, opened, print, report};
use crate::checkpoint::manifest::Taken;
use crate::job::ArgumentError;
use crate::task::{ListedCheckpoints, list_checkpoints};
use crate::time::Timestamp;

/// Lists the checkpoints in the directory that the request names.
pub(super) fn list(request: &Request, screen: &Screen) -> u8 {
    let Some(options) = &request.options.checkpoints else {
        return without_directory(screen);
    };
    match opened(list_checkpoints(options), screen) {
        Some(listed) => print(&table(&listed), screen),
        None => EXIT_FAILED,
    }
}

/// Nobody said which job is meant.
pub(super) fn without_directory(screen: &Screen) -> u8 {
    let error = "which job?\nhelp: name its checkpoint directory: --checkpoint-dir DIR";
    report(screen, &ArgumentError::Other(error.to_owned()));
    EXIT_USAGE
}

/// When a checkpoint was triggered, how long it took, and the longest that a task waited for barriers.
fn times(taken: Option<Taken>) -> String {
    let cells = taken.map_or(["-", "-", "-"].map(str::to_owned), |taken| {
        let [took, aligned] =
            [taken.duration_ms, taken.alignment_ms].map(|ms| span(Duration::from_millis(ms)));
        [Timestamp(taken.started_at_ms).to_string(), took, aligned]
    });
    let [started, took, aligned] = cells;
    format!("{started:24}  {took:>9}  {aligned:>9}")
}

/// A line for each checkpoint, the oldest first.
fn table(listed: &ListedCheckpoints) -> String {
    let mut text = format!(
        "{:>8}  {:>8}  {:24}  {:>9}  {:>9}  {:>14}  {:>14}  {}\n",
        "id", "attempt", "started", "took", "aligned", "state bytes", "written", "operators"
    );
    for one in &listed.checkpoints {
        let line = match &one.contents {
            Ok(contents) => format!(
                "{:>8}  {:>8}  {}  {:>14}  {:>14}  {}\n",
                one.id,
                contents.attempt,
                times(contents.taken),
                contents.bytes,
                contents.bytes_written,
                contents.operators.join(", ")
            ),
            Err(error) => format!("{:>8}  cannot be used: {error}\n", one.id),
        };
        text.push_str(&line);
    }
    text.push_str(match (listed.finished, listed.checkpoints.is_empty()) {
        (true, _) => "the job has finished\n",
        (false, true) => "no checkpoint yet: the job would begin afresh\n",
        (false, false) => "the job would go on from the last one\n",
    });
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::{Contents, ListedCheckpoint};

    #[test]
    fn a_line_says_when_and_how_long() {
        let one = |id, taken| {
            let contents = Contents {
                attempt: 2,
                taken,
                bytes: 1000,
                bytes_written: 10,
                operators: vec!["sums (7)".to_owned()],
            };
            ListedCheckpoint { id, contents: Ok(contents) }
        };
        let taken = Taken { started_at_ms: 1_700_000_000_123, duration_ms: 1234, alignment_ms: 56 };
        let checkpoints = vec![one(8, None), one(9, Some(taken))];
        let table = table(&ListedCheckpoints { finished: false, checkpoints });
        let lines: Vec<_> = table.lines().collect();
        let cells = |line: &str| {
            let cells = line.split("  ").map(|cell| cell.trim().to_owned());
            cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
        };
        assert_eq!(cells(lines[1]), ["8", "2", "-", "-", "-", "1000", "10", "sums (7)"]);
        let started = "2023-11-14T22:13:20.123Z";
        assert_eq!(
            cells(lines[2]),
            ["9", "2", started, "1.2 s", "56 ms", "1000", "10", "sums (7)"]
        );
        assert!(lines[1..3].iter().all(|line| line.find("sums") == lines[0].find("operators")));
    }
}
