//! A directory as a store.
//!
//! An object is written under a hidden name in `.tmp`, synced, then linked under its own name: `link` fails if that is
//! taken, and cannot be seen half done. Then the folder is synced; only after that the object counts.
//!
//! ```text
//! .lock            held with flock by the one process that writes, with its pid
//! .tmp/<number>    what is being written; emptied by the next process
//! ```

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::path::is_segment;
use super::{Created, Fault, Store, StoreError, StorePath, Upload};
use crate::checkpoint::FOLDER;

/// Locked by the process that writes.
pub(crate) const LOCK: &str = ".lock";
const HIDDEN: &str = ".tmp";

/// A directory as a store.
#[derive(Debug)]
pub(crate) struct LocalStore(Arc<Directory>);

#[derive(Debug)]
struct Directory {
    root: PathBuf,
    /// Held as long as the store is there; none if it is only looked at.
    lock: Option<File>,
    /// Of the next hidden file.
    number: AtomicU64,
    /// Folders whose entries in their parents this process has synced.
    durable: Mutex<BTreeSet<PathBuf>>,
}

impl LocalStore {
    /// The store in the directory `root`, which is made if it is not there. Nobody else can write to it until it is
    /// dropped.
    ///
    /// # Errors
    /// If it cannot be written, or if another process writes to it.
    pub(crate) fn open(root: &Path) -> Result<LocalStore, StoreError> {
        let fail = |error| StoreError::io(error, "keep checkpoints in", root.display());
        make_root(root).map_err(fail)?;
        let lock = lock(root)?;
        let hidden = root.join(HIDDEN);
        match fs::remove_dir_all(&hidden) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
            _ => fs::create_dir(&hidden).map_err(fail)?,
        }
        remove_empty_folders(root, |name| name.starts_with(FOLDER));
        Ok(LocalStore::new(root, Some(lock)))
    }

    /// The same, to look at while others may write to it. An absent directory is an empty one.
    pub(crate) fn look(root: &Path) -> LocalStore {
        LocalStore::new(root, None)
    }

    fn new(root: &Path, lock: Option<File>) -> LocalStore {
        LocalStore(Arc::new(Directory {
            root: root.to_owned(),
            lock,
            number: AtomicU64::new(0),
            durable: Mutex::default(),
        }))
    }

    fn begin(&self, path: &StorePath) -> Result<Unfinished, StoreError> {
        let target = self.0.root.join(path.as_str());
        if self.0.lock.is_none() {
            return Err(StoreError::new(Fault::ReadOnly, "write", target.display()));
        }
        let number = self.0.number.fetch_add(1, Ordering::Relaxed);
        let hidden = self.0.root.join(HIDDEN).join(number.to_string());
        match File::create_new(&hidden) {
            Ok(file) => Ok(Unfinished { directory: self.0.clone(), file, hidden, target }),
            Err(error) => Err(StoreError::io(error, "write", hidden.display())),
        }
    }
}

impl Store for LocalStore {
    fn create(&self, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError> {
        let mut unfinished = self.begin(path)?;
        unfinished.write(bytes)?;
        unfinished.link()
    }

    fn upload(&self, path: &StorePath) -> Result<Box<dyn Upload>, StoreError> {
        Ok(Box::new(self.begin(path)?))
    }

    fn read(
        &self,
        path: &StorePath,
        range: Option<Range<u64>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.0.root.join(path.as_str());
        present(read(&path, range)).map_err(|error| StoreError::io(error, "read", path.display()))
    }

    fn size(&self, path: &StorePath) -> Result<Option<u64>, StoreError> {
        let path = self.0.root.join(path.as_str());
        let size = present(fs::metadata(&path).map(|found| found.is_file().then_some(found.len())));
        size.map(Option::flatten).map_err(|error| StoreError::io(error, "read", path.display()))
    }

    fn list(&self, folder: Option<&StorePath>) -> Result<Vec<StorePath>, StoreError> {
        let folder = folder.map_or("", StorePath::as_str);
        let mut found = Vec::new();
        let listed = list(&self.0.root, folder, &mut found);
        let place = self.0.root.join(folder);
        listed.map_err(|error| StoreError::io(error, "list", place.display()))?;
        found.sort_unstable();
        Ok(found)
    }

    fn delete(&self, path: &StorePath) -> Result<(), StoreError> {
        let path = self.0.root.join(path.as_str());
        if self.0.lock.is_none() {
            return Err(StoreError::new(Fault::ReadOnly, "delete", path.display()));
        }
        present(fs::remove_file(&path))
            .map_err(|error| StoreError::io(error, "delete", path.display()))?;
        self.0.remove_empty_folders(&path);
        Ok(())
    }
}

/// An object under its hidden name.
struct Unfinished {
    directory: Arc<Directory>,
    file: File,
    hidden: PathBuf,
    target: PathBuf,
}

impl Unfinished {
    /// As often as a folder may be removed, with its last object, between making it and linking into it.
    const TRIES_MAX: usize = 8;

    fn link(&mut self) -> Result<Created, StoreError> {
        let target = &self.target;
        let fail = |error| StoreError::io(error, "write", target.display());
        self.file.sync_all().map_err(fail)?;
        let folder = target.parent().expect("a target is below its store's root");
        let mut tries = 0;
        let created = loop {
            self.directory.make_folder(folder).map_err(fail)?;
            tries += 1;
            match fs::hard_link(&self.hidden, target) {
                Ok(()) => break Created::New,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    break Created::Exists;
                }
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && tries < Self::TRIES_MAX =>
                {
                    self.directory.forget(folder);
                }
                Err(error) => return Err(fail(error)),
            }
        };
        // What exists may have been linked by an attempt whose sync went wrong: it is made durable, too.
        sync_folder(folder).map_err(|error| fail(error).outcome_unknown())?;
        Ok(created)
    }
}

impl Upload for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| StoreError::io(error, "write", self.target.display()))
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        match self.link()? {
            Created::New => Ok(()),
            Created::Exists => Err(StoreError::new(Fault::Taken, "write", self.target.display())),
        }
    }
}

impl Drop for Unfinished {
    /// As well as can be: the next process removes what is left.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.hidden);
    }
}

impl Drop for Directory {
    /// Unlocks by itself: a child process that is about to be another program may still hold the file.
    fn drop(&mut self) {
        if let Some(lock) = &self.lock {
            let _ = lock.unlock();
        }
    }
}

impl Directory {
    fn durable(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a folder and those above it, durably.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let mut durable = self.durable();
        let below_root = |folder: &&Path| *folder != self.root;
        let mut missing: Vec<_> = folder.ancestors().take_while(below_root).collect();
        missing.retain(|folder| !durable.contains(*folder));
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            sync_folder(folder.parent().expect("a folder is below its store's root"))?;
            durable.insert(folder.to_owned());
        }
        Ok(())
    }

    /// Forgets that a folder was made: it may be gone.
    fn forget(&self, folder: &Path) {
        let mut durable = self.durable();
        for folder in folder.ancestors() {
            durable.remove(folder);
        }
    }

    /// Removes the folders above `path` that are empty now.
    fn remove_empty_folders(&self, path: &Path) {
        let mut durable = self.durable();
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            if fs::remove_dir(folder).is_err() {
                return; // It is not empty, or somebody else's to remove.
            }
            durable.remove(folder);
        }
    }
}

fn make_root(root: &Path) -> io::Result<()> {
    if root.exists() && !root.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    fs::create_dir_all(root)?;
    sync_folder(root)?;
    let root = root.canonicalize()?;
    root.parent().map_or(Ok(()), sync_folder)
}

fn lock(root: &Path) -> Result<File, StoreError> {
    let path = root.join(LOCK);
    let fail = |error| StoreError::io(error, "lock", path.display());
    let mut options = File::options();
    let mut file =
        options.read(true).write(true).create(true).truncate(false).open(&path).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path).unwrap_or_default();
            let holder = holder.trim().parse::<u32>().ok().map(|pid| format!("pid {pid}"));
            return Err(StoreError::new(Fault::InUse(holder), "lock", root.display()));
        }
        Err(TryLockError::Error(error)) => return Err(fail(error)),
    }
    file.set_len(0).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(file)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// What is not there is none.
fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(path: &Path, range: Option<Range<u64>>) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let range = range.unwrap_or(0..len);
    let (start, end) = (range.start.min(len), range.end.min(len));
    let wanted = usize::try_from(end.saturating_sub(start)).map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(wanted).map_err(io::Error::other)?;
    file.seek(SeekFrom::Start(start))?;
    file.take(wanted as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Removes folders of such names that hold nothing: a process was killed between making one and linking into it. As well
/// as can be: what is left is no object.
fn remove_empty_folders(parent: &Path, is_one: fn(&str) -> bool) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(is_one) {
            remove_empty_folders(&entry.path(), is_segment);
            let _ = fs::remove_dir(entry.path());
        }
    }
}

/// Objects below `folder`, relative to `root`. What cannot be an object is somebody else's, and left alone.
fn list(root: &Path, folder: &str, found: &mut Vec<StorePath>) -> io::Result<()> {
    let Some(entries) = present(fs::read_dir(root.join(folder)))? else { return Ok(()) };
    for entry in entries {
        let entry: DirEntry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| is_segment(name)) else { continue };
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        // It may be gone since.
        let Some(kind) = present(entry.file_type())? else { continue };
        if kind.is_dir() {
            list(root, &path, found)?;
        } else if kind.is_file() {
            found.extend(StorePath::parse(path));
        }
    }
    Ok(())
}
