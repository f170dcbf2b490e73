//! A disk for tests: a map.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::{Batch, Disk, DiskError, Scan, Scanned, Write};
use crate::state::Disks;

/// Bytes by namespace and hash, in memory.
#[derive(Debug)]
struct MemoryDisk {
    kept: BTreeMap<(u32, u64), Box<[u8]>>,
    /// What was written before is over.
    over: Option<i64>,
}

/// Disks that are in memory.
#[derive(Debug)]
pub(crate) struct MemoryDisks;

impl Disks for MemoryDisks {
    fn open(&self) -> Result<Box<dyn Disk>, DiskError> {
        Ok(Box::new(MemoryDisk { kept: BTreeMap::new(), over: None }))
    }
}

impl Disk for MemoryDisk {
    fn read(
        &mut self,
        namespace: u32,
        hashes: &[u64],
        found: &mut dyn FnMut(usize, &[u8]),
    ) -> Result<(), DiskError> {
        // From behind: the order is nobody's business.
        for (number, hash) in hashes.iter().enumerate().rev() {
            if let Some(bytes) = self.kept.get(&(namespace, *hash)) {
                found(number, bytes);
            }
        }
        Ok(())
    }

    fn write(&mut self, namespace: u32, batch: &Batch) -> Result<(), DiskError> {
        for (hash, write) in batch.entries() {
            let at = (namespace, hash);
            match write {
                Write::Put(bytes) => _ = self.kept.insert(at, bytes.into()),
                Write::Append(bytes) => {
                    let there = self.kept.remove(&at).unwrap_or_default();
                    self.kept.insert(at, [&*there, bytes].concat().into());
                }
                Write::Remove => _ = self.kept.remove(&at),
            }
        }
        if let Some(over) = self.over.take() {
            let written = |bytes: &[u8]| i64::from_le_bytes(*bytes.first_chunk().expect("a time"));
            self.kept.retain(|_, bytes| written(bytes) >= over);
        }
        Ok(())
    }

    fn range(
        &mut self,
        namespace: u32,
        range: RangeInclusive<u64>,
        most: usize,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), DiskError> {
        let range = self.kept.range((namespace, *range.start())..=(namespace, *range.end()));
        range.take(most).for_each(|((_, hash), bytes)| found(*hash, bytes));
        Ok(())
    }

    fn clear(&mut self, namespace: u32) -> Result<(), DiskError> {
        self.kept.retain(|(other, _), _| *other != namespace);
        Ok(())
    }

    fn scan(
        &mut self,
        namespace: u32,
        hashes: Option<Vec<u64>>,
    ) -> Result<Box<dyn Scan>, DiskError> {
        let is_wanted =
            |hash: &u64| hashes.as_ref().is_none_or(|some| some.binary_search(hash).is_ok());
        let range = self.kept.range((namespace, 0)..=(namespace, u64::MAX));
        let left = range.map(|((_, hash), bytes)| (*hash, bytes.clone()));
        let left = left.filter(|(hash, _)| is_wanted(hash)).collect();
        Ok(Box::new(MemoryScan { left, has_waited: false }))
    }

    fn expire(&mut self, before: i64) {
        self.over = Some(before);
    }

    fn bytes(&self) -> u64 {
        self.kept.values().map(|bytes| 12 + bytes.len() as u64).sum()
    }
}

/// All that was there, some at a time, and sometimes nothing yet.
#[derive(Debug)]
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
