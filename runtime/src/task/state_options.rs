//! Where keyed state is held while a job runs.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::state::{DiskError, Spill};

/// What holds keyed state. Checkpoints and savepoints of one backend are restored by any other.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Backend {
    /// Memory, for tests and small state: a task whose state is larger than the budget fails when it is to be saved.
    Memory,
    /// Memory; checkpoints write what changed.
    #[default]
    Fs,
    /// Memory as far as the budget goes, RocksDB for the rest. Feature `rocksdb`. Joins in sessions, and sliding windows of
    /// more than 4096 slides, stay in memory; the log names them.
    RocksDb,
}

impl FromStr for Backend {
    type Err = String;

    fn from_str(text: &str) -> Result<Backend, String> {
        match text {
            "memory" => Ok(Backend::Memory),
            "fs" => Ok(Backend::Fs),
            "rocksdb" if cfg!(feature = "rocksdb") => Ok(Backend::RocksDb),
            "rocksdb" => Err("this job was built without the backend `rocksdb`\n\
                 help: turn on the feature `rocksdb` of thalweg in Cargo.toml"
                .to_owned()),
            _ => Err("a backend is \"memory\", \"fs\" or \"rocksdb\"".to_owned()),
        }
    }
}

/// Where keyed state is held while a job runs.
///
/// ```
/// use thalweg::job::{Backend, StateOptions};
///
/// let state = StateOptions { backend: Backend::RocksDb, budget: 256 << 20, ..StateOptions::default() };
/// assert_eq!(state.dir, None, "a directory for temporary files");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateOptions {
    /// What holds it.
    pub backend: Backend,
    /// Bytes of memory that state may take: with [`Backend::RocksDb`] in this process, with [`Backend::Memory`] in a task.
    /// With [`Backend::Fs`] there is no bound.
    pub budget: usize,
    /// A directory on a fast local disk, for what has no room in memory; that of temporary files if not said. What is in
    /// there is the process's own, and goes with it.
    pub dir: Option<PathBuf>,
    /// Settings of RocksDB that take the place of this crate's, by the names of RocksDB's own `SetOptions`, such as
    /// `("compression", "kZSTD")`.
    pub rocksdb: Vec<(String, String)>,
}

impl Default for StateOptions {
    fn default() -> StateOptions {
        let (backend, budget) = (Backend::default(), 256 << 20);
        StateOptions { backend, budget, dir: None, rocksdb: Vec::new() }
    }
}

impl StateOptions {
    /// Bytes that the state of a task may have when it is saved.
    pub(crate) fn most(&self) -> Option<usize> {
        (self.backend == Backend::Memory).then_some(self.budget)
    }

    /// Where state goes that has no room in memory, if it may be more than that.
    ///
    /// # Errors
    /// If there is no place for it.
    #[cfg(feature = "rocksdb")]
    pub(crate) fn open(&self) -> Result<Option<Arc<Spill>>, DiskError> {
        if self.backend != Backend::RocksDb {
            return Ok(None);
        }
        let dir = self.dir.clone().unwrap_or_else(std::env::temp_dir);
        crate::state::rocks::spill(&dir, self.budget, &self.rocksdb).map(Some)
    }

    /// Nowhere: this build has no backend that does it.
    ///
    /// # Errors
    /// If one is asked for.
    #[cfg(not(feature = "rocksdb"))]
    pub(crate) fn open(&self) -> Result<Option<Arc<Spill>>, DiskError> {
        match self.backend {
            Backend::Memory | Backend::Fs => Ok(None),
            Backend::RocksDb => Err(DiskError {
                place: "no place".to_owned(),
                what: "this program was built without the backend `rocksdb`".to_owned(),
                help: "turn on the feature `rocksdb` of thalweg in Cargo.toml",
            }),
        }
    }
}
