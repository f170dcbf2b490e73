//! What a person names to be looked at: a savepoint, or the checkpoint directory of a job, which may be running.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::fit::{self, Fit, From};
use super::restore::restored;
use super::savepoint;
use super::surroundings::Machine;
use crate::checkpoint::manifest::{Manifest, ManifestError, OperatorState, Section};
use crate::checkpoint::pointer::Pointer;
use crate::checkpoint::store::{Place, Store};
use crate::checkpoint::{CheckpointError, Reason};
use crate::error::JobError;
use crate::plan::Plan;
use crate::record::Shape;
use crate::state::{SavedBlock, entries_of, entry_layout};
use crate::task::shared::Shared;
use crate::task::survey::Survey;
use crate::task::{CheckpointOptions, Options};

/// A savepoint, or the last checkpoint of a job.
pub(crate) struct Named {
    pub(crate) manifest: Manifest,
    from: From,
    store: Arc<dyn Store>,
}

impl Named {
    /// Opens what is in a directory.
    ///
    /// # Errors
    /// If there is neither a savepoint nor a checkpoint, or it cannot be read.
    pub(crate) fn open(place: &str) -> Result<Named, CheckpointError> {
        let place = Place::parse(place)?;
        let missing = match savepoint::open(&place, &Machine) {
            Ok((manifest, store)) => return Ok(Named { manifest, from: From::Savepoint, store }),
            Err(missing @ ManifestError::Missing(_)) => missing,
            Err(error) => return Err(error.into()),
        };
        let store = place.look()?;
        let truth = Pointer::look(&*store)?;
        let last = truth.and_then(|truth| truth.checkpoints.last().cloned()).ok_or(missing)?;
        let manifest = Manifest::read(&*store, &last)?;
        Ok(Named { manifest, from: From::Checkpoint, store })
    }

    /// Whether it is a savepoint.
    pub(crate) fn is_savepoint(&self) -> bool {
        self.from == From::Savepoint
    }

    /// What would become of it in a job.
    ///
    /// # Errors
    /// If the job's tasks cannot be opened, or nothing of it can be said.
    pub(crate) fn fit(
        &self,
        plan: &Plan,
        options: &Options,
        terms: &CheckpointOptions,
    ) -> Result<Fit, JobError> {
        let survey = Survey::of(plan, options, &Shared::default())?;
        let fitted = fit::fit(self.manifest.clone(), self.from, &survey, options.key_groups, terms);
        fitted.map(|(_, fit)| fit).map_err(JobError::Checkpoints)
    }

    /// Calls `each` with the entries of an operator as JSON, and their sections, until it has enough: all, or those of
    /// a key. A block is in memory at a time. With each comes its generation: of a checkpoint that holds what changed since
    /// another one, an entry may be there several times, and the last generation counts.
    ///
    /// # Errors
    /// If something cannot be read, or `key` is no such key.
    pub(crate) fn entries(
        &self,
        operator: &OperatorState,
        key: Option<&str>,
        each: &mut dyn FnMut(&Section, u32, serde_json::Value) -> ControlFlow<()>,
    ) -> Result<(), CheckpointError> {
        let unread = |why: String| Reason::Unread { operator: operator.id.clone(), why };
        let wanted = key.map(|key| hash_of(operator, key).map_err(unread)).transpose()?;
        let restored = restored(&self.manifest, &self.store);
        let saved = &restored.states[&operator.id].saved;
        for section in &operator.sections {
            let shape = Shape::parse(&entry_layout(&section.layout));
            let shape = shape.map_err(|error| unread(error.to_string()))?;
            let entry = Shape::parse(&section.layout).map_err(|error| unread(error.to_string()))?;
            for (number, block) in saved.blocks(&section.name).into_iter().enumerate() {
                let SavedBlock { hashes, entries, generation } = block;
                if wanted.is_some_and(|hash| !(hashes.0..=hashes.1).contains(&hash)) {
                    continue;
                }
                let bytes = saved.read(&section.name, number);
                let bytes = bytes.map_err(|error| unread(error.to_string()))?;
                let found = entries_of(&bytes, entries, shape.stride());
                let (archives, offsets) =
                    found.ok_or_else(|| unread("a block is too short".to_owned()))?;
                for offset in offsets {
                    let value = shape.read(archives, offset);
                    let value = value.map_err(|error| unread(error.to_string()))?;
                    let Some((hash, value)) = value.into_entry() else { continue };
                    let is_wanted = wanted.is_none_or(|wanted| wanted == hash);
                    if is_wanted && each(section, generation, entry.show(&value)).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// The hash of a key of an operator: the key's layout is the end of what its state means.
fn hash_of(operator: &OperatorState, key: &str) -> Result<u64, String> {
    let layout = operator.meaning.rsplit_once(" by ").map_or("", |(_, layout)| layout);
    let shape = Shape::parse(layout).map_err(|_| "its state has no keys".to_owned())?;
    shape.hash_of(key).map_err(|error| error.to_string())
}
