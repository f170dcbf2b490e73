//! What lies around a job's checkpoints: a machine with its directories and its clock, or what a simulation puts there.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::requests::{RequestLetters, Requests};
use crate::checkpoint::store::{Place, Store, StoreError};
use crate::task::{Clock, SystemClock};
use crate::time::Timestamp;

/// Everything that whoever takes checkpoints asks of the outside.
pub(in crate::task) trait Surroundings: Send + Sync + Debug {
    /// What is at a place, for the one process that writes there.
    ///
    /// # Errors
    /// If it cannot be written.
    fn store(&self, place: &Place) -> Result<Arc<dyn Store>, StoreError>;

    /// What is at a place, for whoever only reads.
    ///
    /// # Errors
    /// If there is no such store.
    fn look(&self, place: &Place) -> Result<Arc<dyn Store>, StoreError>;

    /// What people ask of the job that takes its checkpoints at a place, whose store is this.
    fn requests(&self, place: &Place, store: &Arc<dyn Store>) -> Box<dyn Requests>;

    /// Time that only passes.
    fn now(&self) -> Instant;

    /// The time of day.
    fn timestamp(&self) -> Timestamp;

    /// Lets time pass.
    fn sleep(&self, time: Duration);
}

/// The machine that the process runs on.
#[derive(Debug)]
pub(in crate::task) struct Machine;

impl Surroundings for Machine {
    fn store(&self, place: &Place) -> Result<Arc<dyn Store>, StoreError> {
        place.open()
    }

    fn look(&self, place: &Place) -> Result<Arc<dyn Store>, StoreError> {
        place.look()
    }

    fn requests(&self, place: &Place, store: &Arc<dyn Store>) -> Box<dyn Requests> {
        Box::new(RequestLetters::new(place, store))
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn timestamp(&self) -> Timestamp {
        let clock = SystemClock::default();
        clock.processing_time(clock.now())
    }

    fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
