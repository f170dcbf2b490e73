//! Gathers the snapshots of all tasks into a checkpoint: writes their state to the store as it comes, has sinks prepare,
//! and puts the manifest together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::driver::Committed;
use crate::checkpoint::coordinator::{self, Decline};
use crate::checkpoint::manifest::{
    Block, FileRef, Kind, Manifest, OperatorState, Prepared, Section, SinkState, SourceState,
    SplitState,
};
use crate::checkpoint::store::{Store, StoreError, StorePath, Upload};
use crate::checkpoint::{CheckpointId, Fence, Folder};
use crate::state;
use crate::task::Failure;
use crate::task::panics::guard;
use crate::task::snapshot::{
    Checkpoints, Connector, SinkSnapshot, SplitSnapshot, StateSnapshot, TaskId, TaskSnapshot,
};

/// Tasks' state on its way into the store.
pub(super) struct Gathering {
    fence: Fence,
    store: Arc<dyn Store>,
    uploads: BTreeMap<(CheckpointId, TaskId), Part>,
    /// Of the checkpoint written last.
    figures: (CheckpointId, Figures),
    /// The checkpoint that a manifest was made of last.
    last: (CheckpointId, Vec<Rc<TaskPart>>),
    /// What increments are changes to: the parts of the last checkpoint that is complete.
    complete: BTreeMap<TaskId, Rc<TaskPart>>,
}

/// What is told of a checkpoint besides its contents.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    /// Bytes of state that it holds.
    pub(super) bytes: u64,
    /// Bytes of state that were written for it.
    pub(super) written: u64,
    /// How long channels waited for each other, in the task where that was longest.
    pub(super) alignment: Duration,
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
    file: Option<Arc<FileRef>>,
    /// As many as the snapshot has.
    states: Vec<StatePart>,
    snapshot: TaskSnapshot,
}

/// What a task's part has of a state: as many sections as the snapshot has of it.
struct StatePart {
    /// How many increments there are on what is whole.
    generation: u32,
    sections: Vec<Vec<Placed>>,
}

/// A block, and where it is: in the file of an earlier checkpoint if it did not change since.
#[derive(Clone)]
struct Placed {
    file: Arc<FileRef>,
    block: Block,
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

    /// Puts increments behind what they change; none if that is not there.
    fn new(
        snapshot: TaskSnapshot,
        file: Option<Arc<FileRef>>,
        mut blocks: Blocks,
        before: Option<&TaskPart>,
    ) -> Option<TaskPart> {
        let mut states = Vec::new();
        for (number, state) in snapshot.states.iter().enumerate() {
            let before = before.and_then(|part| part.state(&state.id));
            let is_increment = state.sections.iter().any(|section| section.is_increment);
            let generation = if is_increment { before.as_ref()?.1.generation + 1 } else { 0 };
            let sections = state.sections.iter().enumerate().map(|(at, section)| {
                let known = before.as_ref().filter(|_| section.is_increment);
                let known = known.and_then(|(saved, part)| {
                    let at = saved.sections.iter().position(|known| known.name == section.name)?;
                    Some(part.sections[at].clone())
                });
                let generation = if section.is_increment { generation } else { 0 };
                let new = blocks.remove(&(number, at)).into_iter().flatten().map(|block| {
                    let file = file.clone().expect("blocks are in a file");
                    Placed { file, block: Block { generation, ..block } }
                });
                known.into_iter().flatten().chain(new).collect()
            });
            states.push(StatePart { generation, sections: sections.collect() });
        }
        Some(TaskPart { file, states, snapshot })
    }

    fn state(&self, id: &str) -> Option<(&StateSnapshot, &StatePart)> {
        self.snapshot.states.iter().zip(&self.states).find(|(state, _)| state.id == id)
    }
}

impl Gathering {
    pub(super) fn new(fence: Fence, store: Arc<dyn Store>) -> Gathering {
        let none = CheckpointId(0);
        Gathering {
            fence,
            store,
            uploads: BTreeMap::new(),
            figures: (none, Figures::default()),
            last: (none, Vec::new()),
            complete: BTreeMap::new(),
        }
    }

    /// Where a checkpoint lies.
    pub(super) fn folder(&self, id: CheckpointId) -> Folder {
        Folder { id, fence: self.fence }
    }

    /// The figures of a checkpoint, if it is the last one.
    pub(super) fn figures(&self, id: CheckpointId) -> Figures {
        if self.figures.0 == id { self.figures.1 } else { Figures::default() }
    }

    fn figures_mut(&mut self, id: CheckpointId) -> &mut Figures {
        if self.figures.0 != id {
            self.figures = (id, Figures::default());
        }
        &mut self.figures.1
    }

    /// Writes blocks of a task's state.
    pub(super) fn write(
        &mut self,
        id: CheckpointId,
        task: TaskId,
        state: usize,
        blocks: Vec<state::Block>,
    ) {
        self.figures_mut(id);
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
            if let Err(error) = upload.write(&block.bytes)
                && !cfg!(bug_24)
            {
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
                generation: 0,
            });
            part.file.len += u64::from(len);
            self.figures.1.written += u64::from(len);
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
        let part = written.map_err(|error| error.to_string()).and_then(|written| {
            let (file, blocks) = written.unzip();
            let before = self.complete.get(&task).map(|part| &**part);
            let part =
                TaskPart::new(snapshot, file.map(Arc::new), blocks.unwrap_or_default(), before);
            part.ok_or_else(|| "an increment of nothing: this is a defect of the engine".to_owned())
        });
        (part.map_err(Decline::Snapshot), prepared)
    }

    /// A checkpoint, if it is the last that a manifest was made of, is complete: increments may build on it.
    pub(super) fn completed(&mut self, id: CheckpointId) {
        if self.last.0 == id {
            let parts = std::mem::take(&mut self.last.1);
            self.complete = parts.into_iter().map(|part| (part.task(), part)).collect();
        }
    }

    /// The manifest of all tasks' parts.
    pub(super) fn manifest(
        &mut self,
        about: &About,
        (id, kind): (CheckpointId, Kind),
        parts: Vec<Rc<TaskPart>>,
        prepared: &[coordinator::Prepared<Committed>],
    ) -> Manifest {
        let mut manifest = Manifest::empty(&about.job, (id, self.fence, kind), about.key_groups);
        let mut files = BTreeMap::new();
        for part in &parts {
            add_part(&mut manifest, &mut files, part, about);
        }
        let figures = self.figures_mut(id);
        let sections = manifest.operators.iter().flat_map(|operator| &operator.sections);
        figures.bytes = sections.map(Section::bytes).sum();
        let waits = parts.iter().map(|part| part.snapshot.alignment);
        figures.alignment = waits.max().unwrap_or_default();
        self.last = (id, parts);
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

/// The numbers of files in a manifest.
type Files = BTreeMap<StorePath, u32>;

fn add_part(manifest: &mut Manifest, files: &mut Files, part: &TaskPart, about: &About) {
    for (state, of_state) in part.snapshot.states.iter().zip(&part.states) {
        let operator = operator(&mut manifest.operators, state);
        let watermark = part.snapshot.watermark.0;
        operator.watermark = match operator.parallelism {
            0 => watermark,
            // The same in all, but for tasks that were idle: what fired in one must not fire again in another.
            _ if about.checkpoints.mode.aligns() => operator.watermark.max(watermark),
            // They are as far as their inputs happened to be: what the last of them has not seen is not late.
            _ => operator.watermark.min(watermark),
        };
        operator.parallelism += 1;
        for (note, value) in &state.notes {
            let known = operator.notes.entry((*note).to_owned()).or_insert(*value);
            *known = (*known).max(*value);
        }
        for (section, blocks) in state.sections.iter().zip(&of_state.sections) {
            let section = section_of(operator, section);
            for Placed { file, block } in blocks {
                let number = files.get(&file.path).copied().unwrap_or_else(|| {
                    manifest.files.push((**file).clone());
                    let number = manifest.files.len() as u32 - 1;
                    files.insert(file.path.clone(), number);
                    number
                });
                section.entries += u64::from(block.entries);
                section.blocks.push(Block { file: number, ..block.clone() });
            }
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

fn operator<'m>(
    operators: &'m mut Vec<OperatorState>,
    state: &StateSnapshot,
) -> &'m mut OperatorState {
    named(
        operators,
        |known| known.id == state.id,
        || OperatorState {
            id: state.id.clone(),
            meaning: state.meaning.clone(),
            watermark: i64::MIN,
            parallelism: 0,
            notes: BTreeMap::new(),
            sections: Vec::new(),
        },
    )
}

fn section_of<'o>(operator: &'o mut OperatorState, saved: &state::SavedSection) -> &'o mut Section {
    named(
        &mut operator.sections,
        |known| known.name == saved.name,
        || Section {
            name: saved.name.to_owned(),
            layout: saved.layout.clone(),
            fingerprint: saved.fingerprint,
            entries: 0,
            blocks: Vec::new(),
        },
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::store::memory::{Injected, MemoryStore, Operation};
    use crate::checkpoint::{Attempt, Epoch};
    use crate::task::CheckpointMode;
    use crate::task::committers::Committers;
    use crate::time::Timestamp;

    /// What a task without source and sinks has in the first checkpoint.
    fn snapshot(task: TaskId, watermark: Timestamp, states: Vec<StateSnapshot>) -> TaskSnapshot {
        let (alignment, source, sinks) = (Duration::ZERO, None, Vec::new());
        TaskSnapshot { checkpoint: 1, task, alignment, watermark, states, source, sinks }
    }

    /// The time of an operator, in a checkpoint of two tasks that are as far as this.
    fn time_of(mode: CheckpointMode, times: [i64; 2]) -> i64 {
        let (to, _from) = std::sync::mpsc::sync_channel(1);
        let checkpoints = Arc::new(Checkpoints::new((1, mode), Committers::default(), to));
        let about = About { job: "a".to_owned(), key_groups: 4, checkpoints };
        let fence = Fence { epoch: Epoch(1), attempt: Attempt(1) };
        let mut gathering = Gathering::new(fence, Arc::new(MemoryStore::default()));
        let id = CheckpointId(1);
        let parts = times.into_iter().enumerate().map(|(task, time)| {
            let (id, meaning) = ("sums".to_owned(), "a sum".to_owned());
            let (sections, notes) = (Vec::new(), BTreeMap::new());
            let states = vec![StateSnapshot { id, meaning, sections, notes }];
            let snapshot = snapshot((0, task), Timestamp(time), states);
            Rc::new(gathering.complete(snapshot).0.unwrap())
        });
        let parts = parts.collect();
        gathering.manifest(&about, (id, Kind::Checkpoint), parts, &[]).operators[0].watermark
    }

    /// Where a channel ran ahead, it did so in one task and not in the other: what comes again is not late there.
    #[test]
    fn time_goes_on_from_the_slowest_task_where_channels_do_not_wait() {
        for times in [[-30, -7], [-7, -30]] {
            assert_eq!(time_of(CheckpointMode::ExactlyOnce, times), -7);
            assert_eq!(time_of(CheckpointMode::AtLeastOnce, times), -30);
        }
    }

    fn block(byte: u8) -> Vec<state::Block> {
        vec![state::Block { section: 0, bytes: vec![byte; 8], entries: 1, hashes: (0, 1) }]
    }

    /// The second block of a task finds no space; its part ends all the same.
    #[test]
    fn bug_24_what_was_written_in_part_is_not_acknowledged() {
        let store = MemoryStore::default();
        let fence = Fence { epoch: Epoch(1), attempt: Attempt(1) };
        let mut gathering = Gathering::new(fence, Arc::new(store.clone()));
        let (id, task) = (CheckpointId(1), (0, 0));
        gathering.write(id, task, 0, block(1));
        store.inject(|operation, _| (operation == Operation::Write).then_some(Injected::NoSpace));
        gathering.write(id, task, 0, block(2));
        store.heal();
        gathering.write(id, task, 0, block(3));
        let (part, _) = gathering.complete(snapshot(task, Timestamp::MIN, Vec::new()));
        assert!(matches!(part, Err(Decline::Snapshot(_))), "it is not whole");
    }
}
