//! Looks at a checkpoint directory from outside, while a job may be running from it.

use crate::checkpoint::CheckpointError;
use crate::checkpoint::manifest::{Manifest, ManifestError};
use crate::checkpoint::pointer::{Pointer, Status};
use crate::checkpoint::store::Place;
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
    pub(crate) bytes: u64,
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
    Contents {
        attempt: manifest.fence.attempt.0,
        bytes: manifest.files.iter().map(|file| file.len).sum(),
        operators: operators.collect(),
    }
}
