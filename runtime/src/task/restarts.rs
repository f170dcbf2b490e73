//! Whether and when a job that failed is started again.

use std::time::Duration;

use crate::error::JobError;
use crate::task::Severity;

/// Counts failures in a row.
#[derive(Debug)]
pub(super) struct Restarts {
    /// Restarts after failures in a row, at most.
    most: u32,
    failures: u32,
    /// Part of each pause, so that jobs that failed together do not come back together: up to 199, for a fifth.
    jitter: u32,
    /// The record at which it failed last, and how often in a row.
    poison: Option<(String, u32)>,
    /// An attempt was open, once.
    has_run: bool,
}

impl Restarts {
    const FIRST_PAUSE: Duration = Duration::from_millis(100);
    const LONGEST_PAUSE: Duration = Duration::from_secs(30);
    /// An attempt that lasted as long was healthy: failures are counted anew.
    const HEALTHY: Duration = Duration::from_secs(600);
    /// A record at which as many attempts in a row fail will not do better.
    const POISON: u32 = 3;

    pub(super) fn new(most: u32, jitter: u64) -> Restarts {
        Restarts { most, failures: 0, jitter: (jitter % 200) as u32, poison: None, has_run: false }
    }

    /// Whether any attempt was open, this one included.
    pub(super) fn has_run(&mut self, was_open: bool) -> bool {
        self.has_run |= was_open;
        self.has_run
    }

    /// How long to wait until the next attempt, after one that lasted so long; none if there should be no other.
    pub(super) fn after(&mut self, error: &JobError, lasted: Duration) -> Option<Duration> {
        if lasted >= Self::HEALTHY {
            self.failures = 0;
        }
        self.failures += 1;
        let poisoned = self.is_poisoned(error);
        if error.severity() == Severity::FailJob || self.failures > self.most || poisoned {
            return None;
        }
        let doublings = (self.failures - 1).min(16);
        let pause = (Self::FIRST_PAUSE * (1 << doublings)).min(Self::LONGEST_PAUSE);
        Some(pause.mul_f64(1.0 + f64::from(self.jitter) / 1000.0))
    }

    fn is_poisoned(&mut self, error: &JobError) -> bool {
        let JobError::Task { failure, .. } = error else { return false };
        let Some(record) = failure.record() else { return false };
        let times = match &self.poison {
            Some((same, times)) if same == record => times + 1,
            _ => 1,
        };
        self.poison = Some((record.to_owned(), times));
        times >= Self::POISON
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Failure;

    fn failed(position: Option<&str>) -> JobError {
        let failure = Failure::new("no");
        let failure = match position {
            Some(position) => failure.at(|| position.to_owned()),
            None => failure,
        };
        JobError::Task { chain: "a".to_owned(), task: 0, parallelism: 1, failure }
    }

    #[test]
    fn pauses_double_and_end() {
        let mut restarts = Restarts::new(3, 77);
        let soon = Duration::from_secs(1);
        for least in [100, 200, 400] {
            let pause = restarts.after(&failed(None), soon).unwrap().as_millis();
            assert!((least..=least * 6 / 5).contains(&pause), "{pause} ms");
        }
        assert_eq!(restarts.after(&failed(None), soon), None);
        assert!(restarts.after(&failed(None), Duration::from_secs(601)).is_some(), "counted anew");
    }

    #[test]
    fn a_record_is_known_again_in_another_batch() {
        let failed = |index: u32, time: Option<&str>| {
            let position = format!("record {index} of a batch");
            let failure = Failure::new("no").at_passing(position, time.map(str::to_owned));
            JobError::Task { chain: "a".to_owned(), task: 0, parallelism: 1, failure }
        };
        let mut restarts = Restarts::new(100, 199);
        for index in [1, 7, 4, 2] {
            // Of which record there is nothing to tell but its place in a batch.
            assert!(restarts.after(&failed(index, None), Duration::ZERO).is_some());
        }
        for index in [3, 9] {
            assert!(restarts.after(&failed(index, Some("at 5")), Duration::ZERO).is_some());
        }
        assert_eq!(restarts.after(&failed(1, Some("at 5")), Duration::ZERO), None);
    }

    #[test]
    fn a_record_that_always_fails_ends_the_job() {
        let mut restarts = Restarts::new(100, 199);
        for position in ["a:1", "a:2", "a:2"] {
            assert!(restarts.after(&failed(Some(position)), Duration::ZERO).is_some());
        }
        assert_eq!(restarts.after(&failed(Some("a:2")), Duration::ZERO), None);
    }
}
