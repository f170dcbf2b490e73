//! What people ask of a running job, through files in its checkpoint directory.
//!
//! ```text
//!   ./job savepoint ── .requests/<n>.json ──▶ driver, which looks there a few times a second
//!                 ◀── .requests/<n>.answer ──
//! ```
//!
//! Only who may write to the directory can ask. Files are written under another name first, so that none is read half.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::checkpoint::coordinator::RequestId;
use crate::checkpoint::manifest::Kind;

/// Where requests and answers lie.
const FOLDER: &str = ".requests";
/// How often is looked there.
const LOOK: Duration = Duration::from_millis(100);
/// Longer ones are not read.
const BYTES_MAX: u64 = 64 * 1024;
/// Requests that are taken at once, at most.
const WAITING_MAX: usize = 16;

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) wish: Wish,
    /// The directory in which the savepoint is made; none is made without.
    pub(crate) savepoint_dir: Option<PathBuf>,
}

/// What becomes of the job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wish {
    /// It goes on.
    Savepoint,
    /// It stops: windows stay open.
    Stop,
    /// It ends as if there were no more input: windows fire.
    Drain,
}

impl Wish {
    fn kind(self) -> Kind {
        match self {
            Wish::Savepoint => Kind::Savepoint,
            Wish::Stop => Kind::Stop,
            Wish::Drain => Kind::Drain,
        }
    }
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    /// It is done; the savepoint, if one was asked for, is there.
    Done { checkpoint: u64, savepoint: Option<PathBuf> },
    /// It is not, and why.
    Refused(String),
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(
        "no job is running from `{0}`\nhelp: name the directory that it was started with: --checkpoint-dir DIR"
    )]
    NotRunning(PathBuf),
    #[error("cannot ask the job that runs from `{dir}`: {source}")]
    Io { dir: PathBuf, source: io::Error },
    #[error(
        "the job that runs from `{0}` does not answer\nhelp: it may be busy: `./job checkpoints` shows what it has completed"
    )]
    Silent(PathBuf),
}

/// Asks the job that runs from a directory, and waits for its answer.
pub(crate) fn ask(dir: &Path, request: &Request, patience: Duration) -> Result<Answer, AskError> {
    let failed = |source| AskError::Io { dir: dir.to_owned(), source };
    if !is_running(dir).map_err(failed)? {
        return Err(AskError::NotRunning(dir.to_owned()));
    }
    let folder = dir.join(FOLDER);
    fs::create_dir_all(&folder).map_err(failed)?;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let name = format!("{}-{}", since.as_nanos(), std::process::id());
    let text = serde_json::to_string(request).map_err(|error| failed(error.into()))?;
    put(&folder.join(format!("{name}.json")), &text).map_err(failed)?;
    let answer = folder.join(format!("{name}.answer"));
    let end = Instant::now() + patience;
    loop {
        match fs::read_to_string(&answer) {
            Ok(text) => {
                fs::remove_file(&answer).map_err(failed)?;
                return serde_json::from_str(&text).map_err(|error| failed(error.into()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        if Instant::now() >= end || !is_running(dir).map_err(failed)? && !answer.exists() {
            return Err(AskError::Silent(dir.to_owned()));
        }
        std::thread::sleep(LOOK / 4);
    }
}

/// True if a process holds the directory.
fn is_running(dir: &Path) -> io::Result<bool> {
    let lock = match fs::File::open(dir.join(crate::checkpoint::store::local::LOCK)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

fn put(path: &Path, text: &str) -> io::Result<()> {
    let hidden = path.with_extension("part");
    fs::write(&hidden, text)?;
    fs::rename(hidden, path)
}

/// The requests of a job, as it sees them.
pub(in crate::task) trait Requests {
    /// The next thing that was asked for, if there is one.
    fn look(&mut self) -> Option<(RequestId, Kind)>;

    /// Where the savepoint is wanted that was asked for.
    fn savepoint_dir(&self, id: RequestId) -> Option<&Path>;

    /// Answers a request, if it came from outside.
    fn answer(&mut self, id: RequestId, answer: &Answer);
}

/// Requests that come through files.
pub(super) struct RequestFiles {
    folder: PathBuf,
    looked: Instant,
    next: u64,
    /// What was taken, and not told yet.
    taken: VecDeque<(RequestId, Kind)>,
    /// Each with the place of its answer.
    waiting: BTreeMap<RequestId, (Request, PathBuf)>,
}

impl RequestFiles {
    /// Those in a checkpoint directory. What was asked of an earlier process is forgotten.
    pub(super) fn new(dir: &Path) -> RequestFiles {
        let folder = dir.join(FOLDER);
        if let Err(error) = fs::remove_dir_all(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "requests of before cannot be removed");
        }
        // The first one is the process's own: Ctrl-C.
        let (taken, waiting) = Default::default();
        RequestFiles { folder, looked: Instant::now(), next: 1, taken, waiting }
    }

    fn take_all(&mut self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.sort_unstable();
        let room = WAITING_MAX.saturating_sub(self.waiting.len());
        for path in paths.into_iter().take(room) {
            let taken = self.take(&path);
            self.taken.extend(taken);
        }
    }

    fn take(&mut self, path: &Path) -> Option<(RequestId, Kind)> {
        let answer = path.with_extension("answer");
        let read = read(path);
        if let Err(error) = fs::remove_file(path) {
            tracing::warn!(%error, "a request cannot be taken");
            return None;
        }
        match read {
            Ok(request) => {
                let id = RequestId(self.next);
                self.next += 1;
                let kind = request.wish.kind();
                self.waiting.insert(id, (request, answer));
                Some((id, kind))
            }
            Err(error) => {
                tell(&answer, &Answer::Refused(format!("the request cannot be read: {error}")));
                None
            }
        }
    }
}

impl Requests for RequestFiles {
    fn look(&mut self) -> Option<(RequestId, Kind)> {
        if self.taken.is_empty() && self.looked.elapsed() >= LOOK {
            self.looked = Instant::now();
            self.take_all();
        }
        self.taken.pop_front()
    }

    fn savepoint_dir(&self, id: RequestId) -> Option<&Path> {
        self.waiting.get(&id)?.0.savepoint_dir.as_deref()
    }

    fn answer(&mut self, id: RequestId, answer: &Answer) {
        if let Some((_, place)) = self.waiting.remove(&id) {
            tell(&place, answer);
        }
    }
}

fn read(path: &Path) -> io::Result<Request> {
    if fs::metadata(path)?.len() > BYTES_MAX {
        return Err(io::Error::other("it is too long"));
    }
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

fn tell(place: &Path, answer: &Answer) {
    let told = serde_json::to_string(answer).map_err(io::Error::from);
    if let Err(error) = told.and_then(|text| put(place, &text)) {
        tracing::warn!(%error, "an answer cannot be given");
    }
}
