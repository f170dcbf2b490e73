//! Parts: the files that one task writes into a directory, one after the other.
//!
//! ```text
//!   open ──▶ hidden ──▶ fsync ─┬─ without checkpoints: rename to its name ──▶ fsync folder
//!              │               └─ with them: a committable ─ the checkpoint is complete ─▶ see `commit`
//!              └── dropped: removed
//! ```
//!
//! A part that is big or old enough is completed on a thread of its own. With checkpoints it then waits for the next
//! one, which ends the open part too, so that every part belongs to one checkpoint.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use xxhash_rust::xxh3::Xxh3;

use super::builder::WriteOptions;
use super::commit::{Prepared, PreparedPart};
use super::disk::Disk;
use super::folder::{Folder, Names, remove_if_there, unwritable};
use crate::connector::{Preparation, SinkError};

pub(super) struct Parts {
    path: PathBuf,
    /// Shared by all tasks.
    folder: Arc<Folder>,
    /// Until all parts are complete.
    lock: Option<Arc<File>>,
    names: Names,
    task: usize,
    /// Of the next part.
    number: u64,
    extension: &'static str,
    roll: Option<(u64, Duration)>,
    open: Option<Part>,
    /// The part before, if it rolled: syncing it may take long, and must not hold up the slot.
    completing: Option<JoinHandle<Result<Option<Sealed>, SinkError>>>,
    /// The parts before that one which wait for the next checkpoint.
    sealed: Vec<Sealed>,
    /// What was not written to the open part yet.
    pub(super) buffer: Vec<u8>,
}

struct Part {
    file: File,
    hidden: Hidden,
    name: String,
    bytes: u64,
    /// Of what was written, for a part that waits for its checkpoint.
    digest: Option<Box<Xxh3>>,
    opened: Instant,
}

/// The hidden name of a part: removed when it is dropped, unless it was kept.
struct Hidden {
    path: PathBuf,
    disk: Disk,
    is_kept: bool,
}

/// A part that is on disk and waits for its checkpoint.
struct Sealed {
    hidden: Hidden,
    part: PreparedPart,
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
        let path = PathBuf::from(folder);
        let (names, lock) = options.folder.open(&path, options.overwrite)?;
        Ok(Parts {
            path,
            folder: options.folder.clone(),
            lock: Some(lock),
            names,
            task,
            number: 0,
            extension,
            roll: options.roll,
            open: None,
            completing: None,
            sealed: Vec::new(),
            buffer: Vec::new(),
        })
    }

    /// True if a part has begun.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// True if parts wait for their checkpoint.
    pub(super) fn waits(&self) -> bool {
        self.names != Names::Plain
    }

    /// Begins a part.
    pub(super) fn begin(&mut self) -> Result<(), SinkError> {
        let waits = self.waits();
        if !waits {
            self.folder.replace(&self.path)?;
        }
        let name = self.names.part(self.task, self.number, self.extension);
        let path = self.path.join(self.names.hidden(&name));
        let disk = self.folder.disk.clone();
        let file = disk.create(&path, waits).map_err(|error| unwritable(&path, error))?;
        self.number += 1;
        self.open = Some(Part {
            file,
            hidden: Hidden { path, disk, is_kept: false },
            name,
            bytes: 0,
            digest: waits.then(Box::default),
            opened: Instant::now(),
        });
        Ok(())
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
        let (folder, names) = (self.path.clone(), self.names);
        let thread = thread::Builder::new().name("thalweg-part".to_owned());
        let completing = thread.spawn(move || match names {
            Names::Plain => part.complete(&folder).map(|()| None),
            Names::Fenced { attempt, .. } => part.seal(attempt).map(Some),
        });
        self.completing = Some(completing.map_err(|error| {
            let help = "raise the limit on threads of the user that runs the job";
            SinkError::new("cannot start a thread to complete a file", help).because(error)
        })?);
        Ok(())
    }

    /// Waits for the part that is being completed, if any.
    fn completed(&mut self) -> Result<(), SinkError> {
        let sealed = self.completing.take().map_or(Ok(None), joined)?;
        self.sealed.extend(sealed);
        Ok(())
    }

    /// Ends the open part, and prepares it with those that wait.
    pub(super) fn prepare(&mut self) -> Option<Preparation> {
        let Names::Fenced { attempt, .. } = self.names else { return None };
        let replaces = self.folder.take_replaced();
        let (mut sealed, completing) = (std::mem::take(&mut self.sealed), self.completing.take());
        let (open, mut buffer) = (self.open.take(), std::mem::take(&mut self.buffer));
        if replaces.is_empty() && sealed.is_empty() && completing.is_none() && open.is_none() {
            return None;
        }
        let (path, disk) = (self.path.clone(), self.folder.disk.clone());
        Some(Box::new(move || {
            sealed.extend(completing.map_or(Ok(None), joined)?);
            if let Some(mut part) = open {
                part.write(&mut buffer)?;
                sealed.push(part.seal(attempt)?);
            }
            // The names too must outlive a loss of power.
            disk.sync_folder(&path).map_err(|error| unwritable(&path, error))?;
            let parts = sealed.into_iter().map(Sealed::keep).collect();
            Ok(Prepared { replaces, parts }.into())
        }))
    }

    /// Completes all parts: from now on they are there under their names, whatever happens. With checkpoints they are
    /// already.
    pub(super) fn complete(&mut self) -> Result<(), SinkError> {
        self.completed()?;
        if self.waits() {
            return self.all_committed();
        }
        self.folder.replace(&self.path)?;
        if let Some(mut part) = self.open.take() {
            part.write(&mut self.buffer)?;
            part.complete(&self.path)?;
        }
        self.lock = None;
        Ok(())
    }

    fn all_committed(&self) -> Result<(), SinkError> {
        if self.open.is_none() && self.sealed.is_empty() {
            return Ok(());
        }
        Err(SinkError::new(
            format!("`{}` would lack what came behind the last checkpoint", self.path.display()),
            "this is a defect of the engine, please report it",
        ))
    }
}

fn joined(
    completing: JoinHandle<Result<Option<Sealed>, SinkError>>,
) -> Result<Option<Sealed>, SinkError> {
    completing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Part {
    fn write(&mut self, buffer: &mut Vec<u8>) -> Result<(), SinkError> {
        let Hidden { path, disk, .. } = &self.hidden;
        disk.write(&mut self.file, path, buffer).map_err(|error| unwritable(path, error))?;
        self.bytes += buffer.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(buffer);
        }
        buffer.clear();
        Ok(())
    }

    fn complete(mut self, folder: &Path) -> Result<(), SinkError> {
        let name = folder.join(&self.name);
        let Hidden { path, disk, is_kept } = &mut self.hidden;
        let renamed = (|| {
            disk.sync(&self.file, path)?;
            if name.exists() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            disk.rename(path, &name)?;
            *is_kept = true;
            disk.sync_folder(folder)
        })();
        renamed.map_err(|error| unwritable(path, error))
    }

    /// Sees to it that the part is on disk.
    fn seal(self, attempt: u64) -> Result<Sealed, SinkError> {
        let Part { file, hidden, name, bytes, digest, .. } = self;
        hidden.disk.sync(&file, &hidden.path).map_err(|error| unwritable(&hidden.path, error))?;
        let digest = digest.map_or(0, |digest| digest.digest128());
        Ok(Sealed { hidden, part: PreparedPart::new(name, attempt, bytes, digest) })
    }
}

impl Sealed {
    /// From now on it is in the hands of whoever commits it.
    fn keep(mut self) -> PreparedPart {
        self.hidden.is_kept = true;
        self.part
    }
}

impl Drop for Hidden {
    /// An unfinished part is removed, as well as can be: it is hidden, and the next run removes it too.
    fn drop(&mut self) {
        if !self.is_kept {
            let _ = remove_if_there(&self.disk, &self.path);
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        // A part that is being completed is complete: it may get its name. Whoever drops does not ask for errors.
        let _ = self.completing.take().map(JoinHandle::join);
    }
}
