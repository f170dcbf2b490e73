//! Snapshots in memory, and operators whose tasks become more or fewer: what every state is tested with.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::{Block, LoadError, Loader, Purpose, Saved, SavedBlock, SnapshotWriter};
use crate::state::State;
use crate::time::Timestamp;

/// A snapshot in memory.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    layouts: BTreeMap<&'static str, String>,
    pub(super) blocks: Vec<(&'static str, Block)>,
    /// The generation of each block.
    generations: Vec<u32>,
    notes: BTreeMap<&'static str, i64>,
    /// The sections that were asked for: who restores a state asks for all of it, also where there is nothing.
    asked: RefCell<BTreeSet<String>>,
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
        self.add(writer, None);
    }

    /// Adds what was written, behind what increments are changes to.
    fn add(&mut self, mut writer: SnapshotWriter, before: Option<&Kept>) {
        writer.finish();
        let changed: Vec<_> = writer.sections().filter(|section| section.is_increment).collect();
        let generation = if changed.is_empty() { 0 } else { before.map_or(0, Kept::generations) };
        for section in changed {
            let before = before.expect("an increment follows a checkpoint");
            for (block, generation) in before.blocks.iter().zip(&before.generations) {
                if block.0 == section.name {
                    self.blocks.push(block.clone());
                    self.generations.push(*generation);
                }
            }
        }
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
        self.generations.resize(self.blocks.len(), generation);
    }

    /// Bytes of all blocks.
    pub fn bytes(&self) -> usize {
        self.blocks.iter().map(|(_, block)| block.bytes.len()).sum()
    }

    fn of_section(&self, name: &str) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |block| block.0 == name).map(|block| &block.1)
    }
}

impl Saved for Kept {
    fn layout(&self, section: &str) -> Option<&str> {
        self.asked.borrow_mut().insert(section.to_owned());
        self.layouts.get(section).map(String::as_str)
    }
    fn blocks(&self, section: &str) -> Vec<SavedBlock> {
        let blocks = self.blocks.iter().zip(&self.generations);
        let blocks = blocks.filter(|((name, _), _)| *name == section);
        blocks
            .map(|((_, block), generation)| SavedBlock {
                hashes: block.hashes,
                entries: block.entries,
                generation: *generation,
            })
            .collect()
    }
    fn generations(&self) -> u32 {
        1 + self.generations.iter().max().copied().unwrap_or(0)
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
                let asked = kept.asked.take();
                assert!(kept.layouts.keys().all(|section| asked.contains(*section)), "{asked:?}");
                assert_eq!(state.meaning(), self.states[0].meaning());
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

/// A row of checkpoints of one state, and what increments are changes to.
#[derive(Default)]
pub(crate) struct Increments {
    last: u64,
    complete: (u64, Kept),
}

impl Increments {
    /// Takes the next checkpoint, which `meanwhile` happens before it is written; none if it is given up.
    pub fn checkpoint<S: State>(
        &mut self,
        state: &mut S,
        completes: bool,
        meanwhile: impl FnOnce(&mut S),
    ) -> Option<Kept> {
        self.last += 1;
        let (checkpoint, complete) = (self.last, self.complete.0);
        let mut writer = SnapshotWriter::new(Purpose::InRow { checkpoint, complete });
        state.save(&mut writer);
        meanwhile(state);
        if !completes {
            return None;
        }
        while state.save_more(&mut writer) {}
        let mut kept = Kept::default();
        kept.add(writer, Some(&self.complete.1));
        self.complete = (self.last, kept.clone());
        Some(kept)
    }

    /// Takes a snapshot that stands alone.
    pub fn savepoint(&self, state: &mut dyn State) -> Kept {
        Kept::of_state(state)
    }
}
