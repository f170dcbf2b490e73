//! What is seen of a job's checkpoints: counts, and the figures of the last one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What was counted of a job's checkpoints since it was started, restarts included.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CheckpointMetrics {
    /// How many are complete: of those that the job can be restored from, not of savepoints.
    pub completed: u64,
    /// How many were given up, savepoints among them.
    pub failed: u64,
    /// The last one that is complete.
    pub last: Option<CompletedCheckpoint>,
}

/// The figures of one checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompletedCheckpoint {
    /// Its number.
    pub id: u64,
    /// From its beginning until it was the truth.
    pub took: Duration,
    /// Bytes of state that it holds.
    pub bytes: u64,
    /// Bytes of state that were written for it: fewer, if it is increments on earlier ones.
    pub bytes_written: u64,
    /// How long the slowest task waited for the last of a barrier's channels behind the first.
    pub alignment: Duration,
}

/// Where whoever takes checkpoints tells of them. Clones are the same.
#[derive(Clone, Default, Debug)]
pub(crate) struct CheckpointLog(Arc<Mutex<CheckpointMetrics>>);

impl CheckpointLog {
    /// Takes note of a checkpoint; false if it is known.
    pub(crate) fn completed(&self, last: CompletedCheckpoint) -> bool {
        self.change(|metrics| {
            let is_new = metrics.last.as_ref().is_none_or(|known| known.id < last.id);
            if is_new {
                metrics.completed += 1;
                metrics.last = Some(last);
            }
            is_new
        })
    }

    /// Answers how many have failed with this one.
    pub(crate) fn failed(&self) -> u64 {
        self.change(|metrics| {
            metrics.failed += 1;
            metrics.failed
        })
    }

    pub(crate) fn metrics(&self) -> CheckpointMetrics {
        self.change(|metrics| metrics.clone())
    }

    fn change<R>(&self, change: impl FnOnce(&mut CheckpointMetrics) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever takes checkpoints says that one is complete until all tasks have confirmed it.
    #[test]
    fn a_checkpoint_counts_once_however_often_it_is_told() {
        let log = CheckpointLog::default();
        let of = |id| CompletedCheckpoint {
            id,
            took: Duration::from_millis(id),
            bytes: 7,
            bytes_written: 7,
            alignment: Duration::ZERO,
        };
        let told = [1, 1, 4, 4, 5].map(|id| log.completed(of(id)));
        assert_eq!(told, [true, false, true, false, true]);
        assert_eq!((log.failed(), log.failed()), (1, 2));
        let expected = CheckpointMetrics { completed: 3, failed: 2, last: Some(of(5)) };
        assert_eq!(log.metrics(), expected);
    }
}
