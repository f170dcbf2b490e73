//! The directory that a sink writes into: whose it is, what is in it, and how parts are named.
//!
//! ```text
//!   without checkpoints   .part-<task>-<n>.csv.inprogress                        ─▶ part-<task>-<n>.csv
//!   with checkpoints      .part-<task>-<generation>-<n>.csv.<attempt>.inprogress ─▶ part-<task>-<generation>-<n>.csv
//! ```
//!
//! A directory belongs to one sink at a time: it is locked, as a file would be. The generation is the attempt, or more
//! if there are parts of that generation or a later one: a job that begins its attempts anew, restored from a savepoint
//! or overwriting, never uses a name again. Files that are not named so are nobody's business here.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::disk::Disk;
use crate::connector::SinkError;

/// What unfinished parts end in.
const UNFINISHED: &str = ".inprogress";

/// How the parts of a run are named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Names {
    /// Without checkpoints.
    Plain,
    /// With checkpoints.
    Fenced { attempt: u64, generation: u64 },
}

impl Names {
    /// The name that a part gets in the end.
    pub(super) fn part(self, task: usize, number: u64, extension: &str) -> String {
        match self {
            Names::Plain => format!("part-{task}-{number}.{extension}"),
            Names::Fenced { generation, .. } => {
                format!("part-{task}-{generation}-{number}.{extension}")
            }
        }
    }

    /// The name that it has until then.
    pub(super) fn hidden(self, name: &str) -> String {
        match self {
            Names::Plain => format!(".{name}{UNFINISHED}"),
            Names::Fenced { attempt, .. } => hidden(name, attempt),
        }
    }
}

/// The hidden name of a part that waits for its checkpoint.
pub(super) fn hidden(name: &str, attempt: u64) -> String {
    format!(".{name}.{attempt}{UNFINISHED}")
}

/// The generation, if this is the name of a part; 0 for one without.
pub(super) fn generation(name: &str) -> Option<u64> {
    let (numbers, extension) = name.strip_prefix("part-")?.split_once('.')?;
    let numbers = numbers.split('-').map(number).collect::<Option<Vec<u64>>>()?;
    let is_ours = matches!(extension, "txt" | "jsonl" | "csv" | "avro" | "parquet");
    match numbers[..] {
        _ if !is_ours => None,
        [_, _] => Some(0),
        [_, generation, _] => Some(generation),
        _ => None,
    }
}

/// The generation and attempt, if this is the hidden name of a part; 0 for one without.
fn unfinished(name: &str) -> Option<(u64, u64)> {
    let name = name.strip_prefix('.')?.strip_suffix(UNFINISHED)?;
    match generation(name) {
        Some(generation) => (generation == 0).then_some((0, 0)),
        None => {
            let (name, attempt) = name.rsplit_once('.')?;
            Some((generation(name).filter(|&generation| generation > 0)?, number(attempt)?))
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The directory, shared by a sink's tasks, its second phase, and clones of the builder.
#[derive(Debug, Default)]
pub(super) struct Folder {
    pub(super) disk: Disk,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Of whoever holds it, and what this sink holds for itself: from the first commit or abort to its end.
    lock: Weak<File>,
    held: Option<Arc<File>>,
    /// Set when the directory was looked into: by whichever task came first, or at the beginning of an attempt.
    found: Option<Found>,
}

/// What was found in the directory.
#[derive(Debug)]
struct Found {
    names: Names,
    /// The parts of an earlier run that are to be removed before the first new one.
    replaced: Vec<String>,
}

/// How a directory is looked into.
pub(super) struct Look<'a> {
    pub(super) overwrite: bool,
    /// With checkpoints: the attempt that begins.
    pub(super) attempt: Option<u64>,
    /// The parts that are there are the job's own.
    pub(super) restored: bool,
    /// Hidden names that the checkpoint knows.
    pub(super) kept: &'a BTreeSet<String>,
}

impl Folder {
    /// A directory on a disk whose plug a test may pull.
    #[cfg(test)]
    pub(super) fn on(disk: Disk) -> Folder {
        Folder { disk, ..Folder::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the directory for a task, which locks it while it holds what is returned. It is looked into first, if
    /// nobody has done so.
    pub(super) fn open(
        &self,
        path: &Path,
        overwrite: bool,
    ) -> Result<(Names, Arc<File>), SinkError> {
        let mut state = self.state();
        if let Some(Found { names, .. }) = state.found {
            return Ok((names, state.lock(path)?));
        }
        let kept = &BTreeSet::new();
        let look = Look { overwrite, attempt: None, restored: false, kept };
        let (found, lock) = self.look(&mut state, path, &look)?;
        let names = found.names;
        state.found = Some(found);
        Ok((names, lock))
    }

    /// Begins an attempt: locks the directory as long as the sink lives, and removes what earlier attempts have left.
    pub(super) fn begin(&self, path: &Path, look: &Look<'_>) -> Result<(), SinkError> {
        let mut state = self.state();
        let (found, lock) = self.look(&mut state, path, look)?;
        (state.found, state.held) = (Some(found), Some(lock));
        Ok(())
    }

    /// Locks the directory as long as the sink lives.
    pub(super) fn hold(&self, path: &Path) -> Result<(), SinkError> {
        let mut state = self.state();
        state.held = Some(state.lock(path)?);
        Ok(())
    }

    /// The parts of an earlier run, for whoever asks first.
    pub(super) fn take_replaced(&self) -> Vec<String> {
        let mut state = self.state();
        state.found.as_mut().map(|found| std::mem::take(&mut found.replaced)).unwrap_or_default()
    }

    /// Removes the parts of an earlier run, if nobody has done so. Whoever comes second waits: a new part may have the
    /// name of an old one.
    pub(super) fn replace(&self, path: &Path) -> Result<(), SinkError> {
        let mut state = self.state();
        let Some(found) = &mut state.found else { return Ok(()) };
        for part in std::mem::take(&mut found.replaced) {
            let part = path.join(part);
            self.disk.remove(&part).map_err(|error| unwritable(&part, error))?;
        }
        Ok(())
    }

    /// Makes the folder if need be, and removes what a run that was killed has left. Refuses parts of an earlier run,
    /// or returns them.
    fn look(
        &self,
        state: &mut State,
        path: &Path,
        look: &Look<'_>,
    ) -> Result<(Found, Arc<File>), SinkError> {
        if path.exists() && !path.is_dir() {
            return Err(SinkError::new(
                format!(
                    "`{}` is a file, where a directory is wanted to write into",
                    path.display()
                ),
                "name a directory: each task writes a file of its own",
            ));
        }
        self.disk.create_folder(path).map_err(|error| unwritable(path, error))?;
        let lock = state.lock(path)?;
        let (mut parts, mut others, mut greatest) = (Vec::new(), Vec::new(), 0);
        for entry in fs::read_dir(path).map_err(|error| unwritable(path, error))? {
            let entry = entry.map_err(|error| unwritable(path, error))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if let Some((generation, attempt)) = unfinished(&name) {
                greatest = greatest.max(generation);
                if look.gives_up(&name, attempt) {
                    // Whoever made it may be on the way of removing it too.
                    remove_if_there(&self.disk, &path.join(&name))?;
                }
            } else if let Some(generation) = generation(&name) {
                greatest = greatest.max(generation);
                parts.push(name);
            } else if name.starts_with("part-") {
                others.push(name);
            }
        }
        if !look.restored && !look.overwrite {
            parts.append(&mut others);
            refuse(path, &mut parts)?;
        }
        if look.restored {
            parts.clear();
        }
        parts.sort_unstable();
        let names = match look.attempt {
            None => Names::Plain,
            Some(attempt) if cfg!(bug_31) => Names::Fenced { attempt, generation: 1 },
            Some(attempt) => {
                Names::Fenced { attempt, generation: attempt.max(greatest.saturating_add(1)) }
            }
        };
        Ok((Found { names, replaced: parts }, lock))
    }
}

impl Look<'_> {
    /// True if an unfinished part is nobody's: nobody else writes here. A job that goes on from a checkpoint removes
    /// those of earlier attempts only, whatever became of the lock.
    fn gives_up(&self, hidden: &str, attempt: u64) -> bool {
        let is_earlier = !self.restored || Some(attempt) < self.attempt;
        is_earlier && !self.kept.contains(hidden)
    }
}

impl State {
    fn lock(&mut self, path: &Path) -> Result<Arc<File>, SinkError> {
        if let Some(lock) = self.lock.upgrade() {
            return Ok(lock);
        }
        let folder = File::open(path).map_err(|error| unwritable(path, error))?;
        // Not every file system can lock a directory.
        if let Err(TryLockError::WouldBlock) = folder.try_lock() {
            return Err(SinkError::new(
                format!("another sink or job is writing into `{}`", path.display()),
                "give each sink a directory of its own",
            ));
        }
        let lock = Arc::new(folder);
        self.lock = Arc::downgrade(&lock);
        Ok(lock)
    }
}

fn refuse(folder: &Path, parts: &mut [String]) -> Result<(), SinkError> {
    parts.sort_unstable();
    let Some(part) = parts.first() else { return Ok(()) };
    Err(SinkError::new(
        format!(
            "`{}` already holds parts of an earlier run: {part} and {} more",
            folder.display(),
            parts.len() - 1
        ),
        "name an empty directory, remove them, or add `.overwrite()`",
    ))
}

#[cold]
pub(super) fn unwritable(path: &Path, error: io::Error) -> SinkError {
    let help = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or write to another disk; parts that were complete are still there"
        }
        io::ErrorKind::PermissionDenied => {
            "give the user that runs the job the right to write there"
        }
        io::ErrorKind::NotFound => "somebody removed it while the job was writing: start it again",
        io::ErrorKind::ReadOnlyFilesystem => "write to another disk: this one is read-only",
        _ => "check the path and the disk",
    };
    SinkError::new(format!("cannot write `{}`", path.display()), help).because(error)
}

/// Removes a file that need not be there.
pub(super) fn remove_if_there(disk: &Disk, path: &Path) -> Result<(), SinkError> {
    match disk.remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|error| unwritable(path, error)),
    }
}
