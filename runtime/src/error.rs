//! Why a job did not run, or ended before its end.

use std::error::Error;
use std::fmt;

pub use crate::checkpoint::CheckpointError;
use crate::plan::PlanError;
pub use crate::state::DiskError;
use crate::task::Failure;
pub use crate::task::Severity;

/// A job did not run, or ended before its end.
///
/// It is displayed in one line with its causes, and a second one, if there is something to try.
#[derive(Debug)]
pub enum JobError {
    /// The plan cannot be run.
    Plan(PlanError),
    /// A thread could not be started.
    Thread(std::io::Error),
    /// A resource could not be opened.
    Resource(Failure),
    /// Checkpoints cannot be taken, or be gone on from.
    Checkpoints(CheckpointError),
    /// There is no place for state on disk.
    State(DiskError),
    /// The engine itself failed.
    Slot {
        /// The slot's number, from 0.
        slot: usize,
        /// What failed.
        failure: Failure,
    },
    /// A task failed.
    Task {
        /// The chain's operators: `source → filter → key_by`.
        chain: String,
        /// The task's number, from 0.
        task: usize,
        /// How many tasks the chain has.
        parallelism: usize,
        /// What failed.
        failure: Failure,
    },
}

impl JobError {
    /// What is to be done about it.
    pub fn severity(&self) -> Severity {
        match self {
            JobError::Plan(_) | JobError::Slot { .. } => Severity::FailJob,
            JobError::Thread(_) | JobError::Resource(_) | JobError::State(_) => Severity::Retry,
            JobError::Checkpoints(error) if error.is_transient() => Severity::Retry,
            JobError::Checkpoints(_) => Severity::FailJob,
            JobError::Task { failure, .. } => failure.severity(),
        }
    }
}

impl From<PlanError> for JobError {
    fn from(error: PlanError) -> JobError {
        JobError::Plan(error)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JobError::Plan(error) => write!(out, "{error}"),
            JobError::Checkpoints(error) => write!(out, "{error}"),
            JobError::State(error) => write!(out, "{error}"),
            JobError::Thread(error) => write!(
                out,
                "cannot start a thread: {error}\nhelp: lower the parallelism or raise the limit of threads"
            ),
            JobError::Resource(failure) => write!(out, "{failure}"),
            JobError::Slot { slot, failure } => write!(
                out,
                "slot {slot}: {failure}\nhelp: this is a defect of the engine, please report it"
            ),
            JobError::Task { chain, task, parallelism, failure } => {
                let (causes, help) = in_one_line(failure.cause());
                if let Some(operator) = failure.operator() {
                    write!(out, "{operator}: ")?;
                }
                write!(out, "{causes} (")?;
                if let Some(position) = failure.position() {
                    write!(out, "{position}; ")?;
                }
                write!(out, "task {} of {parallelism} of `{chain}`)", task + 1)?;
                help.map_or(Ok(()), |help| write!(out, "\nhelp: {help}"))
            }
        }
    }
}

impl Error for JobError {}

/// An error and its causes in one line, and what the first one says to try.
fn in_one_line(error: &(dyn Error + 'static)) -> (String, Option<String>) {
    let mut line = String::new();
    let mut help = None;
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        let (what, how) = match text.split_once("\nhelp: ") {
            Some((what, how)) => (what, Some(how)),
            None => (text.as_str(), None),
        };
        help = help.or(how.map(str::to_owned));
        // Some errors repeat their cause in their own text.
        if !line.contains(what) {
            if !line.is_empty() {
                line.push_str(": ");
            }
            line.push_str(&what.replace('\n', " "));
        }
        next = error.source();
    }
    (line, help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::SourceError;

    #[test]
    fn job_error_is_one_line_with_causes_and_a_line_of_help() {
        let cause = std::io::Error::new(std::io::ErrorKind::NotFound, "no such file");
        let source = SourceError::new("cannot open flights.csv", "check the path").because(cause);
        let failure = Failure::new(source);
        let chain = "files → filter".to_owned();
        let error = JobError::Task { chain, task: 1, parallelism: 4, failure };
        assert_eq!(
            error.to_string(),
            "cannot open flights.csv: no such file (task 2 of 4 of `files → filter`)\nhelp: check the path"
        );
        assert_eq!(error.severity(), Severity::Retry);
    }

    #[test]
    fn position_and_operator_are_told() {
        let failure = Failure::of_operator("try_map at src/main.rs:3", "no number");
        let failure = failure.at(|| "flights.csv:17".to_owned());
        let error =
            JobError::Task { chain: "a → b".to_owned(), task: 0, parallelism: 1, failure };
        assert_eq!(
            error.to_string(),
            "try_map at src/main.rs:3: no number (flights.csv:17; task 1 of 1 of `a → b`)"
        );
        assert_eq!(error.severity(), Severity::FailTask);
    }
}
