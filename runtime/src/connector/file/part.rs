//! Parts: the files that one task writes into a directory, one after the other.
//!
//! ```text
//!   open ──▶ .part-<task>-<n>.csv.inprogress (locked) ──▶ fsync ──▶ rename to part-<task>-<n>.csv ──▶ fsync folder
//!                          └── dropped: removed
//! ```

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::builder::WriteOptions;
use crate::connector::SinkError;

/// What unfinished parts end in.
const UNFINISHED: &str = ".inprogress";

pub(super) struct Parts {
    folder: PathBuf,
    /// Shared by all tasks; see [`WriteOptions`].
    replaced: Arc<Mutex<Option<Vec<PathBuf>>>>,
    task: usize,
    /// Of the next part.
    number: u64,
    extension: &'static str,
    roll: Option<(u64, Duration)>,
    open: Option<Part>,
    /// The part before, if it rolled: syncing it may take long, and must not hold up the slot.
    completing: Option<JoinHandle<Result<(), SinkError>>>,
    /// What was not written to the open part yet.
    pub(super) buffer: Vec<u8>,
}

struct Part {
    file: File,
    hidden: PathBuf,
    /// False once it has its name.
    is_hidden: bool,
    bytes: u64,
    opened: Instant,
}

impl Parts {
    /// Bytes after which the buffer is written.
    const BUFFER: usize = 64 * 1024;

    /// The parts of task `task` in `folder`, which is made and checked first if no other task did so.
    pub(super) fn new(
        folder: &str,
        task: usize,
        extension: &'static str,
        options: &WriteOptions,
    ) -> Result<Parts, SinkError> {
        let mut replaced = options.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        if replaced.is_none() {
            *replaced = Some(prepare(Path::new(folder), options.overwrite)?);
        }
        Ok(Parts {
            folder: PathBuf::from(folder),
            replaced: options.replaced.clone(),
            task,
            number: 0,
            extension,
            roll: options.roll,
            open: None,
            completing: None,
            buffer: Vec::new(),
        })
    }

    /// True if a part has begun.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Begins a part.
    pub(super) fn begin(&mut self) -> Result<(), SinkError> {
        self.replace()?;
        let hidden = self.folder.join(format!(".{}{UNFINISHED}", self.name()));
        let file = File::create(&hidden).map_err(|error| unwritable(&hidden, error))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(in_use(&self.folder));
        }
        self.open = Some(Part { file, hidden, is_hidden: true, bytes: 0, opened: Instant::now() });
        Ok(())
    }

    /// Removes the parts of an earlier run, if no task has done so.
    fn replace(&self) -> Result<(), SinkError> {
        let mut replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner);
        for part in replaced.as_mut().map(std::mem::take).unwrap_or_default() {
            fs::remove_file(&part).map_err(|error| unwritable(&part, error))?;
        }
        Ok(())
    }

    fn name(&self) -> String {
        format!("part-{}-{}.{}", self.task, self.number, self.extension)
    }

    /// True if the buffer is to be flushed; `pending` bytes are with the encoder.
    #[inline]
    pub(super) fn is_full(&self, pending: u64) -> bool {
        let roll = self.roll.map_or(u64::MAX, |(bytes, _)| bytes);
        let before = self.open.as_ref().map_or(0, |part| part.bytes);
        self.buffer.len() >= Self::BUFFER || before + self.buffer.len() as u64 + pending >= roll
    }

    /// Writes the buffer to the file.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        if self.completing.as_ref().is_some_and(JoinHandle::is_finished) {
            self.completed()?;
        }
        match &mut self.open {
            Some(part) => part.write(&mut self.buffer),
            None => Ok(()),
        }
    }

    /// True if the open part is big or old enough; `pending` bytes are with the encoder.
    pub(super) fn is_due(&self, pending: u64) -> bool {
        match (&self.open, self.roll) {
            (Some(part), Some((bytes, age))) => {
                part.bytes + pending >= bytes || part.opened.elapsed() >= age
            }
            _ => false,
        }
    }

    /// Completes the open part on a thread of its own, once the one before is complete.
    pub(super) fn roll(&mut self) -> Result<(), SinkError> {
        self.completed()?;
        let Some(mut part) = self.open.take() else { return Ok(()) };
        part.write(&mut self.buffer)?;
        let (folder, name) = (self.folder.clone(), self.name());
        self.number += 1;
        let thread = thread::Builder::new().name("thalweg-part".to_owned());
        let completing = thread.spawn(move || part.complete(&folder, &name));
        self.completing = Some(completing.map_err(|error| {
            let help = "raise the limit on threads of the user that runs the job";
            SinkError::new("cannot start a thread to complete a file", help).because(error)
        })?);
        Ok(())
    }

    /// Waits for the part that is being completed, if any.
    fn completed(&mut self) -> Result<(), SinkError> {
        match self.completing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(done)) => done,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
        }
    }

    /// Completes all parts: from now on they are there under their names, whatever happens.
    pub(super) fn complete(&mut self) -> Result<(), SinkError> {
        self.completed()?;
        self.replace()?;
        let Some(mut part) = self.open.take() else { return Ok(()) };
        part.write(&mut self.buffer)?;
        let name = self.name();
        self.number += 1;
        part.complete(&self.folder, &name)
    }
}

impl Part {
    fn write(&mut self, buffer: &mut Vec<u8>) -> Result<(), SinkError> {
        self.file.write_all(buffer).map_err(|error| unwritable(&self.hidden, error))?;
        self.bytes += buffer.len() as u64;
        buffer.clear();
        Ok(())
    }

    fn complete(mut self, folder: &Path, name: &str) -> Result<(), SinkError> {
        let name = folder.join(name);
        let renamed = (|| {
            self.file.sync_all()?;
            if name.exists() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(&self.hidden, &name)?;
            self.is_hidden = false;
            File::open(folder)?.sync_all()
        })();
        renamed.map_err(|error| unwritable(&self.hidden, error))
    }
}

impl Drop for Part {
    /// An unfinished part is removed, as well as can be: it is hidden, and the next run removes it too.
    fn drop(&mut self) {
        if self.is_hidden {
            let _ = fs::remove_file(&self.hidden);
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        // A part that is being completed is complete: it may get its name. Whoever drops does not ask for errors.
        let _ = self.completing.take().map(JoinHandle::join);
    }
}

/// Makes the folder, and removes what a run that was killed has left. Refuses parts of an earlier run, or returns them.
fn prepare(folder: &Path, overwrite: bool) -> Result<Vec<PathBuf>, SinkError> {
    if folder.exists() && !folder.is_dir() {
        return Err(SinkError::new(
            format!("`{}` is a file, where a directory is wanted to write into", folder.display()),
            "name a directory: each task writes a file of its own",
        ));
    }
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unwritable(folder, error))? {
        let path = entry.map_err(|error| unwritable(folder, error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(".part-") && name.ends_with(UNFINISHED) {
            remove_unfinished(folder, &path)?;
        } else if name.starts_with("part-") {
            parts.push(path);
        }
    }
    parts.sort_unstable();
    match parts.first() {
        Some(part) if !overwrite => Err(SinkError::new(
            format!(
                "`{}` already holds parts of an earlier run: {} and {} more",
                folder.display(),
                part.file_name().unwrap_or_default().display(),
                parts.len() - 1
            ),
            "name an empty directory, remove them, or add `.overwrite()`",
        )),
        _ => Ok(parts),
    }
}

fn remove_unfinished(folder: &Path, path: &Path) -> Result<(), SinkError> {
    if let Ok(file) = File::open(path)
        && let Err(TryLockError::WouldBlock) = file.try_lock()
    {
        return Err(in_use(folder));
    }
    fs::remove_file(path).map_err(|error| unwritable(path, error))
}

#[cold]
fn in_use(folder: &Path) -> SinkError {
    SinkError::new(
        format!("another sink or job is writing into `{}`", folder.display()),
        "give each sink a directory of its own",
    )
}

#[cold]
fn unwritable(path: &Path, error: io::Error) -> SinkError {
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
