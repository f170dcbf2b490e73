//! Writing a snapshot of one state of one task.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use crate::record::{Arena, Emit, Layout, Record};

/// Some entries of a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The section's number, in the order of [`SnapshotWriter::sections`].
    pub section: usize,
    /// Archives, and where they begin.
    pub bytes: Vec<u8>,
    /// How many entries there are.
    pub entries: u32,
    /// The least and the greatest hash of their keys.
    pub hashes: (u64, u64),
}

/// What is known of a section besides its blocks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SavedSection {
    /// Its name: unique in the state.
    pub name: &'static str,
    /// The layout of its entries, without the hash.
    pub layout: String,
    /// The fingerprint of that layout.
    pub fingerprint: u64,
}

/// Takes what a state writes into a snapshot.
#[derive(Default)]
pub struct SnapshotWriter {
    sections: Vec<Section>,
    blocks: Vec<Block>,
    notes: BTreeMap<&'static str, i64>,
}

struct Section {
    about: SavedSection,
    record: TypeId,
    arena: Arena,
    roots: Vec<u32>,
    entries: u32,
    hashes: (u64, u64),
}

impl Section {
    fn new<R: Record>(name: &'static str) -> Section {
        let layout = Layout::of::<R>();
        let (fingerprint, layout) = (layout.fingerprint(), layout.as_str().to_owned());
        Section {
            about: SavedSection { name, layout, fingerprint },
            record: TypeId::of::<R>(),
            arena: Arena::default(),
            roots: Vec::new(),
            entries: 0,
            hashes: (u64::MAX, 0),
        }
    }

    /// What was written since the last block.
    fn take(&mut self, section: usize) -> Block {
        let mut bytes = Vec::with_capacity(self.arena.len() + 4 * self.roots.len());
        bytes.extend_from_slice(self.arena.as_bytes());
        bytes.extend(self.roots.iter().flat_map(|root| root.to_le_bytes()));
        self.arena.clear();
        self.roots.clear();
        let entries = std::mem::take(&mut self.entries);
        let hashes = std::mem::replace(&mut self.hashes, (u64::MAX, 0));
        Block { section, bytes, entries, hashes }
    }
}

impl SnapshotWriter {
    /// Bytes after which a block is full: few enough to be written while others are read.
    const BLOCK: usize = 256 << 10;
    /// Bytes after which a state should go on later: what takes less than a turn to write.
    const SLICE: usize = 64 << 10;

    /// Begins a section, or goes on with it.
    ///
    /// # Panics
    /// If it was begun with entries of another type.
    pub fn section<R: Record>(&mut self, name: &'static str) -> SectionWriter<'_, R> {
        let known = self.sections.iter().position(|section| section.about.name == name);
        let number = known.unwrap_or_else(|| {
            self.sections.push(Section::new::<R>(name));
            self.sections.len() - 1
        });
        let section = &mut self.sections[number];
        assert!(section.record == TypeId::of::<R>(), "section `{name}` has entries of one type");
        let blocks = &mut self.blocks;
        SectionWriter { section, number, blocks, left: Self::SLICE, entry: PhantomData }
    }

    /// Notes a number of the task as a whole; who restores is given the greatest that any task noted.
    pub fn note(&mut self, name: &'static str, number: i64) {
        self.notes.insert(name, number);
    }

    /// The notes so far.
    pub fn notes(&self) -> &BTreeMap<&'static str, i64> {
        &self.notes
    }

    /// The sections begun so far.
    pub fn sections(&self) -> impl Iterator<Item = &SavedSection> {
        self.sections.iter().map(|section| &section.about)
    }

    /// The full blocks so far.
    pub fn take_blocks(&mut self) -> Vec<Block> {
        std::mem::take(&mut self.blocks)
    }

    /// Makes blocks of all that was written: nothing more will come.
    pub fn finish(&mut self) {
        for (number, section) in self.sections.iter_mut().enumerate() {
            if section.entries > 0 {
                self.blocks.push(section.take(number));
            }
        }
    }
}

/// Takes the entries of one section.
pub struct SectionWriter<'w, R> {
    section: &'w mut Section,
    number: usize,
    blocks: &'w mut Vec<Block>,
    left: usize,
    entry: PhantomData<fn() -> R>,
}

impl<R: Record> SectionWriter<'_, R> {
    /// Writes an entry under the hash of its key.
    #[inline]
    pub fn put<E: Emit<Record = R>>(&mut self, hash: u64, entry: E) {
        let section = &mut *self.section;
        let before = section.arena.len();
        let root = section.arena.put(&(hash, entry));
        if !<(u64, R)>::FIXED {
            section.roots.push(root);
        }
        section.entries += 1;
        section.hashes = (section.hashes.0.min(hash), section.hashes.1.max(hash));
        self.left = self.left.saturating_sub(section.arena.len() - before);
        if section.arena.len() >= SnapshotWriter::BLOCK {
            self.complete();
        }
    }

    #[cold]
    #[inline(never)]
    fn complete(&mut self) {
        self.blocks.push(self.section.take(self.number));
    }

    /// True if enough was written for now: the state should go on in a later turn.
    #[inline]
    pub fn is_enough(&self) -> bool {
        self.left == 0
    }
}
