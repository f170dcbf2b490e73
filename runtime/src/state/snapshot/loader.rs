//! Reading a snapshot of one state into one task.

use std::ops::RangeInclusive;

use crate::record::{Invalid, Layout, Record, View, validate};
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
    #[error(
        "what was saved as `{section}` has another layout\n  saved: {saved}\n  now:   {now}\nhelp: restore with the records that it was saved with"
    )]
    Layout {
        /// The section.
        section: String,
        /// The layout that was saved.
        saved: String,
        /// That of the running job.
        now: String,
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
        let now = Layout::of::<R>();
        if saved != now.as_str() {
            return Err(LoadError::Layout {
                section: section.to_owned(),
                saved: saved.to_owned(),
                now: now.as_str().to_owned(),
            });
        }
        for (number, block) in self.saved.blocks(section).into_iter().enumerate() {
            let is_wanted = block.hashes.1 >= *wanted.start() && block.hashes.0 <= *wanted.end();
            if is_wanted && block.generation == generation {
                let bytes = self.saved.read(section, number)?;
                read_block::<R>(section, &bytes, block.entries, &mut load)?;
            }
        }
        Ok(())
    }
}

fn read_block<R: Record>(
    section: &str,
    bytes: &[u8],
    entries: u32,
    load: &mut impl FnMut(u64, View<'_, R>),
) -> Result<(), LoadError> {
    let short = || LoadError::Short { section: section.to_owned(), entries };
    let count = entries as usize;
    let roots = if <(u64, R)>::FIXED { 0 } else { 4 * count };
    let archives = bytes.len().checked_sub(roots).ok_or_else(short)?;
    let (archives, roots) = bytes.split_at(archives);
    let mut roots = roots.as_chunks::<4>().0.iter();
    let stride = size_of::<<(u64, R) as Record>::Archived>();
    for number in 0..count {
        let offset = match roots.next() {
            Some(root) => u32::from_le_bytes(*root) as usize,
            None => number * stride,
        };
        let entry = validate::<(u64, R)>(archives, offset);
        let (hash, entry) =
            entry.map_err(|source| LoadError::Damaged { section: section.to_owned(), source })?;
        load(hash, entry);
    }
    Ok(())
}
