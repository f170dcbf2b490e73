//! Looks at a checkpoint directory from outside, while a job may be running from it.

use crate::checkpoint::manifest::{Block, Manifest, ManifestError, Section, Taken};
use crate::checkpoint::pointer::{Pointer, Status};
use crate::checkpoint::store::Place;
use crate::checkpoint::{CheckpointError, Folder};
use crate::task::CheckpointOptions;

/// The checkpoints that a job keeps.
pub(crate) struct ListedCheckpoints {
    /// It has processed all of its input.
    pub(crate) finished: bool,
    /// The oldest first.
    pub(crate) checkpoints: Vec<ListedCheckpoint>,
}

/// One of them.
pub(crate) struct ListedCheckpoint {
    pub(crate) id: u64,
    pub(crate) contents: Result<Contents, ManifestError>,
}

/// What it says of itself.
pub(crate) struct Contents {
    pub(crate) attempt: u64,
    /// When; not known of what an early version wrote.
    pub(crate) taken: Option<Taken>,
    /// Bytes of state that it holds.
    pub(crate) bytes: u64,
    /// Those that were written for it; the others are in files of earlier ones.
    pub(crate) bytes_written: u64,
    /// Each with its entries.
    pub(crate) operators: Vec<String>,
}

/// Lists the checkpoints in a directory.
pub(crate) fn list_checkpoints(
    options: &CheckpointOptions,
) -> Result<ListedCheckpoints, CheckpointError> {
    let store = Place::parse(&options.dir)?.look()?;
    let truth = Pointer::look(&*store)?;
    let finished = truth.as_ref().is_some_and(|it| matches!(it.status, Status::Finished { .. }));
    let retained = truth.map(|truth| truth.checkpoints).unwrap_or_default();
    let checkpoints = retained.iter().map(|one| {
        let contents = Manifest::read(&*store, one).map(|manifest| contents(&manifest));
        ListedCheckpoint { id: one.id.0, contents }
    });
    Ok(ListedCheckpoints { finished, checkpoints: checkpoints.collect() })
}

fn contents(manifest: &Manifest) -> Contents {
    let operators = manifest.operators.iter().map(|operator| {
        let entries: u64 = operator.sections.iter().map(|section| section.entries).sum();
        format!("{} ({entries})", operator.id)
    });
    let sections = || manifest.operators.iter().flat_map(|operator| &operator.sections);
    let folder = Folder { id: manifest.id, fence: manifest.fence };
    let is_own =
        |block: &&Block| Folder::of(&manifest.files[block.file as usize].path) == Some(folder);
    let own = sections().flat_map(|section| &section.blocks).filter(is_own);
    Contents {
        attempt: manifest.fence.attempt.0,
        taken: manifest.taken,
        bytes: sections().map(Section::bytes).sum(),
        bytes_written: own.map(|block| u64::from(block.len)).sum(),
        operators: operators.collect(),
    }
}
