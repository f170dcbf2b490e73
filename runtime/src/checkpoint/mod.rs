//! Checkpoints: where they are kept, which of them is the truth, and who decides that one is taken.
//!
//! Nothing in here has a clock, a thread or a runtime of its own; whoever drives it owns those. From below:
//!
//! | file | what |
//! |---|---|
//! | [`store`] | objects by path, created once and never changed: a directory, or memory with faults |
//! | [`envelope`] | documents that say what they are, how long, and whether they are whole |
//! | [`pointer`] | the truth of a job, as numbered records that can only be created: one leader at a time wins |
//! | [`manifest`] | what a checkpoint holds, by names that outlive the program |
//! | [`coordinator`] | the machine that triggers, gathers, publishes and has sinks commit |
//! | [`collect`] | deletes what no retained checkpoint refers to |
//!
//! ```text
//! pointer/<epoch>-<number>                    number 0 is the epoch's claim
//! chk-<id>/<epoch>-<attempt>/MANIFEST
//! chk-<id>/<epoch>-<attempt>/<chain>-<task>.state
//! ```
//!
//! # Fences
//! Who writes is told by a [`Fence`]: the epoch of the leader and the attempt of the job. Both only ever grow, and no
//! attempt is ever used twice, so that nothing an earlier one does late can be taken for this one's.

pub(crate) mod collect;
pub(crate) mod coordinator;
mod envelope;
mod error;
pub(crate) mod manifest;
pub(crate) mod pointer;
pub(crate) mod store;
#[cfg(test)]
mod tests;

pub use error::CheckpointError;
pub(crate) use error::Reason;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use store::{InvalidPath, StorePath};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub(crate) struct $name(pub(crate) u64);

        impl $name {
            /// The one after it.
            ///
            /// # Panics
            /// After 2⁶⁴ of them.
            pub(crate) fn next(self) -> $name {
                $name(self.0.checked_add(1).expect("2^64 are not used up in the life of a job"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(out)
            }
        }
    )*};
}

numbers! {
    /// A checkpoint of a job, or a savepoint: numbered through all its runs, from 1; with gaps.
    CheckpointId
    /// A run of the job's tasks, from 1: every restart is a new one.
    Attempt
    /// A time during which one process leads the job, from 1.
    Epoch
}

/// Who writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fence {
    /// The leader's.
    pub(crate) epoch: Epoch,
    /// The tasks'.
    pub(crate) attempt: Attempt,
}

impl fmt::Display for Fence {
    /// As it stands in paths: `3-17`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.epoch, self.attempt)
    }
}

impl FromStr for Fence {
    type Err = InvalidPath;
    fn from_str(text: &str) -> Result<Fence, InvalidPath> {
        let (epoch, attempt) = store::pair(text).ok_or_else(|| InvalidPath::new(text))?;
        Ok(Fence { epoch: Epoch(epoch), attempt: Attempt(attempt) })
    }
}

/// The name of a manifest in its checkpoint's folder.
const MANIFEST: &str = "MANIFEST";
/// What the names of checkpoints' folders begin with.
const FOLDER: &str = "chk-";

/// Where an object of a checkpoint lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Folder {
    /// The checkpoint.
    pub(crate) id: CheckpointId,
    /// Who writes it.
    pub(crate) fence: Fence,
}

impl Folder {
    /// The path of its manifest.
    pub(crate) fn manifest(self) -> StorePath {
        self.object(MANIFEST)
    }

    /// The path of the state of one task of a chain.
    pub(crate) fn state(self, chain: usize, task: usize) -> StorePath {
        self.object(&format!("{chain}-{task}.state"))
    }

    fn object(self, name: &str) -> StorePath {
        let path = format!("{FOLDER}{}/{}/{name}", self.id, self.fence);
        StorePath::parse(path).expect("numbers and fixed words are segments of a path")
    }

    /// The folder of a path of a checkpoint's object; none for paths of anything else.
    pub(crate) fn of(path: &StorePath) -> Option<Folder> {
        let mut segments = path.segments();
        let id = store::number(segments.next()?.strip_prefix(FOLDER)?)?;
        let fence = segments.next()?.parse().ok()?;
        segments.next()?;
        segments.next().is_none().then_some(Folder { id: CheckpointId(id), fence })
    }
}

/// What tells whether bytes are the ones that were written: BLAKE3.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub(crate) fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = String;
    fn try_from(text: String) -> Result<Digest, String> {
        let hash = blake3::Hash::from_hex(&text);
        Ok(Digest(*hash.map_err(|error| format!("`{text}` is not a digest: {error}"))?.as_bytes()))
    }
}
