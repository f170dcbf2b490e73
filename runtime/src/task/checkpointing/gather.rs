//! Gathers the snapshots of all tasks into a checkpoint: writes their state to the store as it comes, has sinks prepare,
//! and puts the manifest together.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::checkpoint::manifest::{
    Block, FileRef, Kind, Manifest, OperatorState, Prepared, Section, SinkState, SourceState,
    SplitState,
};
use crate::checkpoint::store::{Store, StoreError, StorePath, Upload};
use crate::checkpoint::{CheckpointId, Fence, Folder};
use crate::connector::SinkError;
use crate::state;
use crate::task::snapshot::{SplitSnapshot, TaskId, TaskSnapshot};

/// A checkpoint that tasks are writing.
pub(super) struct Gathering {
    folder: Folder,
    store: Arc<dyn Store>,
    uploads: BTreeMap<TaskId, Part>,
    parts: BTreeMap<TaskId, TaskPart>,
    bytes: u64,
}

/// What of a task's state has come.
struct Part {
    path: StorePath,
    upload: Box<dyn Upload>,
    len: u64,
    /// By state and section.
    blocks: BTreeMap<(usize, usize), Vec<Block>>,
}

/// What a task has written.
struct TaskPart {
    file: Option<FileRef>,
    blocks: BTreeMap<(usize, usize), Vec<Block>>,
    snapshot: TaskSnapshot,
    prepared: Vec<(String, serde_json::Value)>,
}

/// Why a task's snapshot is not part of a checkpoint.
#[derive(Debug, thiserror::Error)]
pub(super) enum GatherError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The attempt fails: what the sink has written is in nobody's hands.
    #[error("the sink `{sink}` could not prepare its output: {source}")]
    Sink { sink: String, source: SinkError },
}

impl Gathering {
    pub(super) fn new(id: CheckpointId, fence: Fence, store: Arc<dyn Store>) -> Gathering {
        let (uploads, parts) = (BTreeMap::new(), BTreeMap::new());
        Gathering { folder: Folder { id, fence }, store, uploads, parts, bytes: 0 }
    }

    pub(super) fn id(&self) -> CheckpointId {
        self.folder.id
    }

    /// Bytes of state so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes blocks of a task's state.
    pub(super) fn write(
        &mut self,
        task: TaskId,
        state: usize,
        blocks: Vec<state::Block>,
    ) -> Result<(), StoreError> {
        let part = match self.uploads.entry(task) {
            std::collections::btree_map::Entry::Occupied(part) => part.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let path = self.folder.state(task.0, task.1);
                let upload = self.store.upload(&path)?;
                place.insert(Part { path, upload, len: 0, blocks: BTreeMap::new() })
            }
        };
        for block in blocks {
            part.upload.write(&block.bytes)?;
            let len = u32::try_from(block.bytes.len()).expect("a block is far below 4 GiB");
            part.blocks.entry((state, block.section)).or_default().push(Block {
                file: 0,
                offset: part.len,
                len,
                crc32c: crc32c::crc32c(&block.bytes),
                entries: block.entries,
                hashes: block.hashes,
            });
            part.len += u64::from(len);
            self.bytes += u64::from(len);
        }
        Ok(())
    }

    /// Makes a task's snapshot durable; from then on it counts. Answers what it has written, in bytes.
    pub(super) fn complete(&mut self, mut snapshot: TaskSnapshot) -> Result<u64, GatherError> {
        let task = snapshot.task;
        let (file, blocks) = match self.uploads.remove(&task) {
            Some(Part { path, upload, len, blocks }) => {
                upload.finish()?;
                (Some(FileRef { path, len }), blocks)
            }
            None => (None, BTreeMap::new()),
        };
        let mut prepared = Vec::new();
        for sink in &mut snapshot.sinks {
            if let Some(prepare) = sink.preparation.take() {
                let committable = prepare()
                    .map_err(|source| GatherError::Sink { sink: sink.name.clone(), source })?;
                prepared.push((sink.name.clone(), committable.0));
            }
        }
        let bytes = file.as_ref().map_or(0, |file| file.len);
        self.parts.insert(task, TaskPart { file, blocks, snapshot, prepared });
        Ok(bytes)
    }

    /// The manifest of all tasks' snapshots. `carried` is what sinks prepared for checkpoints that were given up.
    pub(super) fn manifest(
        &self,
        about: &About,
        kind: Kind,
        carried: &BTreeMap<String, Vec<Prepared>>,
    ) -> Manifest {
        let mut manifest = Manifest {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            job: about.job.clone(),
            id: self.folder.id,
            fence: self.folder.fence,
            kind,
            key_groups: about.key_groups,
            hash: crate::checkpoint::manifest::HASH.to_owned(),
            operators: Vec::new(),
            files: Vec::new(),
            sources: Vec::new(),
            sinks: Vec::new(),
            finished: kind == Kind::Final,
        };
        for part in self.parts.values() {
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
                    add(operator, section, blocks, file);
                }
            }
            if let Some(source) = &part.snapshot.source {
                let known = named(&mut manifest.sources, |known| known.id == source.name, || {
                    let parameters = about.parameters_of(&source.name);
                    SourceState { id: source.name.clone(), parameters, splits: Vec::new() }
                });
                known.splits.extend(source.splits.iter().map(split));
            }
        }
        for (sink, prepared) in self.prepared_with(carried) {
            let parameters = about.parameters_of(&sink);
            manifest.sinks.push(SinkState { id: sink, parameters, committables: prepared });
        }
        for source in &mut manifest.sources {
            source.splits.sort_by(|a, b| a.split.id.cmp(&b.split.id));
        }
        manifest
    }

    /// What sinks have prepared, for this checkpoint and before, in the order of checkpoints.
    pub(super) fn prepared_with(
        &self,
        carried: &BTreeMap<String, Vec<Prepared>>,
    ) -> BTreeMap<String, Vec<Prepared>> {
        let mut all = carried.clone();
        for ((_, task), part) in &self.parts {
            for (sink, committable) in &part.prepared {
                let (checkpoint, task) = (self.folder.id, *task as u32);
                let prepared = Prepared { checkpoint, task, committable: committable.clone() };
                all.entry(sink.clone()).or_default().push(prepared);
            }
        }
        all
    }
}

/// What a manifest says of the job.
pub(super) struct About {
    pub(super) job: String,
    pub(super) key_groups: u32,
    /// Of sources and sinks, by name: what makes two runs' input and output the same.
    pub(super) parameters: BTreeMap<String, String>,
}

impl About {
    fn parameters_of(&self, name: &str) -> String {
        self.parameters.get(name).cloned().unwrap_or_default()
    }
}

fn operator<'m>(operators: &'m mut Vec<OperatorState>, id: &str) -> &'m mut OperatorState {
    named(operators, |known| known.id == id, || OperatorState {
        id: id.to_owned(),
        meaning: String::new(),
        watermark: i64::MIN,
        parallelism: 0,
        notes: BTreeMap::new(),
        sections: Vec::new(),
    })
}

fn add(operator: &mut OperatorState, saved: &state::SavedSection, blocks: &[Block], file: u32) {
    let section = named(&mut operator.sections, |known| known.name == saved.name, || Section {
        name: saved.name.to_owned(),
        layout: saved.layout.clone(),
        fingerprint: saved.fingerprint,
        entries: 0,
        blocks: Vec::new(),
    });
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
