//! What an attempt goes on from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::snapshot::{Checkpoints, SplitSnapshot};
use crate::state::Saved;
use crate::time::Timestamp;

/// What an attempt of a job has to do with checkpoints.
#[derive(Clone, Default)]
pub(crate) struct Recovery {
    /// Those that it takes, if it takes any.
    pub(crate) checkpoints: Option<Arc<Checkpoints>>,
    /// The one that it goes on from, if it does not begin afresh.
    pub(crate) restored: Option<Arc<Restored>>,
}

/// What a checkpoint holds, by names that outlive the program.
#[derive(Default)]
pub(crate) struct Restored {
    /// By id.
    pub(crate) states: BTreeMap<String, RestoredState>,
    /// The splits of each source that were not read to their end, in a fixed order.
    pub(crate) sources: BTreeMap<String, Vec<SplitSnapshot>>,
}

/// What a state had, in all tasks.
pub(crate) struct RestoredState {
    pub(crate) saved: Arc<dyn Saved + Send + Sync>,
    /// How far the operator's time was: the greatest of its tasks.
    pub(crate) watermark: Timestamp,
}
