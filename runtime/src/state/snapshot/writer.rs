//! Writing a snapshot of one state of one task.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::{Rc, Weak};
use std::sync::{Mutex, PoisonError};

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
    /// True if the entries are changes to those of the checkpoint before.
    pub is_increment: bool,
}

/// What a snapshot is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Purpose {
    /// It stands alone, and none follows it: a savepoint.
    #[default]
    Alone,
    /// A checkpoint in a row of them.
    InRow {
        /// Its number.
        checkpoint: u64,
        /// The last one that is complete: all after it will never be.
        complete: u64,
    },
}

/// Takes what a state writes into a snapshot.
#[derive(Default)]
pub struct SnapshotWriter {
    purpose: Purpose,
    sections: Vec<Rc<RefCell<Section>>>,
    notes: BTreeMap<&'static str, i64>,
}

struct Section {
    about: SavedSection,
    record: TypeId,
    number: usize,
    arena: Arena,
    roots: Vec<u32>,
    entries: u32,
    hashes: (u64, u64),
    full: Vec<Block>,
}

/// Bytes after which a block is full: few enough to be written while others are read.
const BLOCK: usize = 256 << 10;
/// Blocks' memory that is kept for others: memory that was never used costs as much again as what is written to it.
const SPARE: usize = 16;
static BUFFERS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

impl Drop for Block {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let is_of_a_block = (BLOCK..2 * BLOCK).contains(&bytes.capacity());
        let mut buffers = BUFFERS.lock().unwrap_or_else(PoisonError::into_inner);
        if is_of_a_block && buffers.len() < SPARE {
            buffers.push(bytes);
        }
    }
}

/// Memory for a block.
fn buffer() -> Vec<u8> {
    let spare = BUFFERS.lock().unwrap_or_else(PoisonError::into_inner).pop();
    // The last entry reaches beyond.
    spare.unwrap_or_else(|| Vec::with_capacity(BLOCK + BLOCK / 8))
}

impl Section {
    fn new<R: Record>(name: &'static str, number: usize) -> Section {
        let layout = Layout::of::<R>();
        let (fingerprint, layout) = (layout.fingerprint(), layout.as_str().to_owned());
        Section {
            about: SavedSection { name, layout, fingerprint, is_increment: false },
            record: TypeId::of::<R>(),
            number,
            arena: Arena::default(),
            roots: Vec::new(),
            entries: 0,
            hashes: (u64::MAX, 0),
            full: Vec::new(),
        }
    }

    #[inline]
    fn put<E: Emit>(&mut self, hash: u64, entry: E) {
        let root = self.arena.put(&(hash, entry));
        if !<(u64, E::Record)>::FIXED {
            self.roots.push(root);
        }
        self.entries += 1;
        self.hashes = (self.hashes.0.min(hash), self.hashes.1.max(hash));
        if self.arena.len() >= BLOCK {
            self.complete();
        }
    }

    /// Makes a block of what was written since the last one.
    #[cold]
    #[inline(never)]
    fn complete(&mut self) {
        // More comes behind a full block, and little, if any, behind the last.
        let next = if self.arena.len() >= BLOCK { buffer() } else { Vec::new() };
        let mut bytes = self.arena.replace(next);
        bytes.extend(self.roots.iter().flat_map(|root| root.to_le_bytes()));
        self.roots.clear();
        let (section, entries) = (self.number, std::mem::take(&mut self.entries));
        let hashes = std::mem::replace(&mut self.hashes, (u64::MAX, 0));
        self.full.push(Block { section, bytes, entries, hashes });
    }
}

impl SnapshotWriter {
    /// For a snapshot that serves such a purpose.
    pub fn new(purpose: Purpose) -> SnapshotWriter {
        SnapshotWriter { purpose, ..SnapshotWriter::default() }
    }

    /// What the snapshot is for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Begins a section, or goes on with it.
    ///
    /// # Panics
    /// If it was begun with entries of another type.
    pub fn section<R: Record>(&mut self, name: &'static str) -> SectionWriter<'_, R> {
        let number = self.number_of::<R>(name);
        SectionWriter { section: &self.sections[number], entry: PhantomData }
    }

    /// The same, for a state that goes on writing to it between other things.
    ///
    /// # Panics
    /// If it was begun with entries of another type.
    pub fn later<R: Record>(&mut self, name: &'static str) -> LaterSection {
        let number = self.number_of::<R>(name);
        LaterSection { section: Rc::downgrade(&self.sections[number]) }
    }

    fn number_of<R: Record>(&mut self, name: &'static str) -> usize {
        let mut known = self.sections.iter();
        let number = known.position(|section| section.borrow().about.name == name);
        let number = number.unwrap_or_else(|| {
            let section = Section::new::<R>(name, self.sections.len());
            self.sections.push(Rc::new(RefCell::new(section)));
            self.sections.len() - 1
        });
        let record = self.sections[number].borrow().record;
        assert!(record == TypeId::of::<R>(), "section `{name}` has entries of one type");
        number
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
    pub fn sections(&self) -> impl Iterator<Item = SavedSection> {
        self.sections.iter().map(|section| section.borrow().about.clone())
    }

    /// The full blocks so far.
    pub fn take_blocks(&mut self) -> Vec<Block> {
        let sections = self.sections.iter();
        sections.flat_map(|section| std::mem::take(&mut section.borrow_mut().full)).collect()
    }

    /// Makes blocks of all that was written: nothing more will come.
    pub fn finish(&mut self) {
        for section in &self.sections {
            let mut section = section.borrow_mut();
            if section.entries > 0 {
                section.complete();
            }
        }
    }
}

/// Takes the entries of one section.
pub struct SectionWriter<'w, R> {
    section: &'w RefCell<Section>,
    entry: PhantomData<fn() -> R>,
}

impl<R: Record> SectionWriter<'_, R> {
    /// Writes an entry under the hash of its key.
    #[inline]
    pub fn put<E: Emit<Record = R>>(&mut self, hash: u64, entry: E) {
        self.section.borrow_mut().put(hash, entry);
    }
}

/// Takes the entries of one section as they come, for as long as the snapshot is wanted. Clones are the same section.
#[derive(Clone)]
pub struct LaterSection {
    section: Weak<RefCell<Section>>,
}

impl LaterSection {
    /// Says that the entries are changes to what the checkpoint before has in the section: whoever loads it begins with
    /// that.
    #[must_use]
    pub fn of_changes(self) -> LaterSection {
        if let Some(section) = self.section.upgrade() {
            section.borrow_mut().about.is_increment = true;
        }
        self
    }

    /// False once the snapshot was given up, or has been handed on.
    pub fn is_wanted(&self) -> bool {
        self.section.strong_count() > 0
    }

    /// Writes entries; false if the snapshot is not [wanted](LaterSection::is_wanted) any more.
    #[inline]
    pub fn write(&self, write: impl FnOnce(&mut OpenSection<'_>)) -> bool {
        let section = self.section.upgrade();
        if let Some(section) = &section {
            write(&mut OpenSection(&mut section.borrow_mut()));
        }
        section.is_some()
    }

    /// Writes an entry under the hash of its key.
    ///
    /// # Panics
    /// If the section has entries of another type.
    #[inline]
    pub fn put<E: Emit>(&self, hash: u64, entry: E) {
        self.write(|section| section.put(hash, entry));
    }
}

/// A section that entries are just being written to.
pub struct OpenSection<'s>(&'s mut Section);

impl OpenSection<'_> {
    /// Writes an entry under the hash of its key.
    ///
    /// # Panics
    /// If the section has entries of another type.
    #[inline]
    pub fn put<E: Emit>(&mut self, hash: u64, entry: E) {
        assert!(self.0.record == TypeId::of::<E::Record>(), "a section has entries of one type");
        self.0.put(hash, entry);
    }
}
