//! What a record of the pointer says.

use serde::{Deserialize, Serialize};

use super::super::envelope::{self, Broken, Kind};
use super::super::store::StorePath;
use super::super::{Attempt, CheckpointId, Digest, Epoch};

/// All there is to know about a job that is not in a checkpoint.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Truth {
    /// The last attempt that was begun, or is about to be.
    pub(crate) attempt: Attempt,
    /// The last id that may have been used for a checkpoint. Ids are set aside in blocks.
    pub(crate) id_high: CheckpointId,
    /// The completed checkpoints that are kept, from the oldest; the job goes on from the last one.
    pub(crate) checkpoints: Vec<Retained>,
    /// Whether it has ended.
    pub(crate) status: Status,
    /// What its sources and sinks are: whatever tells that a job goes on with the same input and output.
    pub(crate) parameters: String,
}

/// A completed checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retained {
    /// Its number.
    pub(crate) id: CheckpointId,
    /// Its manifest.
    pub(crate) manifest: StorePath,
    /// The length of the manifest, in bytes.
    pub(crate) len: u64,
    /// The digest of the manifest.
    pub(crate) digest: Digest,
    /// True if sinks may have made something visible with it: whoever goes back behind it shows that again.
    pub(crate) commits: bool,
}

/// Whether a job has ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Status {
    /// It has not.
    Running,
    /// It has processed all of its input, and all of its output is visible. It never runs again.
    Finished {
        /// For people.
        summary: serde_json::Value,
    },
}

impl Truth {
    /// Asserts that it holds together and does not go back behind `before`.
    pub(super) fn check(&self, before: Option<&Truth>) {
        let ids: Vec<_> = self.checkpoints.iter().map(|checkpoint| checkpoint.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "checkpoints in the wrong order: {ids:?}");
        assert!(ids.last().is_none_or(|last| *last <= self.id_high), "{self:?} uses ids beyond");
        let Some(before) = before else { return };
        assert!(
            !matches!(before.status, Status::Finished { .. }) || *self == *before,
            "a finished job cannot change: {self:?}"
        );
        assert!(self.attempt >= before.attempt, "{self:?} goes back behind {before:?}");
        assert!(self.id_high >= before.id_high, "{self:?} goes back behind {before:?}");
        let last = before.checkpoints.last().map(|checkpoint| checkpoint.id);
        assert!(ids.last().copied() >= last, "{self:?} goes back behind {before:?}");
    }
}

/// An object of the pointer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    pub(super) epoch: Epoch,
    pub(super) number: u64,
    pub(super) body: Body,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Body {
    /// Number 0: somebody wants to lead.
    Claim,
    /// The leader's.
    Truth(Truth),
    /// There is nothing behind it: `by` leads, or wanted to.
    Seal { by: Epoch, adopted: Option<Truth> },
}

impl Body {
    /// What the job is after this record.
    pub(super) fn into_truth(self) -> Option<Truth> {
        match self {
            Body::Claim => None,
            Body::Truth(truth) => Some(truth),
            Body::Seal { adopted, .. } => adopted,
        }
    }
}

impl Record {
    const KIND: Kind = Kind { magic: *b"TWPT", format: 1 };
    /// The longest record, in bytes.
    pub(super) const BYTES_MAX: u64 = envelope::BYTES_MAX;

    pub(super) fn encode(&self) -> Result<Vec<u8>, Broken> {
        envelope::encode(Self::KIND, self)
    }

    /// Reads the record `number` of `epoch`.
    pub(super) fn decode(bytes: &[u8], epoch: Epoch, number: u64) -> Result<Record, Broken> {
        let record: Record = envelope::decode(Self::KIND, bytes)?;
        let fits = (record.epoch, record.number) == (epoch, number)
            && (number == 0) == (record.body == Body::Claim);
        if fits {
            Ok(record)
        } else {
            Err(Broken::Senseless(format!(
                "it says it is record {} of epoch {}",
                record.number, record.epoch
            )))
        }
    }
}
