//! Gathers the snapshots of all tasks into a checkpoint: writes their state to the store as it comes, has sinks prepare,
//! and puts the manifest together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::driver::Committed;
use crate::checkpoint::coordinator::{self, Decline};
use crate::checkpoint::manifest::{
    Block, FileRef, HASH, Kind, Manifest, OperatorState, Prepared, Section, SinkState, SourceState,
    SplitState,
};
use crate::checkpoint::store::{Store, StoreError, StorePath, Upload};
use crate::checkpoint::{CheckpointId, Fence, Folder};
use crate::state;
use crate::task::Failure;
use crate::task::panics::guard;
use crate::task::snapshot::{
    Checkpoints, Connector, SinkSnapshot, SplitSnapshot, TaskId, TaskSnapshot,
};

/// Tasks' state on its way into the store.
pub(super) struct Gathering {
    fence: Fence,
    store: Arc<dyn Store>,
    uploads: BTreeMap<(CheckpointId, TaskId), Part>,
    /// Of the checkpoint written last.
    bytes: (CheckpointId, u64),
}

/// What of a task's state has come.
struct Part {
    file: FileRef,
    /// Where it is written, or why the rest of it is not.
    upload: Result<Box<dyn Upload>, StoreError>,
    /// By state and section.
    blocks: Blocks,
}

type Blocks = BTreeMap<(usize, usize), Vec<Block>>;

/// A task's part of a checkpoint, durable.
pub(super) struct TaskPart {
    file: Option<FileRef>,
    blocks: Blocks,
    snapshot: TaskSnapshot,
}

impl TaskPart {
    /// Whose it is.
    pub(super) fn task(&self) -> TaskId {
        self.snapshot.task
    }

    /// Its file, if it has any state.
    pub(super) fn file(&self) -> Option<&StorePath> {
        self.file.as_ref().map(|file| &file.path)
    }
}

impl Gathering {
    pub(super) fn new(fence: Fence, store: Arc<dyn Store>) -> Gathering {
        Gathering { fence, store, uploads: BTreeMap::new(), bytes: (CheckpointId(0), 0) }
    }

    /// Where a checkpoint lies.
    pub(super) fn folder(&self, id: CheckpointId) -> Folder {
        Folder { id, fence: self.fence }
    }

    /// Bytes of state that were written for a checkpoint, if it is the last one.
    pub(super) fn bytes(&self, id: CheckpointId) -> u64 {
        if self.bytes.0 == id { self.bytes.1 } else { 0 }
    }

    /// Writes blocks of a task's state.
    pub(super) fn write(
        &mut self,
        id: CheckpointId,
        task: TaskId,
        state: usize,
        blocks: Vec<state::Block>,
    ) {
        if self.bytes.0 != id {
            self.bytes = (id, 0);
        }
        let part = match self.uploads.entry((id, task)) {
            Entry::Occupied(part) => part.into_mut(),
            Entry::Vacant(place) => {
                let path = Folder { id, fence: self.fence }.state(task.0, task.1);
                let upload = self.store.upload(&path);
                place.insert(Part { file: FileRef { path, len: 0 }, upload, blocks: Blocks::new() })
            }
        };
        for block in blocks {
            let Ok(upload) = &mut part.upload else { return };
            if let Err(error) = upload.write(&block.bytes) {
                part.upload = Err(error);
                return;
            }
            let len = u32::try_from(block.bytes.len()).expect("a block is far below 4 GiB");
            part.blocks.entry((state, block.section)).or_default().push(Block {
                file: 0,
                offset: part.file.len,
                len,
                crc32c: crc32c::crc32c(&block.bytes),
                entries: block.entries,
                hashes: block.hashes,
            });
            part.file.len += u64::from(len);
            self.bytes.1 += u64::from(len);
        }
    }

    /// Makes a task's part durable, and what its sinks were given: the latter also where the former fails.
    pub(super) fn complete(
        &mut self,
        mut snapshot: TaskSnapshot,
    ) -> (Result<TaskPart, Decline>, Vec<Committed>) {
        let (id, task) = (CheckpointId(snapshot.checkpoint), snapshot.task);
        let mut prepared = Vec::new();
        for sink in &mut snapshot.sinks {
            let Some(prepare) = sink.preparation.take() else { continue };
            match guard(|| prepare().map_err(Failure::new)) {
                Ok(committable) => prepared.push((sink.name.clone(), committable.0)),
                Err(error) => {
                    let why = format!("`{}`: {error}", sink.name);
                    return (Err(Decline::Prepare(why)), prepared);
                }
            }
        }
        let written = self.uploads.remove(&(id, task)).map(Part::finish).transpose();
        let part = written.map(|written| {
            let (file, blocks) =
                written.map_or((None, Blocks::new()), |(file, blocks)| (Some(file), blocks));
            TaskPart { file, blocks, snapshot }
        });
        (part.map_err(|error| Decline::Snapshot(error.to_string())), prepared)
    }

    /// The manifest of all tasks' parts.
    pub(super) fn manifest<'p>(
        &self,
        about: &About,
        (id, kind): (CheckpointId, Kind),
        parts: impl Iterator<Item = &'p TaskPart>,
        prepared: &[coordinator::Prepared<Committed>],
    ) -> Manifest {
        let mut manifest = Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            job: about.job.clone(),
            id,
            fence: self.fence,
            kind,
            key_groups: about.key_groups,
            hash: HASH.to_owned(),
            operators: Vec::new(),
            files: Vec::new(),
            sources: Vec::new(),
            sinks: Vec::new(),
            finished: matches!(kind, Kind::Final | Kind::Drain),
        };
        for part in parts {
            add_part(&mut manifest, part, about);
        }
        for prepared in prepared {
            let (id, committable) = prepared.committable.clone();
            let sink = manifest.sinks.iter_mut().find(|sink| sink.id == id);
            let sink = sink.expect("a sink that prepares is a task's");
            let (checkpoint, task) = (prepared.checkpoint, prepared.task.0);
            sink.committables.push(Prepared { checkpoint, task, committable });
        }
        for source in &mut manifest.sources {
            source.splits.sort_by(|a, b| a.split.id.cmp(&b.split.id));
        }
        manifest
    }
}

impl Part {
    fn finish(self) -> Result<(FileRef, Blocks), StoreError> {
        self.upload?.finish()?;
        Ok((self.file, self.blocks))
    }
}

/// What a manifest says of the job.
pub(super) struct About {
    pub(super) job: String,
    pub(super) key_groups: u32,
    pub(super) checkpoints: Arc<Checkpoints>,
}

fn add_part(manifest: &mut Manifest, part: &TaskPart, about: &About) {
    let file = manifest.files.len() as u32;
    manifest.files.extend(part.file.clone());
    for (number, state) in part.snapshot.states.iter().enumerate() {
        let operator = operator(&mut manifest.operators, &state.id);
        operator.parallelism += 1;
        operator.watermark = operator.watermark.max(part.snapshot.watermark.0);
        for (note, value) in &state.notes {
            let known = operator.notes.entry((*note).to_owned()).or_insert(*value);
            *known = (*known).max(*value);
        }
        for (at, section) in state.sections.iter().enumerate() {
            let blocks = part.blocks.get(&(number, at)).map_or(&[][..], Vec::as_slice);
            add_section(operator, section, blocks, file);
        }
    }
    if let Some(source) = &part.snapshot.source {
        let id = &source.name;
        let known = named(
            &mut manifest.sources,
            |known| known.id == *id,
            || {
                let parameters = about.checkpoints.parameters_of(Connector::Source, id);
                SourceState { id: id.clone(), parameters, splits: Vec::new() }
            },
        );
        known.splits.extend(source.splits.iter().map(split));
    }
    for SinkSnapshot { name: id, .. } in &part.snapshot.sinks {
        named(
            &mut manifest.sinks,
            |known| known.id == *id,
            || {
                let parameters = about.checkpoints.parameters_of(Connector::Sink, id);
                SinkState { id: id.clone(), parameters, committables: Vec::new() }
            },
        );
    }
}

fn operator<'m>(operators: &'m mut Vec<OperatorState>, id: &str) -> &'m mut OperatorState {
    named(
        operators,
        |known| known.id == id,
        || OperatorState {
            id: id.to_owned(),
            meaning: String::new(),
            watermark: i64::MIN,
            parallelism: 0,
            notes: BTreeMap::new(),
            sections: Vec::new(),
        },
    )
}

fn add_section(
    operator: &mut OperatorState,
    saved: &state::SavedSection,
    blocks: &[Block],
    file: u32,
) {
    let section = named(
        &mut operator.sections,
        |known| known.name == saved.name,
        || Section {
            name: saved.name.to_owned(),
            layout: saved.layout.clone(),
            fingerprint: saved.fingerprint,
            entries: 0,
            blocks: Vec::new(),
        },
    );
    section.entries += blocks.iter().map(|block| u64::from(block.entries)).sum::<u64>();
    section.blocks.extend(blocks.iter().map(|block| Block { file, ..block.clone() }));
}

/// The one of a few that `is` holds for, made if there is none.
fn named<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> &mut T {
    let at = all.iter().position(is).unwrap_or_else(|| {
        all.push(make());
        all.len() - 1
    });
    &mut all[at]
}

fn split(snapshot: &SplitSnapshot) -> SplitState {
    SplitState {
        split: snapshot.split.clone(),
        position: snapshot.position.clone(),
        ended: snapshot.ended,
        times: snapshot.times.iter().map(|time| time.0).collect(),
    }
}
