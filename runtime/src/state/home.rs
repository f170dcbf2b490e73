//! A process's own folder for state on disk.
//!
//! It is locked as long as the process lives and removed behind it; the folders of processes that were killed are
//! removed by whoever comes next.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::disk::DiskError;

/// What names of such folders begin with.
const PREFIX: &str = "thalweg-state-";
const LOCK: &str = "lock";

/// A folder, which is removed with this.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    /// Locked.
    _lock: File,
}

impl Home {
    /// A new one in a directory, which is made if need be.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn new(dir: &Path) -> Result<Home, DiskError> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = dir.join(format!("{PREFIX}{}-{number}", process::id()));
        let made = (|| {
            fs::create_dir_all(dir)?;
            remove_left_behind(dir);
            fs::create_dir(&path)?;
            // Under its name it is locked from the beginning.
            let (lock, name) = (File::create(path.join("new"))?, path.join(LOCK));
            lock.lock()?;
            fs::rename(path.join("new"), name)?;
            Ok(lock)
        })();
        let lock = made.map_err(|error: io::Error| DiskError {
            place: path.display().to_string(),
            what: format!("it cannot be made: {error}"),
            help: "name a directory on a local disk that the job may write to: `[state] dir`",
        })?;
        Ok(Home { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes a folder of state that nobody needs any more.
pub(super) fn remove(folder: &Path) {
    if let Err(error) = fs::remove_dir_all(folder) {
        tracing::warn!(%error, folder = %folder.display(), "state on disk cannot be removed");
    }
}

/// Removes the folders of processes that are gone, as well as can be: they may be another user's.
fn remove_left_behind(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_home = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if is_home && is_left_behind(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// True if nobody holds its lock. One that has none yet is just being made, or was a process's that died at that.
fn is_left_behind(path: &Path) -> bool {
    match File::open(path.join(LOCK)) {
        Ok(lock) => !matches!(lock.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_has_left_is_removed_and_what_lives_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let living = Home::new(dir.path()).unwrap();
        let dead = dir.path().join(format!("{PREFIX}1-0"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        let other = Home::new(dir.path()).unwrap();
        assert!(!dead.exists() && living.path().exists() && other.path().exists());
        drop((living, other));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_cannot_be_written_is_named() {
        let error = Home::new(Path::new("/proc/nothing")).unwrap_err().to_string();
        assert!(error.contains("/proc/nothing") && error.contains("[state] dir"), "{error}");
    }
}
