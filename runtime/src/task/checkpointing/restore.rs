//! Makes of a manifest what an attempt goes on from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::choose::without_help;
use crate::checkpoint::manifest::{Block, FileRef, Manifest, OperatorState, Section, SplitState};
use crate::checkpoint::store::Store;
use crate::connector::Committable;
use crate::error::JobError;
use crate::state::{LoadError, Saved, SavedBlock};
use crate::task::restored::{Restored, RestoredState};
use crate::task::snapshot::{Connector, SplitSnapshot};
use crate::time::Timestamp;

/// What the checkpoint holds for tasks.
pub(super) fn restored(manifest: &Manifest, store: &Arc<dyn Store>) -> Restored {
    let files: Arc<[FileRef]> = manifest.files.as_slice().into();
    let states = manifest.operators.iter().map(|operator| {
        let (store, files) = (store.clone(), files.clone());
        let watermark = Timestamp(operator.watermark);
        let meaning = operator.meaning.clone();
        let saved = Arc::new(Stored { operator: operator.clone(), files, store });
        (operator.id.clone(), RestoredState { meaning, saved, watermark })
    });
    let sources = manifest.sources.iter().map(|source| {
        let open = source.splits.iter().filter(|split| !split.ended);
        (source.id.clone(), open.map(snapshot).collect())
    });
    let of =
        |connector, id: &String, parameters: &String| ((connector, id.clone()), parameters.clone());
    let read = manifest.sources.iter().map(|it| of(Connector::Source, &it.id, &it.parameters));
    let written = manifest.sinks.iter().map(|it| of(Connector::Sink, &it.id, &it.parameters));
    let parameters = read.chain(written).collect();
    Restored { states: states.collect(), sources: sources.collect(), parameters }
}

/// What the checkpoint holds for sinks, in the order in which it is to be committed.
pub(super) fn kept(manifest: &Manifest) -> BTreeMap<String, Vec<Committable>> {
    let sinks = manifest.sinks.iter().map(|sink| {
        let mut prepared: Vec<_> = sink.committables.iter().collect();
        // As if its task's number were an index.
        prepared.retain(|one| !cfg!(bug_38) || (one.task as usize) < sink.committables.len());
        prepared.sort_by_key(|prepared| prepared.checkpoint);
        let committables = prepared.into_iter().map(|one| Committable(one.committable.clone()));
        (sink.id.clone(), committables.collect())
    });
    sinks.collect()
}

/// What is wrong with the stored state, if it is that which made an attempt fail.
pub(super) fn damage(error: &JobError) -> Option<String> {
    let JobError::Task { failure, .. } = error else { return None };
    let cause = failure.cause().downcast_ref::<LoadError>()?;
    let is_damage = match cause {
        LoadError::Unread(why) => why.is::<BlockError>(),
        LoadError::Short { .. } | LoadError::Damaged { .. } => true,
        LoadError::Entry { .. } => true,
        LoadError::Layout { .. } | LoadError::Meaning { .. } => false,
    };
    is_damage.then(|| without_help(cause))
}

fn snapshot(state: &SplitState) -> SplitSnapshot {
    SplitSnapshot {
        split: state.split.clone(),
        position: state.position.clone().filter(|_| !cfg!(bug_39)),
        ended: false,
        times: state.times.iter().map(|time| Timestamp(*time)).collect(),
    }
}

/// A state in the files of a checkpoint.
struct Stored {
    operator: OperatorState,
    files: Arc<[FileRef]>,
    store: Arc<dyn Store>,
}

/// Why a block cannot be had.
#[derive(Debug, thiserror::Error)]
enum BlockError {
    #[error(
        "the state file `{0}` is missing\nhelp: go on from an older checkpoint, or from a savepoint"
    )]
    Missing(String),
    #[error(
        "the state file `{path}` is damaged at byte {offset}: {what}\nhelp: go on from an older checkpoint, or from a savepoint"
    )]
    Damaged { path: String, offset: u64, what: &'static str },
}

impl Stored {
    fn section(&self, name: &str) -> Option<&Section> {
        self.operator.sections.iter().find(|section| section.name == name)
    }

    fn read_block(&self, block: &Block) -> Result<Vec<u8>, LoadError> {
        let unread = |error: BlockError| LoadError::Unread(Box::new(error));
        let file = &self.files[block.file as usize];
        let path = || file.path.as_str().to_owned();
        let range = block.offset..block.offset + u64::from(block.len);
        let bytes = self.store.read(&file.path, Some(range));
        let bytes = bytes.map_err(|error| LoadError::Unread(Box::new(error)))?;
        let bytes = bytes.ok_or_else(|| unread(BlockError::Missing(path())))?;
        let damaged =
            |what| unread(BlockError::Damaged { path: path(), offset: block.offset, what });
        if bytes.len() != block.len as usize {
            return Err(damaged("it ends too early"));
        }
        if crc32c::crc32c(&bytes) != block.crc32c {
            return Err(damaged("its checksum is another"));
        }
        Ok(bytes)
    }
}

impl Saved for Stored {
    fn layout(&self, section: &str) -> Option<&str> {
        self.section(section).map(|section| section.layout.as_str())
    }

    fn blocks(&self, section: &str) -> Vec<SavedBlock> {
        let blocks = self.section(section).into_iter().flat_map(|section| &section.blocks);
        let about = |&Block { hashes, entries, generation, .. }: &Block| SavedBlock {
            hashes,
            entries,
            generation,
        };
        blocks.map(about).collect()
    }

    fn generations(&self) -> u32 {
        let blocks = self.operator.sections.iter().flat_map(|section| &section.blocks);
        1 + blocks.map(|block| block.generation).max().unwrap_or(0)
    }

    fn note(&self, name: &str) -> Option<i64> {
        self.operator.notes.get(name).copied()
    }

    fn read(&self, section: &str, block: usize) -> Result<Vec<u8>, LoadError> {
        let section = self.section(section).expect("its blocks were asked for");
        self.read_block(&section.blocks[block])
    }
}
