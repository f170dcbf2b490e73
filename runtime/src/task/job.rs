//! What all tasks of a running job share.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::Signal;
use super::snapshot::Checkpoints;
use crate::error::JobError;

const RUNNING: u8 = 0;
const STOPPING: u8 = 1;
const ABORTING: u8 = 2;

/// State of a job, and the bells of its slots.
#[derive(Debug)]
pub(crate) struct Job {
    state: AtomicU8,
    /// Tasks whose input has ended and whose output is written: their sinks finish when all are that far, so that a
    /// failure of any task leaves nothing behind under a final name.
    waiting: AtomicUsize,
    /// Tasks that were opened.
    open: AtomicUsize,
    tasks: usize,
    signals: Vec<Arc<Signal>>,
    /// Its checkpoints, if it takes any.
    pub(crate) checkpoints: Option<Arc<Checkpoints>>,
    failure: Mutex<Option<JobError>>,
    reader_gone: AtomicBool,
}

impl Job {
    pub(crate) fn new(
        tasks: usize,
        signals: Vec<Arc<Signal>>,
        checkpoints: Option<Arc<Checkpoints>>,
    ) -> Job {
        Job {
            state: AtomicU8::new(RUNNING),
            waiting: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            tasks,
            signals,
            checkpoints,
            failure: Mutex::new(None),
            reader_gone: AtomicBool::new(false),
        }
    }

    /// Sources stop at a record boundary, the rest goes on to its end.
    pub(crate) fn stop(&self) {
        self.raise(STOPPING);
    }

    /// Everything ends as soon as it can.
    pub(crate) fn abort(&self) {
        self.raise(ABORTING);
    }

    /// Ends the job; the first failure is the one that is told.
    pub(crate) fn fail(&self, error: JobError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        drop(failure);
        self.abort();
    }

    /// Ends the job because nobody reads its output any more.
    pub(crate) fn reader_has_gone(&self) {
        self.reader_gone.store(true, Ordering::Relaxed);
        self.abort();
    }

    pub(crate) fn is_reader_gone(&self) -> bool {
        self.reader_gone.load(Ordering::Relaxed)
    }

    pub(crate) fn take_failure(&self) -> Option<JobError> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.state.load(Ordering::Relaxed) >= STOPPING
    }

    pub(crate) fn is_aborting(&self) -> bool {
        self.state.load(Ordering::Relaxed) == ABORTING
    }

    /// A task has nothing left to do but to finish.
    pub(crate) fn task_waits(&self) {
        if self.waiting.fetch_add(1, Ordering::AcqRel) + 1 == self.tasks {
            self.wake();
        }
    }

    /// A task takes input.
    pub(crate) fn task_is_open(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// True if all tasks took input, so that what went wrong is not how the job was started.
    pub(crate) fn was_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) == self.tasks
    }

    /// True if all tasks have processed everything.
    pub(crate) fn all_wait(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == self.tasks
    }

    /// True if all tasks have processed everything and, where there are checkpoints, the last one is complete.
    pub(crate) fn may_finish(&self) -> bool {
        let is_complete = |checkpoints: &Arc<Checkpoints>| checkpoints.is_finished();
        self.all_wait() && self.checkpoints.as_ref().is_none_or(is_complete)
    }

    fn raise(&self, state: u8) {
        self.state.fetch_max(state, Ordering::Relaxed);
        self.wake();
    }

    /// Wakes all slots.
    pub(crate) fn wake(&self) {
        for signal in &self.signals {
            signal.wake();
        }
    }
}
