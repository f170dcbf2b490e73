//! Which tables may have how much in memory, where not everything has room there.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::disk::{Disk, DiskError};

/// Opens disks for tables.
pub trait Disks: fmt::Debug + Send + Sync {
    /// One that is empty, and nobody else's.
    ///
    /// # Errors
    /// If it cannot be made.
    fn open(&self) -> Result<Box<dyn Disk>, DiskError>;
}

/// What the tables of a process have together.
#[derive(Debug)]
pub struct Spill {
    disks: Box<dyn Disks>,
    /// Bytes that all tables may have in memory.
    bytes: usize,
    /// Tables that share them.
    tables: AtomicUsize,
}

impl Spill {
    /// Tables that have so many bytes in memory, and what there is no room for on these disks.
    pub fn new(disks: impl Disks + 'static, bytes: usize) -> Arc<Spill> {
        Arc::new(Spill { disks: Box::new(disks), bytes, tables: AtomicUsize::new(0) })
    }

    /// A disk for a table, and its share of the memory.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) fn open(self: &Arc<Spill>) -> Result<(Box<dyn Disk>, Share), DiskError> {
        let disk = self.disks.open()?;
        self.tables.fetch_add(1, Ordering::Relaxed);
        Ok((disk, Share(self.clone())))
    }
}

/// A table's share of the memory, as long as it lives.
#[derive(Debug)]
pub(super) struct Share(Arc<Spill>);

impl Share {
    /// Bytes that the table may have in memory now. Whoever opens another table makes them less.
    pub(super) fn bytes(&self) -> usize {
        self.0.bytes / self.0.tables.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.0.tables.fetch_sub(1, Ordering::Relaxed);
    }
}
