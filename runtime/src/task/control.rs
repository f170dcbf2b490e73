//! Stopping jobs from outside.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::job::Job;

/// Stops the jobs that were started with it. Clones are the same control; what was asked for before a job starts holds
/// for that job too.
#[derive(Clone, Debug, Default)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// 0: nothing, 1: stop, 2: abort.
    asked: AtomicU8,
    jobs: Mutex<Vec<Weak<Job>>>,
}

impl Control {
    /// A control that no job was started with yet.
    pub fn new() -> Control {
        Control::default()
    }

    /// Sources stop at a record boundary, what is in flight is processed, sinks make visible what they wrote. Windows
    /// that are not complete do not fire.
    pub fn stop(&self) {
        self.shared.asked.fetch_max(1, Ordering::SeqCst);
        self.tell();
    }

    /// Tasks end after their current turn; sinks leave nothing under a final name.
    pub fn abort(&self) {
        self.shared.asked.fetch_max(2, Ordering::SeqCst);
        self.tell();
    }

    /// Waits for so long; false if it was asked to stop or abort meanwhile.
    pub(crate) fn pause(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        while self.shared.asked.load(Ordering::SeqCst) == 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(Duration::from_millis(20)));
        }
        false
    }

    pub(crate) fn adopt(&self, job: &Arc<Job>) {
        let mut jobs = self.shared.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|job| job.strong_count() > 0);
        jobs.push(Arc::downgrade(job));
        drop(jobs);
        self.tell();
    }

    fn tell(&self) {
        let jobs = self.shared.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        for job in jobs.iter().filter_map(Weak::upgrade) {
            match self.shared.asked.load(Ordering::SeqCst) {
                0 => {}
                1 => job.stop(),
                _ => job.abort(),
            }
        }
    }
}
