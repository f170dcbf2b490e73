//! Snapshots in memory, and operators whose tasks become more or fewer: what every state is tested with.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Block, LoadError, Loader, Saved, SnapshotWriter};
use crate::state::State;
use crate::time::Timestamp;

/// A snapshot in memory.
#[derive(Default)]
pub(crate) struct Kept {
    layouts: BTreeMap<&'static str, String>,
    pub(super) blocks: Vec<(&'static str, Block)>,
    notes: BTreeMap<&'static str, i64>,
}

impl Kept {
    /// What `write` writes.
    pub fn of(write: impl FnOnce(&mut SnapshotWriter)) -> Kept {
        let mut kept = Kept::default();
        kept.take(write);
        kept
    }

    /// A state as it is.
    pub fn of_state(state: &mut dyn State) -> Kept {
        let mut kept = Kept::default();
        kept.take_state(state);
        kept
    }

    /// Adds what a task has.
    pub fn take_state(&mut self, state: &mut dyn State) {
        self.take(|out| save_whole(state, out));
    }

    /// Adds what a task writes.
    pub fn take(&mut self, write: impl FnOnce(&mut SnapshotWriter)) {
        let mut writer = SnapshotWriter::default();
        write(&mut writer);
        writer.finish();
        for (&name, &number) in writer.notes() {
            let known = self.notes.entry(name).or_insert(number);
            *known = number.max(*known);
        }
        let names: Vec<_> = writer.sections().map(|section| section.name).collect();
        for section in writer.sections() {
            self.layouts.insert(section.name, section.layout.clone());
        }
        let blocks = writer.take_blocks().into_iter();
        self.blocks.extend(blocks.map(|block| (names[block.section], block)));
    }

    fn of_section(&self, name: &str) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.0 == name).map(|block| &block.1)
    }
}

impl Saved for Kept {
    fn layout(&self, section: &str) -> Option<&str> {
        self.layouts.get(section).map(String::as_str)
    }
    fn blocks(&self, section: &str) -> Vec<((u64, u64), u32)> {
        self.of_section(section).map(|block| (block.hashes, block.entries)).collect()
    }
    fn note(&self, name: &str) -> Option<i64> {
        self.notes.get(name).copied()
    }
    fn read(&self, section: &str, block: usize) -> Result<Vec<u8>, LoadError> {
        Ok(self.of_section(section).nth(block).expect("a block").bytes.clone())
    }
}

/// Saves a state at once.
pub(crate) fn save_whole(state: &mut dyn State, out: &mut SnapshotWriter) {
    state.save(out);
    while state.save_more(out) {}
}

/// The task that a hash belongs to, of so many.
pub(crate) fn task_of(hash: u64, tasks: usize) -> usize {
    ((u128::from(hash) * tasks as u128) >> 64) as usize
}

/// The hashes of each of so many tasks.
pub(crate) fn shares(tasks: usize) -> impl Iterator<Item = RangeInclusive<u64>> {
    let start = move |task: usize| ((task as u128) << 64).div_ceil(tasks as u128);
    (0..tasks).map(move |task| start(task) as u64..=(start(task + 1) - 1) as u64)
}

/// When an operator is saved and restored, and by how many tasks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rescale {
    /// Behind this step.
    pub behind: usize,
    pub tasks: usize,
}

/// Two of them, so that states of one task go to several, and those of several to one that is none of them.
pub(crate) fn rescales() -> impl proptest::strategy::Strategy<Value = Vec<Rescale>> {
    use proptest::prelude::*;
    let rescale = (0usize..30, 1usize..4).prop_map(|(behind, tasks)| Rescale { behind, tasks });
    prop::collection::vec(rescale, 1..4)
}

/// The states of an operator's tasks.
pub(crate) struct Tasks<S, F> {
    make: F,
    states: Vec<S>,
}

impl<S: State, F: Fn() -> S> Tasks<S, F> {
    /// One task.
    pub fn one(make: F) -> Self {
        Tasks { states: vec![make()], make }
    }

    /// The state that a key of this hash belongs to.
    pub fn of(&mut self, hash: u64) -> &mut S {
        let task = task_of(hash, self.states.len());
        &mut self.states[task]
    }

    pub fn all(&mut self) -> impl Iterator<Item = &mut S> {
        self.states.iter_mut()
    }

    /// Saves all states and restores them in new ones, if it is time to.
    pub fn rescale(&mut self, when: &[Rescale], step: usize, watermark: i64, clock: i64) {
        for Rescale { tasks, .. } in when.iter().filter(|rescale| rescale.behind == step) {
            let mut kept = Kept::default();
            for state in &mut self.states {
                kept.take_state(state);
            }
            let times = (Timestamp(watermark), Timestamp(clock));
            let restored = shares(*tasks).map(|hashes| {
                let mut state = (self.make)();
                state.load(&Loader::new(&kept, hashes, times.0, times.1)).unwrap();
                state
            });
            self.states = restored.collect();
        }
    }
}

/// What several tasks put out in a step, in the order in which tasks of so many would.
pub(crate) fn by_task<T>(mut rows: Vec<T>, tasks: usize, hash: impl Fn(&T) -> u64) -> Vec<T> {
    rows.sort_by_key(|row| task_of(hash(row), tasks));
    rows
}
