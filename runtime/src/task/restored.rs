//! What an attempt goes on from.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::snapshot::{Checkpoints, Connector, Parameters, SplitSnapshot};
use crate::state::{LoadError, Loader, Saved, State};
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
    /// What sources read and sinks wrote.
    pub(crate) parameters: Parameters,
}

/// A run reads or writes something else than the one that it would go on from.
#[derive(Debug, thiserror::Error)]
#[error(
    "the {what} `{name}` is not the one that the checkpoint was taken with\n  checkpoint: {saved}\n  now:        {now}\nhelp: start the job as before, or begin anew with --fresh"
)]
pub(crate) struct AnotherConnector {
    what: &'static str,
    name: String,
    saved: String,
    now: String,
}

impl Recovery {
    /// Takes note of a connector, and compares it with what the attempt goes on from.
    pub(crate) fn describe(
        &self,
        connector: Connector,
        name: &str,
        now: String,
    ) -> Result<(), AnotherConnector> {
        let place = (connector, name.to_owned());
        let saved = self.restored.as_ref().and_then(|restored| restored.parameters.get(&place));
        if let Some(saved) = saved.filter(|saved| **saved != now) {
            let what = if connector == Connector::Source { "source" } else { "sink" };
            let (name, saved) = (name.to_owned(), saved.clone());
            return Err(AnotherConnector { what, name, saved, now });
        }
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.describe(connector, name, now);
        }
        Ok(())
    }
}

/// What a state had, in all tasks.
pub(crate) struct RestoredState {
    /// See [`State::meaning`].
    pub(crate) meaning: String,
    pub(crate) saved: Arc<dyn Saved + Send + Sync>,
    /// How far the operator's time was: the greatest of its tasks.
    pub(crate) watermark: Timestamp,
}

impl RestoredState {
    /// Gives a state of one task its part, if it is what that keeps.
    ///
    /// # Errors
    /// If it is another operator's, of a layout that cannot be migrated, or cannot be read.
    pub(crate) fn give_to(
        &self,
        state: &mut dyn State,
        hashes: RangeInclusive<u64>,
        processing_time: Timestamp,
    ) -> Result<(), LoadError> {
        let now = state.meaning();
        if self.meaning != now && !cfg!(bug_29) {
            return Err(LoadError::Meaning { saved: self.meaning.clone(), now });
        }
        state.load(&Loader::new(&*self.saved, hashes, self.watermark, processing_time))
    }
}
