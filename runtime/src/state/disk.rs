//! Where tables' entries are kept for which there is no room in memory: bytes, by hash.

pub(crate) mod memory;

use std::fmt;
use std::ops::RangeInclusive;

/// Bytes by hash, on a disk, in a namespace for each table that has something there. What was written is read again;
/// nothing survives its drop, nor need it: snapshots do.
///
/// Every call may fail, as disks do. A task whose disk fails goes on from its last checkpoint.
pub trait Disk: fmt::Debug {
    /// What is kept under these hashes, in any order: `found` is told the number of the hash in `hashes` and the bytes.
    ///
    /// # Errors
    /// If it cannot be read.
    fn read(
        &mut self,
        namespace: u32,
        hashes: &[u64],
        found: &mut dyn FnMut(usize, &[u8]),
    ) -> Result<(), DiskError>;

    /// Writes, and removes, in place of what was there.
    ///
    /// # Errors
    /// If it cannot be written.
    fn write(&mut self, namespace: u32, batch: &Batch) -> Result<(), DiskError>;

    /// Up to `most` hashes of a range and what is kept under them, in order.
    ///
    /// # Errors
    /// If it cannot be read.
    fn range(
        &mut self,
        namespace: u32,
        range: RangeInclusive<u64>,
        most: usize,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), DiskError>;

    /// Removes all that is in a namespace.
    ///
    /// # Errors
    /// If it cannot be written.
    fn clear(&mut self, namespace: u32) -> Result<(), DiskError>;

    /// Begins to read all that is in a namespace, or what is under these hashes, in order, as it is now, whatever is
    /// written later.
    ///
    /// # Errors
    /// If that cannot be begun.
    fn scan(
        &mut self,
        namespace: u32,
        hashes: Option<Vec<u64>>,
    ) -> Result<Box<dyn Scan>, DiskError>;

    /// Entries whose bytes begin with a time before this one (milliseconds, little-endian) may go. Said only where they all
    /// begin with a time, in all namespaces.
    fn expire(&mut self, before: i64);

    /// Bytes on the disk, about.
    fn bytes(&self) -> u64;
}

/// Everything that a namespace had, in order of hash.
pub trait Scan: fmt::Debug {
    /// Some more of it. Never waits.
    ///
    /// # Errors
    /// If it cannot be read.
    fn next(&mut self) -> Result<Scanned, DiskError>;
}

/// Some of a scan.
#[derive(Debug)]
pub enum Scanned {
    /// Hashes, and the bytes under them.
    Some(Vec<(u64, Box<[u8]>)>),
    /// More comes later.
    NotYet,
    /// That was all.
    End,
}

/// What is to be written at once.
#[derive(Default, Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    /// What is done under each hash, and where its bytes end.
    entries: Vec<(u64, How, usize)>,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Put,
    Append,
    Remove,
}

/// What is done under a hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write<'b> {
    /// These bytes take the place of what is there.
    Put(&'b [u8]),
    /// These bytes come behind what is there.
    Append(&'b [u8]),
    /// What is there goes.
    Remove,
}

impl Batch {
    /// Puts bytes under a hash, made by `write`.
    pub fn put(&mut self, hash: u64, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.entries.push((hash, How::Put, self.bytes.len()));
    }

    /// Puts bytes made by `write` behind those that are under a hash.
    pub fn append(&mut self, hash: u64, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.entries.push((hash, How::Append, self.bytes.len()));
    }

    /// Removes what is under a hash.
    pub fn remove(&mut self, hash: u64) {
        self.entries.push((hash, How::Remove, self.bytes.len()));
    }

    /// What is done, in order.
    pub fn entries(&self) -> impl Iterator<Item = (u64, Write<'_>)> {
        let mut start = 0;
        self.entries.iter().map(move |&(hash, how, end)| {
            let bytes = &self.bytes[start..end];
            start = end;
            let write = match how {
                How::Put => Write::Put(bytes),
                How::Append => Write::Append(bytes),
                How::Remove => Write::Remove,
            };
            (hash, write)
        })
    }

    /// Bytes that are written.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Hashes that are written or removed.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there is nothing to be written.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }
}

/// Why a table's disk cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("state on disk, in {place}: {what}\nhelp: {help}")]
pub struct DiskError {
    /// The folder.
    pub place: String,
    /// What happened.
    pub what: String,
    /// How to mend it.
    pub help: &'static str,
}

impl DiskError {
    /// Ends what the task does: it is started again from its last checkpoint. A table's operations have no other way to
    /// say that they cannot.
    pub(super) fn raise(self) -> ! {
        std::panic::resume_unwind(Box::new(self))
    }
}
