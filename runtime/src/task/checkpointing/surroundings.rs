//! What lies around a job's checkpoints: a machine with its directories and its clock, or what a simulation puts there.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::requests::{RequestFiles, Requests};
use crate::checkpoint::store::local::LocalStore;
use crate::checkpoint::store::{Store, StoreError};

/// Everything that whoever takes checkpoints asks of the outside.
pub(in crate::task) trait Surroundings: Send + Sync + Debug {
    /// What is in a directory, for the one process that writes there.
    ///
    /// # Errors
    /// If it cannot be written.
    fn store(&self, dir: &Path) -> Result<Arc<dyn Store>, StoreError>;

    /// What is in a directory, for whoever only reads.
    fn look(&self, dir: &Path) -> Arc<dyn Store>;

    /// What people ask of the job that takes its checkpoints in a directory.
    fn requests(&self, dir: &Path) -> Box<dyn Requests>;

    /// Time that only passes.
    fn now(&self) -> Instant;

    /// Lets time pass.
    fn sleep(&self, time: Duration);
}

/// The machine that the process runs on.
#[derive(Debug)]
pub(in crate::task) struct Machine;

impl Surroundings for Machine {
    fn store(&self, dir: &Path) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(LocalStore::open(dir)?))
    }

    fn look(&self, dir: &Path) -> Arc<dyn Store> {
        Arc::new(LocalStore::look(dir))
    }

    fn requests(&self, dir: &Path) -> Box<dyn Requests> {
        Box::new(RequestFiles::new(dir))
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
