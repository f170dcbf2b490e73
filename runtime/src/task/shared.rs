//! What the tasks of a process share from the job's beginning to its end, over all attempts.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::asynchronous::AsyncRuntime;
use super::state_options::StateOptions;
use crate::state::{DiskError, Spill};

/// What they share.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    /// Where futures run.
    pub(crate) runtime: Arc<AsyncRuntime>,
    /// Where state goes that has no room in memory, if it may be more than that.
    pub(crate) spill: Option<Arc<Spill>>,
    /// Bytes that the state of a task may have when it is saved, if there is a bound.
    pub(crate) most: Option<usize>,
}

impl Shared {
    /// A runtime that was given, or else one of its own; and state where the options say.
    ///
    /// # Errors
    /// If there is no place for state on disk.
    pub(crate) fn new(runtime: Option<Handle>, state: &StateOptions) -> Result<Shared, DiskError> {
        let (spill, most) = (state.open()?, state.most());
        Ok(Shared { runtime: Arc::new(AsyncRuntime::new(runtime)), spill, most })
    }
}
