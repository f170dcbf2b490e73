//! What follows an attempt that has ended, or that could not be begun.

use std::time::Duration;

use super::Ending;
use crate::checkpoint::CheckpointError;
use crate::error::JobError;
use crate::task::checkpointing::Leader;
use crate::task::job::Job;
use crate::task::restarts::Restarts;

/// What follows an attempt.
pub(in crate::task) enum Next {
    /// The job has ended.
    End(Result<Ending, JobError>),
    /// Another attempt, after a pause; the error says why.
    Again { leader: Box<Leader>, pause: Duration, error: JobError },
}

/// Decides what follows an attempt that lasted so long. Without a leader there are no checkpoints, thus no other one.
pub(in crate::task) fn follow(
    (job, lasted): (&Job, Duration),
    ended: Result<Ending, JobError>,
    leader: Option<Leader>,
    restarts: &mut Restarts,
) -> Next {
    let (error, mut leader) = match (ended, leader) {
        (Err(error), Some(leader)) => (error, leader),
        (ended, _) => return Next::End(ended),
    };
    if leader.is_finished() {
        // All of its output is visible, or never will be: a sink has failed behind the last checkpoint.
        return Next::End(Err(error));
    }
    let has_run = restarts.has_run(job.was_open());
    if !job.was_open() {
        if leader.distrust(&error) {
            // There is an older checkpoint.
            return Next::Again { leader: Box::new(leader), pause: Duration::ZERO, error };
        }
        // What is wrong with how it was started stays wrong. Once it ran, it may be a server that is away.
        if !has_run {
            return Next::End(Err(error));
        }
    }
    again(Box::new(leader), error, lasted, restarts)
}

/// Decides what follows an attempt that could not be begun: the store of a job that has run may be away for a while.
pub(in crate::task) fn follow_none(
    leader: Box<Leader>,
    error: CheckpointError,
    restarts: &mut Restarts,
) -> Next {
    let error = JobError::Checkpoints(error);
    if !restarts.has_run(false) {
        return Next::End(Err(error));
    }
    again(leader, error, Duration::ZERO, restarts)
}

/// Another attempt after this error, if it is worth one and there were not too many in a row.
fn again(leader: Box<Leader>, error: JobError, lasted: Duration, restarts: &mut Restarts) -> Next {
    match restarts.after(&error, lasted) {
        Some(pause) => {
            let pause_ms = pause.as_millis() as u64;
            tracing::error!(%error, pause_ms, "restarting from the last checkpoint");
            Next::Again { leader, pause, error }
        }
        None => Next::End(Err(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::store::{Fault, StoreError};
    use crate::checkpoint::{CheckpointError, Reason};
    use crate::task::CheckpointOptions;
    use crate::task::checkpointing::{Begin, Machine};

    fn leader(folder: &tempfile::TempDir) -> Box<Leader> {
        let options = CheckpointOptions::new(folder.path().to_str().unwrap());
        match Leader::begin(&options, std::sync::Arc::new(Machine)).unwrap() {
            Begin::Lead(leader) => leader,
            Begin::Finished => panic!("it has not finished"),
        }
    }

    fn away() -> CheckpointError {
        StoreError::new(Fault::Unreachable, "read", "s3://bucket/job").into()
    }

    /// How long it is waited, try by try, for a store that does not come back.
    fn pauses(error: impl Fn() -> CheckpointError, has_run: bool) -> Vec<u128> {
        let folder = tempfile::tempdir().unwrap();
        let (mut restarts, mut pauses) = (Restarts::new(3, 0), Vec::new());
        restarts.has_run(has_run);
        let mut leader = leader(&folder);
        loop {
            leader = match follow_none(leader, error(), &mut restarts) {
                Next::Again { leader, pause, .. } => {
                    pauses.push(pause.as_millis());
                    leader
                }
                Next::End(ended) => {
                    assert_eq!(ended.unwrap_err().to_string(), error().to_string());
                    return pauses;
                }
            };
        }
    }

    #[test]
    fn a_store_that_is_away_at_a_restart_counts_as_a_failure_of_the_job() {
        assert_eq!(pauses(away, true), [100, 200, 400]);
        assert_eq!(pauses(|| Reason::Unsettled.into(), true), [100, 200, 400]);
        assert_eq!(pauses(away, false), [0; 0], "it was never there");
        assert_eq!(pauses(|| Reason::Deposed.into(), true), [0; 0], "another process leads");
    }
}
