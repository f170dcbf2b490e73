//! Reading a snapshot of one state into one task.

use std::ops::RangeInclusive;

use crate::record::{Invalid, Layout, Migration, Record, View, validate};
use crate::time::Timestamp;

/// What a snapshot holds of one state, wherever it is stored.
pub trait Saved {
    /// The layout of a section's entries; none if there is no such section.
    fn layout(&self, section: &str) -> Option<&str>;
    /// The blocks of a section.
    fn blocks(&self, section: &str) -> Vec<SavedBlock>;
    /// How many generations of blocks there are in all sections, at least one: generation 0 is whole.
    fn generations(&self) -> u32;
    /// The greatest number that a task noted under this name.
    fn note(&self, name: &str) -> Option<i64>;
    /// A section of another layout is migrated, with these changes.
    fn migrates(&self, section: &str, changes: &[String]) {
        let _ = (section, changes);
    }
    /// Reads a block.
    ///
    /// # Errors
    /// If it cannot be read, or is not what was stored.
    fn read(&self, section: &str, block: usize) -> Result<Vec<u8>, LoadError>;
}

/// What is known of a block without reading it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SavedBlock {
    /// The least and the greatest hash of its keys.
    pub hashes: (u64, u64),
    /// How many entries there are.
    pub entries: u32,
    /// 0 if it is a part of what is whole; else of the increment of this number.
    pub generation: u32,
}

/// Why a state cannot be restored.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The entries have another layout.
    #[error("what was saved as `{section}` has another layout: {why}")]
    Layout {
        /// The section.
        section: String,
        /// What cannot be migrated.
        why: String,
    },
    /// The state is that of another operator.
    #[error(
        "the state is of another operator\n  saved: {saved}\n  now:   {now}\nhelp: write the operator as it was; or give it another `.uid(..)`, and drop what was saved with --allow-dropped-state"
    )]
    Meaning {
        /// What was saved.
        saved: String,
        /// What the operator keeps now.
        now: String,
    },
    /// An entry cannot be migrated to its layout of now.
    #[error(
        "an entry of `{section}` cannot be migrated: {why}\nhelp: the stored state may be damaged: restore from an older checkpoint"
    )]
    Entry {
        /// The section.
        section: String,
        /// Why not.
        why: String,
    },
    /// A block is shorter than its entries.
    #[error(
        "a block of `{section}` is too short for its {entries} entries\nhelp: the stored state is damaged: restore from an older checkpoint"
    )]
    Short {
        /// The section.
        section: String,
        /// The entries it should have.
        entries: u32,
    },
    /// An archive is none.
    #[error("a block of `{section}` is damaged: {source}\nhelp: restore from an older checkpoint")]
    Damaged {
        /// The section.
        section: String,
        /// What is wrong with it.
        source: Invalid,
    },
    /// It cannot be read.
    #[error("{0}")]
    Unread(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Gives a state of one task what it had, or what several tasks had before.
pub struct Loader<'s> {
    saved: &'s dyn Saved,
    /// The hashes of the task's keys.
    hashes: RangeInclusive<u64>,
    watermark: Timestamp,
    processing_time: Timestamp,
}

impl<'s> Loader<'s> {
    /// Reads the entries of these hashes. `watermark` is how far the operator's time was, `processing_time` is now.
    pub fn new(
        saved: &'s dyn Saved,
        hashes: RangeInclusive<u64>,
        watermark: Timestamp,
        processing_time: Timestamp,
    ) -> Self {
        Loader { saved, hashes, watermark, processing_time }
    }

    /// The hashes of the task's keys.
    pub fn hashes(&self) -> &RangeInclusive<u64> {
        &self.hashes
    }

    /// The processing time now.
    pub fn processing_time(&self) -> Timestamp {
        self.processing_time
    }

    /// The greatest number that a task noted under this name.
    pub fn note(&self, name: &str) -> Option<i64> {
        self.saved.note(name)
    }

    /// How far time was when the snapshot was taken.
    pub fn watermark(&self) -> Timestamp {
        self.watermark
    }

    /// True if the snapshot has such a section.
    pub fn has(&self, section: &str) -> bool {
        self.saved.layout(section).is_some()
    }

    /// Calls `load` with each entry of a section that is always whole, and the hash of its key, in the order in which one
    /// task wrote them.
    ///
    /// # Errors
    /// If the section has another layout, or cannot be read.
    pub fn each<R: Record>(
        &self,
        section: &str,
        load: impl FnMut(u64, View<'_, R>),
    ) -> Result<(), LoadError> {
        self.each_of_generation(section, 0, load)
    }

    /// The numbers of what is whole, and of the increments: to be loaded in this order.
    pub fn generations(&self) -> std::ops::Range<u32> {
        0..self.saved.generations()
    }

    /// The same as [`each`](Loader::each), of one generation.
    ///
    /// # Errors
    /// If the section has another layout, or cannot be read.
    pub fn each_of_generation<R: Record>(
        &self,
        section: &str,
        generation: u32,
        mut load: impl FnMut(u64, View<'_, R>),
    ) -> Result<(), LoadError> {
        self.each_of::<R>(self.hashes.clone(), (section, generation), |hash, entry| {
            if self.hashes.contains(&hash) {
                load(hash, entry);
            }
        })
    }

    /// Calls `load` with all entries of a section, whichever task wrote them: for what every task has.
    ///
    /// # Errors
    /// If the section has another layout, or cannot be read.
    pub fn all<R: Record>(
        &self,
        section: &str,
        load: impl FnMut(u64, View<'_, R>),
    ) -> Result<(), LoadError> {
        self.each_of(0..=u64::MAX, (section, 0), load)
    }

    fn each_of<R: Record>(
        &self,
        wanted: RangeInclusive<u64>,
        (section, generation): (&str, u32),
        mut load: impl FnMut(u64, View<'_, R>),
    ) -> Result<(), LoadError> {
        let Some(saved) = self.saved.layout(section) else { return Ok(()) };
        let migration = migration::<R>(section, saved)?;
        if let Some(migration) = &migration {
            self.saved.migrates(section, migration.changes());
        }
        for (number, block) in self.saved.blocks(section).into_iter().enumerate() {
            let is_wanted = block.hashes.1 >= *wanted.start() && block.hashes.0 <= *wanted.end();
            if is_wanted && block.generation == generation {
                let bytes = self.saved.read(section, number)?;
                match &migration {
                    None => read_block::<R>(section, &bytes, block.entries, &mut load)?,
                    Some(way) => {
                        migrate_block::<R>(way, section, &bytes, block.entries, &mut load)?
                    }
                }
            }
        }
        Ok(())
    }
}

/// The way from the layout that was saved, if it is another one.
fn migration<R: Record>(section: &str, saved: &str) -> Result<Option<Migration>, LoadError> {
    if saved == Layout::of::<R>().as_str() {
        return Ok(None);
    }
    let planned = Migration::plan(&entry_layout(saved), &Layout::of::<(u64, R)>());
    planned
        .map(Some)
        .map_err(|why| LoadError::Layout { section: section.to_owned(), why: why.to_string() })
}

/// The layout of what lies in a block: an entry behind the hash of its key.
pub(crate) fn entry_layout(section: &str) -> String {
    format!("tuple<u64,{section},>")
}

/// The archives of a block, and where each begins. None if it is too short.
pub(crate) fn entries_of(
    bytes: &[u8],
    entries: u32,
    stride: Option<usize>,
) -> Option<(&[u8], impl Iterator<Item = usize>)> {
    let count = entries as usize;
    let roots = if stride.is_some() { 0 } else { 4 * count };
    let (archives, roots) = bytes.split_at(bytes.len().checked_sub(roots)?);
    let mut roots = roots.as_chunks::<4>().0.iter();
    let offset = move |number| match (stride, roots.next()) {
        (None, Some(root)) => u32::from_le_bytes(*root) as usize,
        _ => number * stride.unwrap_or(0),
    };
    Some((archives, (0..count).map(offset)))
}

fn read_block<R: Record>(
    section: &str,
    bytes: &[u8],
    entries: u32,
    load: &mut impl FnMut(u64, View<'_, R>),
) -> Result<(), LoadError> {
    let stride = <(u64, R)>::FIXED.then_some(size_of::<<(u64, R) as Record>::Archived>());
    let short = || LoadError::Short { section: section.to_owned(), entries };
    let (archives, offsets) = entries_of(bytes, entries, stride).ok_or_else(short)?;
    for offset in offsets {
        let (hash, entry) = checked::<R>(section, archives, offset)?;
        load(hash, entry);
    }
    Ok(())
}

#[cold]
fn migrate_block<R: Record>(
    way: &Migration,
    section: &str,
    bytes: &[u8],
    entries: u32,
    load: &mut impl FnMut(u64, View<'_, R>),
) -> Result<(), LoadError> {
    let short = || LoadError::Short { section: section.to_owned(), entries };
    let (archives, offsets) = entries_of(bytes, entries, way.from().stride()).ok_or_else(short)?;
    let mut migrated = Vec::new();
    for offset in offsets {
        let at = way.migrate(archives, offset, &mut migrated).map_err(|why| LoadError::Entry {
            section: section.to_owned(),
            why: why.to_string(),
        })?;
        let (hash, entry) = checked::<R>(section, &migrated, at)?;
        load(hash, entry);
    }
    Ok(())
}

fn checked<'b, R: Record>(
    section: &str,
    archives: &'b [u8],
    offset: usize,
) -> Result<(u64, View<'b, R>), LoadError> {
    let entry = validate::<(u64, R)>(archives, offset);
    entry.map_err(|source| LoadError::Damaged { section: section.to_owned(), source })
}
