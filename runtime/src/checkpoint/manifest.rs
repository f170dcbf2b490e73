//! What a checkpoint or savepoint holds: the index to its files, and everything small.
//!
//! It is a document (see [`envelope`](super::envelope)) in JSON of a format that is written by hand and numbered: it
//! outlives layouts of records and versions of the engine, and a person can read it. Paths in it are relative to the
//! store, so a savepoint can be copied elsewhere. A manifest that is read was checked: its blocks lie within its files,
//! its names are unique, its paths do not climb.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::envelope::{self, Broken};
use super::pointer::Retained;
use super::store::{Created, Fault, Store, StoreError, StorePath};
use super::{CheckpointId, Digest, Fence};
use crate::connector::{Position, Split};
use crate::exchange::key_group;
pub(crate) use crate::record::ARCHIVES;

/// The format that is written, and the newest that is read. Since 2 it is said when a checkpoint was taken.
const FORMAT: u16 = 2;
const DOCUMENT: envelope::Kind = envelope::Kind { magic: *b"TWSP", format: FORMAT };

/// How keys are hashed: what the hashes in a manifest mean.
pub(crate) const HASH: &str = "xxh3_64/0";

/// The most key groups a job can have.
pub(crate) const KEY_GROUPS_MAX: u32 = 32_768;

/// What a checkpoint holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The version of the engine that wrote it, for people.
    pub(crate) version: String,
    /// The job's name.
    pub(crate) job: String,
    /// The checkpoint's number.
    pub(crate) id: CheckpointId,
    /// Who took it.
    pub(crate) fence: Fence,
    /// What it was taken for.
    pub(crate) kind: Kind,
    /// When it was taken, for people. Not known of format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) taken: Option<Taken>,
    /// In how many groups keys are divided.
    pub(crate) key_groups: u32,
    /// How keys are hashed: [`HASH`].
    pub(crate) hash: String,
    /// How layouts are written, and records laid out by them: [`ARCHIVES`].
    pub(crate) archives: String,
    /// The state of operators.
    pub(crate) operators: Vec<OperatorState>,
    /// The files that sections refer to, by index.
    pub(crate) files: Vec<FileRef>,
    /// How far sources were read.
    pub(crate) sources: Vec<SourceState>,
    /// What sinks have prepared and not made visible.
    pub(crate) sinks: Vec<SinkState>,
    /// True if all input is processed: there is nothing to go on with, but sinks may have to commit.
    pub(crate) finished: bool,
}

/// What a checkpoint was taken for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// To go on after a failure: the job's own, deleted when it is outdated.
    Checkpoint,
    /// A person asked for it while the job goes on: theirs, never deleted.
    Savepoint,
    /// A person asked for it and the job stops: windows stay open.
    Stop,
    /// A person asked for it and the job ends: windows are fired.
    Drain,
    /// All input is processed.
    Final,
}

/// When a checkpoint was taken, and how long that took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    /// When it was triggered, in milliseconds since the Unix epoch.
    pub(crate) started_at_ms: i64,
    /// From then until the state of all tasks was durable, in milliseconds. What is left to do is to write the manifest.
    pub(crate) duration_ms: u64,
    /// The longest that a task waited for barriers, in milliseconds.
    pub(crate) alignment_ms: u64,
}

/// The state of one operator, of all its tasks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorState {
    /// Its `.uid(..)`, or its place in the pipeline.
    pub(crate) id: String,
    /// What it does, as far as its state depends on it: state of another meaning cannot be restored.
    pub(crate) meaning: String,
    /// Its event time, in milliseconds since the Unix epoch: the greatest of its tasks; the least, where barriers were not
    /// aligned.
    pub(crate) watermark: i64,
    /// How many tasks it had.
    pub(crate) parallelism: u32,
    /// Numbers that its tasks noted: of each the greatest.
    pub(crate) notes: BTreeMap<String, i64>,
    /// Its state, by name.
    pub(crate) sections: Vec<Section>,
}

/// Records of one kind: `(hash, ..namespace, key, value)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    /// Unique in its operator.
    pub(crate) name: String,
    /// The record's fields and their types.
    pub(crate) layout: String,
    /// The record's fingerprint.
    pub(crate) fingerprint: u64,
    /// How many records.
    pub(crate) entries: u64,
    /// Where they are.
    pub(crate) blocks: Vec<Block>,
}

/// Some records of a section, one behind the other.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    /// The file: an index into [`Manifest::files`].
    pub(crate) file: u32,
    /// Its first byte.
    pub(crate) offset: u64,
    /// Its length, in bytes.
    pub(crate) len: u32,
    /// The checksum of its bytes.
    pub(crate) crc32c: u32,
    /// How many records.
    pub(crate) entries: u32,
    /// The least and the greatest hash of its keys.
    pub(crate) hashes: (u64, u64),
    /// 0 if it is a part of what is whole; else of the increment of this number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) generation: u32,
}

impl Section {
    /// How many bytes its records take.
    pub(crate) fn bytes(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.len)).sum()
    }

    /// How many of them are of each of so many key groups, about: a block of several is shared evenly among them.
    pub(crate) fn bytes_by_group(&self, groups: u32) -> BTreeMap<u32, u64> {
        let mut bytes = BTreeMap::new();
        for block in &self.blocks {
            let (first, last) =
                (key_group(block.hashes.0, groups), key_group(block.hashes.1, groups));
            let (len, shares) = (u64::from(block.len), u64::from(last.saturating_sub(first)) + 1);
            for (group, number) in (first..).zip(0..shares) {
                // So that the shares come to the whole.
                let share = len * (number + 1) / shares - len * number / shares;
                *bytes.entry(group).or_default() += share;
            }
        }
        bytes
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A file of state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileRef {
    /// Where.
    pub(crate) path: StorePath,
    /// Its length, in bytes.
    pub(crate) len: u64,
}

/// How far a source was read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceState {
    /// Its `.uid(..)`, or its place in the pipeline.
    pub(crate) id: String,
    /// What it reads: another source cannot go on from its positions.
    pub(crate) parameters: String,
    /// All its splits: those that are read, were read, and wait.
    pub(crate) splits: Vec<SplitState>,
}

/// How far a split was read.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplitState {
    /// Which.
    pub(crate) split: Split,
    /// Where to go on. None: at its start.
    pub(crate) position: Option<Position>,
    /// True if it was read to its end.
    pub(crate) ended: bool,
    /// What each of its watermark generators has seen, by their order in the pipeline.
    pub(crate) times: Vec<i64>,
}

/// What a sink has prepared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SinkState {
    /// Its `.uid(..)`, or its place in the pipeline.
    pub(crate) id: String,
    /// Where it writes: another sink cannot make these visible.
    pub(crate) parameters: String,
    /// What to commit, in this order.
    pub(crate) committables: Vec<Prepared>,
}

/// What a task of a sink has prepared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prepared {
    /// The checkpoint it was prepared for: this one, or an earlier one that it was carried over from.
    pub(crate) checkpoint: CheckpointId,
    /// The task.
    pub(crate) task: u32,
    /// Opaque to all but the sink.
    pub(crate) committable: serde_json::Value,
}

/// Why a manifest cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestError {
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is none.
    #[error(
        "there is no checkpoint at `{0}`\n\
         help: name the folder of a savepoint, or that of a job that keeps checkpoints"
    )]
    Missing(StorePath),
    /// It cannot be used.
    #[error("the checkpoint at `{path}` cannot be used: {broken}\nhelp: {}", broken.help())]
    Broken {
        /// Which.
        path: StorePath,
        /// Why.
        broken: Broken,
    },
}

impl ManifestError {
    /// True if another checkpoint may do where this one does not; false if the store is at fault.
    pub(crate) fn is_about_this_one(&self) -> bool {
        !matches!(self, ManifestError::Store(_))
    }
}

impl Manifest {
    /// Writes it durably, and says what the pointer keeps of it.
    ///
    /// # Errors
    /// If it cannot be written, or is too long.
    ///
    /// # Panics
    /// If it contradicts itself.
    pub(crate) fn write(
        &self,
        store: &dyn Store,
        path: StorePath,
    ) -> Result<Retained, ManifestError> {
        let bytes = match self.encode() {
            Ok(bytes) => bytes,
            Err(broken) => return Err(ManifestError::Broken { path, broken }),
        };
        match store.create(&path, &bytes)? {
            Created::New => {}
            // The same, by an attempt to write it that was not sure whether it did.
            Created::Exists if store.read(&path, None)?.as_deref() == Some(&bytes) => {}
            Created::Exists => return Err(StoreError::new(Fault::Taken, "write", &path).into()),
        }
        let (len, digest) = (bytes.len() as u64, Digest::of(&bytes));
        let commits = self.sinks.iter().any(|sink| !sink.committables.is_empty());
        Ok(Retained { id: self.id, manifest: path, len, digest, commits })
    }

    /// Reads the manifest that the pointer speaks of.
    ///
    /// # Errors
    /// If it cannot be read, or is not the one.
    pub(crate) fn read(store: &dyn Store, retained: &Retained) -> Result<Manifest, ManifestError> {
        let path = &retained.manifest;
        let bytes = load(store, path)?;
        let broken = |broken| ManifestError::Broken { path: path.clone(), broken };
        let has = bytes.len() as u64;
        if has < retained.len {
            return Err(broken(Broken::Truncated { has, wanted: retained.len }));
        }
        if Digest::of(&bytes) != retained.digest {
            return Err(broken(Broken::Damaged));
        }
        let manifest = Manifest::decode(&bytes).map_err(broken)?;
        if manifest.id != retained.id {
            let what = format!("it is of checkpoint {}, not {}", manifest.id, retained.id);
            return Err(broken(Broken::Senseless(what)));
        }
        Ok(manifest)
    }

    /// Of a checkpoint in which there is nothing yet, as this engine writes it.
    pub(crate) fn empty(
        job: &str,
        (id, fence, kind): (CheckpointId, Fence, Kind),
        key_groups: u32,
    ) -> Manifest {
        Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            job: job.to_owned(),
            id,
            fence,
            kind,
            taken: None,
            key_groups,
            hash: HASH.to_owned(),
            archives: ARCHIVES.to_owned(),
            operators: Vec::new(),
            files: Vec::new(),
            sources: Vec::new(),
            sinks: Vec::new(),
            finished: matches!(kind, Kind::Final | Kind::Drain),
        }
    }

    /// Reads a manifest that a person has named: a savepoint's.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn open(store: &dyn Store, path: &StorePath) -> Result<Manifest, ManifestError> {
        let bytes = load(store, path)?;
        Manifest::decode(&bytes)
            .map_err(|broken| ManifestError::Broken { path: path.clone(), broken })
    }

    /// The objects that it needs besides itself.
    pub(crate) fn files(&self) -> impl Iterator<Item = &StorePath> {
        self.files.iter().map(|file| &file.path)
    }

    fn encode(&self) -> Result<Vec<u8>, Broken> {
        if let Err(what) = self.check() {
            panic!("a manifest that contradicts itself: {what}");
        }
        envelope::encode(DOCUMENT, self)
    }

    fn decode(bytes: &[u8]) -> Result<Manifest, Broken> {
        let manifest: Manifest = envelope::decode(DOCUMENT, bytes)?;
        manifest.check().map_err(Broken::Senseless)?;
        Ok(manifest)
    }

    /// Says in which way it contradicts itself.
    fn check(&self) -> Result<(), String> {
        if !(1..=KEY_GROUPS_MAX).contains(&self.key_groups) {
            return Err(format!("{} key groups", self.key_groups));
        }
        if self.hash != HASH {
            return Err(format!("keys are hashed by `{}`, not `{HASH}`", self.hash));
        }
        if self.archives != ARCHIVES {
            return Err(format!("records are laid out as `{}`, not `{ARCHIVES}`", self.archives));
        }
        unique("file", self.files.iter().map(|file| file.path.as_str()))?;
        unique("operator", self.operators.iter().map(|operator| operator.id.as_str()))?;
        unique("source", self.sources.iter().map(|source| source.id.as_str()))?;
        unique("sink", self.sinks.iter().map(|sink| sink.id.as_str()))?;
        for operator in &self.operators {
            unique("section", operator.sections.iter().map(|section| section.name.as_str()))?;
            for section in &operator.sections {
                self.check_section(section)
                    .map_err(|what| format!("{} of `{}`: {what}", section.name, operator.id))?;
            }
        }
        for source in &self.sources {
            unique("split", source.splits.iter().map(|split| split.split.id.as_str()))?;
        }
        let prepared = self.sinks.iter().flat_map(|sink| &sink.committables);
        match prepared.map(|prepared| prepared.checkpoint).find(|id| *id > self.id) {
            Some(later) => Err(format!("output of checkpoint {later} in checkpoint {}", self.id)),
            None => Ok(()),
        }
    }

    fn check_section(&self, section: &Section) -> Result<(), String> {
        let mut entries = 0u64;
        for block in &section.blocks {
            let file = usize::try_from(block.file).ok().and_then(|file| self.files.get(file));
            let file = file.ok_or_else(|| format!("there is no file {}", block.file))?;
            let end = block.offset.checked_add(u64::from(block.len));
            if end.is_none_or(|end| end > file.len) {
                return Err(format!("a block goes beyond the end of `{}`", file.path));
            }
            if block.hashes.0 > block.hashes.1 {
                return Err(format!("a block of no hashes in `{}`", file.path));
            }
            entries += u64::from(block.entries);
        }
        if entries != section.entries {
            return Err(format!("{entries} records in blocks, {} in all", section.entries));
        }
        Ok(())
    }
}

/// Reads the bytes of a manifest, if it is not too long.
fn load(store: &dyn Store, path: &StorePath) -> Result<Vec<u8>, ManifestError> {
    let missing = || ManifestError::Missing(path.clone());
    let len = store.size(path)?.ok_or_else(missing)?;
    if len > envelope::BYTES_MAX {
        let broken = Broken::TooLong(len);
        return Err(ManifestError::Broken { path: path.clone(), broken });
    }
    store.read(path, Some(0..len))?.ok_or_else(missing)
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} `{name}` is there twice"));
        }
    }
    Ok(())
}
