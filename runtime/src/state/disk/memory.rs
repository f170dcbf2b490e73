//! A disk for tests: a map.

use std::collections::BTreeMap;

use super::{Batch, Disk, DiskError, Scan, Scanned};
use crate::state::Disks;

/// Bytes by hash, in memory.
#[derive(Default, Debug)]
struct MemoryDisk {
    kept: BTreeMap<u64, Box<[u8]>>,
    expired: i64,
}

/// Disks that are in memory.
#[derive(Debug)]
pub(crate) struct MemoryDisks;

impl Disks for MemoryDisks {
    fn open(&self) -> Result<Box<dyn Disk>, DiskError> {
        Ok(Box::new(MemoryDisk { expired: i64::MIN, ..MemoryDisk::default() }))
    }
}

impl Disk for MemoryDisk {
    fn read(
        &mut self,
        hashes: &[u64],
        found: &mut dyn FnMut(usize, &[u8]),
    ) -> Result<(), DiskError> {
        // From behind: the order is nobody's business.
        for (number, hash) in hashes.iter().enumerate().rev() {
            if let Some(bytes) = self.kept.get(hash) {
                found(number, bytes);
            }
        }
        Ok(())
    }

    fn write(&mut self, batch: &Batch) -> Result<(), DiskError> {
        for (hash, bytes) in batch.entries() {
            match bytes {
                Some(bytes) => _ = self.kept.insert(hash, bytes.into()),
                None => _ = self.kept.remove(&hash),
            }
        }
        let expired = self.expired;
        self.kept.retain(|_, bytes| {
            i64::from_le_bytes(*bytes.first_chunk().expect("a time")) >= expired
        });
        Ok(())
    }

    fn from(
        &mut self,
        from: u64,
        most: usize,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), DiskError> {
        self.kept.range(from..).take(most).for_each(|(hash, bytes)| found(*hash, bytes));
        Ok(())
    }

    fn clear(&mut self) -> Result<(), DiskError> {
        self.kept.clear();
        Ok(())
    }

    fn scan(&mut self, hashes: Option<Vec<u64>>) -> Result<Box<dyn Scan>, DiskError> {
        let mut left = self.kept.clone();
        if let Some(hashes) = hashes {
            left.retain(|hash, _| hashes.binary_search(hash).is_ok());
        }
        Ok(Box::new(MemoryScan { left, has_waited: false }))
    }

    fn expire(&mut self, before: i64) {
        self.expired = before;
    }

    fn bytes(&self) -> u64 {
        self.kept.values().map(|bytes| 8 + bytes.len() as u64).sum()
    }
}

/// All that was there, some at a time, and sometimes nothing yet.
struct MemoryScan {
    left: BTreeMap<u64, Box<[u8]>>,
    has_waited: bool,
}

impl Scan for MemoryScan {
    fn next(&mut self) -> Result<Scanned, DiskError> {
        self.has_waited = !self.has_waited;
        if self.has_waited {
            return Ok(Scanned::NotYet);
        }
        let some: Vec<_> = std::iter::from_fn(|| self.left.pop_first()).take(7).collect();
        Ok(if some.is_empty() { Scanned::End } else { Scanned::Some(some) })
    }
}
