//! Deletes what no retained checkpoint refers to.
//!
//! Only the leader does so, and only for what it knows: files of checkpoints that are no longer retained or were given
//! up, and, when it has begun to lead, what earlier attempts have left. A file may belong to several checkpoints; it
//! stays as long as one of them is retained. What is not named like an object of a checkpoint is never touched, and
//! neither are savepoints, which lie elsewhere.
//!
//! An error deletes nothing by mistake and loses nothing: what could not be deleted is tried the next time.

use std::collections::{BTreeMap, BTreeSet};

use super::coordinator::Publication;
use super::manifest::Manifest;
use super::pointer::Retained;
use super::store::{Store, StoreError, StorePath};
use super::{Attempt, CheckpointId, Folder};

/// Knows what is needed, and what is not.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    /// The objects of the retained checkpoints, manifests included.
    needed: BTreeMap<CheckpointId, BTreeSet<StorePath>>,
    /// What may be deleted, unless it is needed.
    unneeded: BTreeSet<StorePath>,
}

/// The objects of a checkpoint.
pub(crate) fn objects(retained: &Retained, manifest: &Manifest) -> BTreeSet<StorePath> {
    manifest.files().cloned().chain([retained.manifest.clone()]).collect()
}

impl Collector {
    /// Knows that the objects of a checkpoint are needed. To be told of each that the pointer retains before anything
    /// is deleted, and of a new one before it is published.
    pub(crate) fn retain(&mut self, id: CheckpointId, objects: BTreeSet<StorePath>) {
        self.needed.insert(id, objects);
    }

    /// Knows that a checkpoint is no longer retained: the pointer says so for certain.
    pub(crate) fn release(&mut self, id: CheckpointId) {
        self.unneeded.extend(self.needed.remove(&id).unwrap_or_default());
    }

    /// Knows what a checkpoint that was given up has left, and that the pointer will never speak of it.
    pub(crate) fn discard(
        &mut self,
        id: CheckpointId,
        objects: impl IntoIterator<Item = StorePath>,
    ) {
        self.release(id);
        self.unneeded.extend(objects);
    }

    /// Finds what attempts before `attempt` have left. Before, [`retain`](Self::retain) has to be told of all that the
    /// pointer retains.
    ///
    /// # Errors
    /// If the store cannot be listed.
    pub(crate) fn sweep(&mut self, store: &dyn Store, attempt: Attempt) -> Result<(), StoreError> {
        let is_old = |path: &StorePath| {
            Folder::of(path).is_some_and(|folder| folder.fence.attempt < attempt)
        };
        self.unneeded.extend(store.list(None)?.into_iter().filter(is_old));
        Ok(())
    }

    /// How many objects wait to be deleted.
    pub(crate) fn waiting(&self) -> usize {
        self.unneeded.len()
    }

    /// Deletes up to `limit` objects, and says how many: so it never takes long.
    ///
    /// # Errors
    /// If one cannot be deleted.
    pub(crate) fn collect(&mut self, store: &dyn Store, limit: usize) -> Result<usize, StoreError> {
        let mut deleted = 0;
        while deleted < limit {
            let Some(path) = self.unneeded.first().cloned() else { break };
            let is_needed = self.needed.values().any(|objects| objects.contains(&path));
            if !is_needed || cfg!(bug_23) {
                store.delete(&path)?;
                deleted += 1;
            }
            self.unneeded.remove(&path);
        }
        Ok(deleted)
    }

    /// Asserts that everything is known to be needed that is about to be published.
    ///
    /// # Panics
    /// If it is not.
    pub(crate) fn check(&self, publication: &Publication) {
        for checkpoint in &publication.checkpoints {
            let objects = self.needed.get(&checkpoint.id);
            let is_known = objects.is_some_and(|objects| objects.contains(&checkpoint.manifest));
            assert!(is_known, "checkpoint {} is published and not kept", checkpoint.id);
        }
    }
}

#[cfg(test)]
mod tests;
