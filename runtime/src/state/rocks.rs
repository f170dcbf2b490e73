//! Tables' disks in RocksDB, feature `rocksdb`.
//!
//! Keys are namespaces and hashes, big-endian, so that RocksDB's order is that of tables. There is no log of writes: what survives a
//! crash is in checkpoints, and the folder is a task's own and goes with it.

use std::fmt;
use std::ops::{ControlFlow, RangeInclusive};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamilyDescriptor, CompactionDecision, DB,
    DBCompressionType, DEFAULT_COLUMN_FAMILY_NAME, DataBlockIndexType, Direction, IteratorMode,
    MergeOperands, Options, ReadOptions, Snapshot, WriteBatch, WriteBufferManager, WriteOptions,
};

use super::disk::{Batch, Disk, DiskError, Scan, Scanned, Write};
use super::home::{self, Home};
use super::spill::{Disks, Spill};

/// What all tables of a process have in RocksDB.
struct Databases {
    home: Home,
    /// Shared by all, so that their memory has one bound.
    cache: Cache,
    buffers: WriteBufferManager,
    /// What the user sets.
    settings: Vec<(String, String)>,
    opened: AtomicUsize,
}

/// Of the memory that state may have, so much is for tables, and an eighth of it more; the rest for RocksDB's cache and
/// buffers.
const FOR_TABLES: f64 = 0.65;

/// With less than that RocksDB does nothing but flush.
const DATABASES_MIN: usize = 2 << 20;

/// Tables that have so many bytes of memory in all, and databases in a folder of their own in `dir`.
///
/// # Errors
/// If that cannot be written, or there are no such settings.
pub(crate) fn spill(
    dir: &Path,
    budget: usize,
    settings: &[(String, String)],
) -> Result<Arc<Spill>, DiskError> {
    let for_tables = (budget as f64 * FOR_TABLES) as usize;
    let for_databases = (budget - for_tables / 8 * 9).max(DATABASES_MIN);
    let cache = Cache::new_lru_cache(for_databases);
    // They count as a part of the cache.
    let buffers = WriteBufferManager::new_write_buffer_manager_with_cache(
        for_databases / 2,
        false,
        cache.clone(),
    );
    let (settings, opened) = (settings.to_vec(), AtomicUsize::new(0));
    let databases = Databases { home: Home::new(dir)?, cache, buffers, settings, opened };
    // What is wrong with the settings is wrong before the job starts.
    drop(databases.open()?);
    Ok(Spill::new(databases, for_tables))
}

impl fmt::Debug for Databases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Databases").field(&self.home.path()).finish()
    }
}

impl Disks for Databases {
    fn open(&self) -> Result<Box<dyn Disk>, DiskError> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        let folder = self.home.path().join(format!("table-{number}"));
        Ok(Box::new(RocksDisk::open(&folder, self)?))
    }
}

/// The disk of an operator's tables.
struct RocksDisk {
    open: Arc<Open>,
    writes: WriteOptions,
    /// Entries written before are over.
    over: Arc<AtomicI64>,
}

/// A database, and its folder, which is removed behind it.
struct Open {
    db: DB,
    folder: Folder,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        home::remove(&self.0);
    }
}

/// Bytes of entries that a scan hands on at once.
const SCANNED: usize = 64 << 10;
/// So many of them may wait.
const WAITING: usize = 4;

impl RocksDisk {
    /// One in a folder that is not there.
    ///
    /// # Errors
    /// If it cannot be written.
    fn open(path: &Path, databases: &Databases) -> Result<RocksDisk, DiskError> {
        let failed = |error: rocksdb::Error| failed(path.display().to_string(), &error);
        let over = Arc::new(AtomicI64::new(i64::MIN));
        // By its name: only families that are opened so have handles, which reads in batches want.
        let options = || options(databases, over.clone());
        let all = ColumnFamilyDescriptor::new(DEFAULT_COLUMN_FAMILY_NAME, options());
        let db = DB::open_cf_descriptors(&options(), path, [all]).map_err(failed)?;
        for (name, value) in &databases.settings {
            db.set_options(&[(name, value)]).map_err(|error| DiskError {
                place: path.display().to_string(),
                what: format!("RocksDB does not take `{name}={value}`: {error}"),
                help: "`[state] rocksdb_options` are those that RocksDB's SetOptions knows",
            })?;
        }
        let mut writes = WriteOptions::default();
        writes.disable_wal(true);
        let open = Arc::new(Open { db, folder: Folder(path.to_owned()) });
        Ok(RocksDisk { open, writes, over })
    }

    fn failed(&self, error: &dyn fmt::Display) -> DiskError {
        failed(self.open.folder.0.display().to_string(), error)
    }
}

fn options(databases: &Databases, over: Arc<AtomicI64>) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&databases.cache);
    // Filters and indices of a large state have no room in the cache as a whole: in parts of a page each.
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    blocks.set_partition_filters(true);
    blocks.set_metadata_block_size(4 << 10);
    blocks.set_pin_top_level_index_and_filter(true);
    blocks.set_bloom_filter(10.0, false);
    blocks.set_data_block_index_type(DataBlockIndexType::BinaryAndHash);
    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&blocks);
    options.set_write_buffer_manager(&databases.buffers);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_memtable_prefix_bloom_ratio(0.05);
    options.set_memtable_whole_key_filtering(true);
    options.set_level_compaction_dynamic_level_bytes(true);
    options.set_max_background_jobs(2);
    options.set_merge_operator_associative("append", append);
    options.set_compaction_filter("over", move |_, _, value: &[u8]| {
        let written = value.first_chunk().map_or(i64::MAX, |bytes| i64::from_le_bytes(*bytes));
        let is_over = written < over.load(Ordering::Relaxed);
        if is_over { CompactionDecision::Remove } else { CompactionDecision::Keep }
    });
    options
}

/// What bytes that are put behind others become: one piece.
#[expect(clippy::unnecessary_wraps)] // As RocksDB wants it.
fn append(_: &[u8], there: Option<&[u8]>, behind: &MergeOperands) -> Option<Vec<u8>> {
    let bytes = there.map_or(0, <[u8]>::len) + behind.iter().map(<[u8]>::len).sum::<usize>();
    let mut all = Vec::with_capacity(bytes);
    all.extend_from_slice(there.unwrap_or_default());
    behind.iter().for_each(|bytes| all.extend_from_slice(bytes));
    Some(all)
}

impl fmt::Debug for RocksDisk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("RocksDisk").field(&self.open.folder.0).finish()
    }
}

impl Disk for RocksDisk {
    fn read(
        &mut self,
        namespace: u32,
        hashes: &[u64],
        found: &mut dyn FnMut(usize, &[u8]),
    ) -> Result<(), DiskError> {
        let keys: Vec<_> = hashes.iter().map(|hash| key(namespace, *hash)).collect();
        let db = &self.open.db;
        let all = db.cf_handle(DEFAULT_COLUMN_FAMILY_NAME).expect("it was opened by its name");
        let are_sorted = hashes.is_sorted();
        for (number, value) in
            db.batched_multi_get_cf(all, &keys, are_sorted).into_iter().enumerate()
        {
            if let Some(value) = value.map_err(|error| self.failed(&error))? {
                found(number, &value);
            }
        }
        Ok(())
    }

    fn write(&mut self, namespace: u32, batch: &Batch) -> Result<(), DiskError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut writes = WriteBatch::default();
        for (hash, write) in batch.entries() {
            match write {
                Write::Put(bytes) => writes.put(key(namespace, hash), bytes),
                Write::Append(bytes) => writes.merge(key(namespace, hash), bytes),
                Write::Remove => writes.delete(key(namespace, hash)),
            }
        }
        self.open.db.write_opt(writes, &self.writes).map_err(|error| self.failed(&error))
    }

    fn range(
        &mut self,
        namespace: u32,
        range: RangeInclusive<u64>,
        most: usize,
        found: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), DiskError> {
        let (from, to) = (key(namespace, *range.start()), key(namespace, *range.end()));
        let mut reads = ReadOptions::default();
        // The bound itself is left out.
        reads.set_iterate_upper_bound([&to[..], &[0]].concat());
        let from = IteratorMode::From(&from, Direction::Forward);
        let entries = self.open.db.iterator_opt(from, reads);
        for entry in entries.take(most) {
            let (key, value) = entry.map_err(|error| self.failed(&error))?;
            found(hash_of(&key), &value);
        }
        Ok(())
    }

    fn clear(&mut self, namespace: u32) -> Result<(), DiskError> {
        let mut all = WriteBatch::default();
        all.delete_range(&key(namespace, 0)[..], &end(namespace)[..]);
        self.open.db.write_opt(all, &self.writes).map_err(|error| self.failed(&error))
    }

    fn scan(
        &mut self,
        namespace: u32,
        hashes: Option<Vec<u64>>,
    ) -> Result<Box<dyn Scan>, DiskError> {
        let (to, from) = sync_channel(WAITING);
        let (taken, is_taken) = sync_channel(1);
        let open = self.open.clone();
        let thread = std::thread::Builder::new().name("thalweg-scan".to_owned());
        thread
            .spawn(move || scan(&open, (namespace, hashes), &taken, &to))
            .map_err(|error| self.failed(&error))?;
        // What is written from here on is not in it.
        is_taken.recv().map_err(|error| self.failed(&error))?;
        Ok(Box::new(RocksScan { from, is_over: false }))
    }

    fn expire(&mut self, before: i64) {
        self.over.store(before, Ordering::Relaxed);
    }

    fn bytes(&self) -> u64 {
        let bytes = |property| self.open.db.property_int_value(property).ok().flatten();
        bytes("rocksdb.live-sst-files-size").unwrap_or(0)
            + bytes("rocksdb.cur-size-all-mem-tables").unwrap_or(0)
    }
}

type Sent = Result<Vec<(u64, Box<[u8]>)>, DiskError>;

/// Reads all of a namespace, or what is under these hashes, and sends it.
fn scan(
    open: &Open,
    (namespace, hashes): (u32, Option<Vec<u64>>),
    taken: &SyncSender<()>,
    to: &SyncSender<Sent>,
) {
    let snapshot = open.db.snapshot();
    if taken.send(()).is_err() {
        return;
    }
    let mut sending = Sending { some: Vec::new(), bytes: 0, to };
    let sent = match hashes {
        None => send_all(&snapshot, namespace, &mut sending),
        Some(hashes) => send_some(&snapshot, namespace, &hashes, &mut sending),
    };
    let last = match sent {
        Ok(()) => Ok(sending.some),
        Err(error) => Err(failed(open.folder.0.display().to_string(), &error)),
    };
    // Nobody may want it any more.
    let _ = to.send(last);
}

fn send_all(
    snapshot: &Snapshot<'_>,
    namespace: u32,
    sending: &mut Sending<'_>,
) -> Result<(), rocksdb::Error> {
    let mut reads = reads_of(namespace);
    // It is read once: what is hot stays in the cache.
    reads.fill_cache(false);
    let from = IteratorMode::From(&key(namespace, 0), Direction::Forward);
    for entry in snapshot.iterator_opt(from, reads) {
        let (key, value) = entry?;
        if sending.add(hash_of(&key), value).is_break() {
            break;
        }
    }
    Ok(())
}

fn send_some(
    snapshot: &Snapshot<'_>,
    namespace: u32,
    hashes: &[u64],
    sending: &mut Sending<'_>,
) -> Result<(), rocksdb::Error> {
    for hash in hashes {
        let value = snapshot.get(key(namespace, *hash))?;
        if value.is_some_and(|value| sending.add(*hash, value.into()).is_break()) {
            break;
        }
    }
    Ok(())
}

/// What a scan has read and not sent.
struct Sending<'s> {
    some: Vec<(u64, Box<[u8]>)>,
    bytes: usize,
    to: &'s SyncSender<Sent>,
}

impl Sending<'_> {
    /// Breaks off if nobody wants it any more.
    fn add(&mut self, hash: u64, value: Box<[u8]>) -> ControlFlow<()> {
        self.bytes += size_of::<u64>() + value.len();
        self.some.push((hash, value));
        if self.bytes < SCANNED {
            return ControlFlow::Continue(());
        }
        self.bytes = 0;
        let sent = self.to.send(Ok(std::mem::take(&mut self.some)));
        if sent.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

#[derive(Debug)]
struct RocksScan {
    from: Receiver<Sent>,
    is_over: bool,
}

impl Scan for RocksScan {
    fn next(&mut self) -> Result<Scanned, DiskError> {
        if self.is_over {
            return Ok(Scanned::End);
        }
        match self.from.try_recv() {
            Ok(some) => some.map(Scanned::Some),
            Err(TryRecvError::Empty) => Ok(Scanned::NotYet),
            Err(TryRecvError::Disconnected) => {
                self.is_over = true;
                Ok(Scanned::End)
            }
        }
    }
}

fn key(namespace: u32, hash: u64) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&namespace.to_be_bytes());
    key[4..].copy_from_slice(&hash.to_be_bytes());
    key
}

/// Behind all keys of a namespace.
fn end(namespace: u32) -> [u8; 13] {
    let mut end = [u8::MAX; 13];
    end[..4].copy_from_slice(&namespace.to_be_bytes());
    end
}

fn hash_of(key: &[u8]) -> u64 {
    key.last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Reads of one namespace.
fn reads_of(namespace: u32) -> ReadOptions {
    let mut reads = ReadOptions::default();
    reads.set_iterate_upper_bound(end(namespace));
    reads
}

#[cold]
fn failed(place: String, error: &dyn fmt::Display) -> DiskError {
    DiskError {
        place,
        what: error.to_string(),
        help: "look at the disk's health and room; the job goes on from its last checkpoint",
    }
}
