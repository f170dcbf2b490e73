//! The second phase of files: parts that were prepared get their names, once.
//!
//! ```text
//!   prepared          .part-0-3-1.csv.3.inprogress      on disk, hidden
//!   link              both names                        not over anything that is there
//!   fsync folder                                        from here on it is committed
//!   remove            part-0-3-1.csv
//! ```
//!
//! Whatever fails in between, the committable says enough to tell what was done: if both names are there they are the
//! same file, and the hidden one can go; if only the last is, it holds what was prepared, by length and digest, and all
//! is done. If neither is there, or the name is somebody else's, nobody can tell, and the job must not go on.
//!
//! The hidden name goes behind the sync: of two changes to a folder, a loss of power may undo the first alone.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::builder::{CanWrite, Files};
use super::disk::Disk;
use super::folder::{Look, generation, hidden, remove_if_there, unwritable};
use crate::connector::{Committable, Opening, SinkError, TwoPhaseCommitSink};

/// What a committable holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Prepared {
    /// Parts of an earlier run, which these parts take the place of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<String>,
    pub parts: Vec<PreparedPart>,
}

/// A part that is on disk under its hidden name.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PreparedPart {
    name: String,
    attempt: u64,
    len: u64,
    /// XXH3 of the content, 128 bits in hexadecimal.
    digest: String,
}

impl From<Prepared> for Committable {
    fn from(prepared: Prepared) -> Committable {
        Committable(serde_json::to_value(prepared).expect("text and numbers are JSON"))
    }
}

impl Prepared {
    /// What a committable holds, if it is of such a sink: a name that is none of a part's is not touched.
    fn of(committable: &Committable) -> Result<Prepared, SinkError> {
        let is_ours = |prepared: &Prepared| {
            let parts = prepared.parts.iter().map(|part| &part.name);
            parts.chain(&prepared.replaces).all(|name| generation(name).is_some())
        };
        Prepared::deserialize(&committable.0).ok().filter(is_ours).ok_or_else(|| {
            SinkError::new(
                format!("cannot commit `{}`: not of a sink that writes files", committable.0),
                "restore with the sink that the snapshot was taken with",
            )
        })
    }

    fn commit(&self, folder: &Path, disk: &Disk) -> Result<(), SinkError> {
        for name in &self.replaces {
            remove_if_there(disk, &folder.join(name))?;
        }
        for part in &self.parts {
            part.show(folder, disk)?;
            if cfg!(bug_37) {
                remove_if_there(disk, &folder.join(part.hidden()))?;
            }
        }
        disk.sync_folder(folder).map_err(|error| unwritable(folder, error))?;
        for part in &self.parts {
            remove_if_there(disk, &folder.join(part.hidden()))?;
        }
        Ok(())
    }
}

impl PreparedPart {
    pub(super) fn new(name: String, attempt: u64, len: u64, digest: u128) -> PreparedPart {
        PreparedPart { name, attempt, len, digest: format!("{digest:032x}") }
    }

    fn hidden(&self) -> String {
        hidden(&self.name, self.attempt)
    }

    /// Gives the part its name, if it has it not.
    fn show(&self, folder: &Path, disk: &Disk) -> Result<(), SinkError> {
        let (from, to) = (folder.join(self.hidden()), folder.join(&self.name));
        match fs::metadata(&from) {
            Ok(metadata) if metadata.len() != self.len => return Err(self.changed(&from)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return if to.exists() { self.check(&to) } else { Err(self.lost(&to)) };
            }
            Err(error) => return Err(unwritable(&from, error)),
        }
        match disk.link(&from, &to) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => self.check(&to),
            Err(error) if cannot_link(&error) && !to.exists() => {
                // The folder is locked: nobody else takes the name meanwhile.
                disk.rename(&from, &to).map_err(|error| unwritable(&to, error))
            }
            Err(error) if cannot_link(&error) => self.check(&to),
            Err(error) => Err(unwritable(&to, error)),
        }
    }

    /// Makes sure that what has the part's name is the part.
    fn check(&self, path: &Path) -> Result<(), SinkError> {
        let read = |error| {
            let help = "check that it is a file on a healthy disk, which the job's user may read";
            SinkError::new(format!("cannot read `{}`", path.display()), help).because(error)
        };
        let len = fs::metadata(path).map_err(read)?.len();
        let is_same = len == self.len && digest_of(path).map_err(read)? == self.digest;
        if is_same { Ok(()) } else { Err(self.changed(path)) }
    }

    #[cold]
    fn changed(&self, path: &Path) -> SinkError {
        SinkError::new(
            format!(
                "`{}` is not what the job has written and was about to show as `{}`",
                path.display(),
                self.name
            ),
            "somebody has written it meanwhile: move it elsewhere if it is not the job's; \
             if it was the job's, go back to an earlier savepoint",
        )
    }

    #[cold]
    fn lost(&self, path: &Path) -> SinkError {
        SinkError::new(
            format!(
                "cannot tell whether `{}` was shown: neither it nor `{}` is there",
                path.display(),
                self.hidden()
            ),
            "somebody has moved or removed it: put it back under either name and start the job again, \
             or go back to an earlier savepoint",
        )
    }
}

/// True if the file system has no further names for a file.
fn cannot_link(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, TooManyLinks, Unsupported};
    matches!(error.kind(), PermissionDenied | TooManyLinks | Unsupported)
}

fn digest_of(path: &Path) -> io::Result<String> {
    let (mut file, mut digest) = (File::open(path)?, Xxh3::new());
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(format!("{:032x}", digest.digest128())),
            Ok(read) => digest.update(&chunk[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl<F: Send + Sync, D: CanWrite> TwoPhaseCommitSink for Files<F, D> {
    fn commit(&self, committable: &Committable) -> Result<(), SinkError> {
        let (path, folder) = (Path::new(&self.path), &self.write.folder);
        let prepared = Prepared::of(committable)?;
        folder.hold(path)?;
        prepared.commit(path, &folder.disk)
    }

    fn abort_orphans(&self, opening: &Opening<'_>) -> Result<(), SinkError> {
        let mut kept = BTreeSet::new();
        for committable in opening.kept {
            kept.extend(Prepared::of(committable)?.parts.iter().map(PreparedPart::hidden));
        }
        let look = Look {
            overwrite: self.write.overwrite,
            attempt: Some(opening.attempt),
            restored: opening.restored,
            kept: &kept,
        };
        self.write.folder.begin(Path::new(&self.path), &look)
    }
}

#[cfg(test)]
mod tests;
