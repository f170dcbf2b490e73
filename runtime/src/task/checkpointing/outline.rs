//! A job as its checkpoints know it.

use super::fit::{From, fit};
use crate::checkpoint::manifest::Manifest;
use crate::checkpoint::{CheckpointError, Reason};
use crate::error::JobError;
use crate::task::CheckpointOptions;
use crate::task::survey::Survey;

/// What a job is called, and what it consists of.
pub(in crate::task) struct Outline<'s> {
    pub(in crate::task) job: String,
    pub(in crate::task) key_groups: u32,
    /// Finds out what the job keeps, reads and writes.
    pub(in crate::task) survey: &'s dyn Fn() -> Result<Survey, JobError>,
}

impl Outline<'_> {
    /// What this job goes on from, if it can go on from a checkpoint: with the names that it uses.
    pub(super) fn adapt(
        &self,
        manifest: Manifest,
        from: From,
        options: &CheckpointOptions,
    ) -> Result<Manifest, CheckpointError> {
        let survey = (self.survey)().map_err(|error| Reason::Survey(error.to_string()))?;
        let (manifest, fit) = fit(manifest, from, &survey, self.key_groups, options)?;
        fit.check(options.allow_dropped_state)?;
        Ok(manifest)
    }
}
