//! Why a job cannot keep or use its checkpoints.

use super::CheckpointId;
use super::coordinator;
use super::manifest::ManifestError;
use super::pointer::PointerError;
use super::store::{NoPlace, Place, StoreError};
use crate::connector::SinkError;

/// Why a job cannot keep or use its checkpoints.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct CheckpointError(pub(crate) Reason);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Pointer(#[from] PointerError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Coordinator(#[from] coordinator::Failure),
    #[error(transparent)]
    Place(#[from] NoPlace),
    #[error(
        "`{0}` holds a job already, and cannot be emptied safely: another process may be running it\nhelp: name another path for the job that begins anew, or delete what is there when nothing runs from it"
    )]
    Fresh(Place),
    #[error(
        "the checkpoint has {saved} key groups, and this job {now}\nhelp: start it with as many as before"
    )]
    KeyGroups { saved: u32, now: u32 },
    #[error(
        "another process has taken over this job\nhelp: run it once for each checkpoint directory"
    )]
    Deposed,
    #[error(
        "the checkpoint holds {saved}, which this job does not have; its operators are {now}\nhelp: give it the `.uid(..)` or the binding that it had, say what it is called now with --rename OLD=NEW, or drop what was saved with --allow-dropped-state"
    )]
    Unknown { saved: String, now: String },
    #[error("{0}")]
    Refused(String),
    #[error("the state of `{operator}` cannot be read: {why}")]
    Unread { operator: String, why: String },
    #[error(
        "`{old}` cannot be renamed to `{new}`: {what}\nhelp: `plan --diff` lists the operators of both"
    )]
    Rename { old: String, new: String, what: &'static str },
    #[error("what the job keeps cannot be compared with the checkpoint: {0}")]
    Survey(String),
    #[error("the job has finished, and cannot go on")]
    Finished,
    #[error(
        "the store of the checkpoints does not say whether the last one is complete\nhelp: start the job again when it answers"
    )]
    Unsettled,
    #[error(
        "checkpoint {id} cannot be used: {why}, and behind an older one, what sinks have shown would be shown again\nhelp: put the file back as it was, or begin anew with --fresh and another place for the output"
    )]
    Committed { id: CheckpointId, why: String },
    #[error(
        "checkpoint {id} cannot be used: {why}, and there is no other\nhelp: put the file back as it was, or begin anew with --fresh"
    )]
    NoOther { id: CheckpointId, why: String },
    #[error("what the sink `{sink}` wrote cannot be made visible: {source}")]
    Commit { sink: String, source: SinkError },
}

macro_rules! reasons {
    ($($error:ty),*) => {$(
        impl From<$error> for CheckpointError {
            fn from(error: $error) -> CheckpointError {
                CheckpointError(error.into())
            }
        }
    )*};
}
reasons! { Reason, NoPlace, StoreError, PointerError, ManifestError, coordinator::Failure }

impl CheckpointError {
    /// True if trying again may help.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self.0,
            Reason::Store(_)
                | Reason::Pointer(PointerError::Store(_))
                | Reason::Manifest(ManifestError::Store(_))
                | Reason::Unsettled
                | Reason::Coordinator(_)
                | Reason::Commit { .. }
        )
    }
}
