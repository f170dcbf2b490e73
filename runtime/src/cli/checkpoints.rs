//! `checkpoints`: what a checkpoint directory holds.

use super::request::Request;
use super::screen::Screen;
use super::{EXIT_FAILED, EXIT_USAGE, opened, print, report};
use crate::job::ArgumentError;
use crate::task::{ListedCheckpoints, list_checkpoints};

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

/// A line for each checkpoint, the oldest first.
fn table(listed: &ListedCheckpoints) -> String {
    let mut text = format!(
        "{:>8}  {:>8}  {:>14}  {:>14}  {}\n",
        "id", "attempt", "state bytes", "written", "operators"
    );
    for one in &listed.checkpoints {
        let line = match &one.contents {
            Ok(contents) => format!(
                "{:>8}  {:>8}  {:>14}  {:>14}  {}\n",
                one.id,
                contents.attempt,
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
