//! What people ask of a running job, through files in its checkpoint directory.
//!
//! ```text
//!   ./job savepoint ── .requests/<n>.json ──▶ driver, which looks there a few times a second
//!                 ◀── .requests/<n>.answer ──
//! ```
//!
//! Only who may write to the directory can ask. Files are written under another name first, so that none is read half.
//! In an object store they are objects, in `requests/`, and looked for every two seconds: each look is paid for.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::checkpoint::coordinator::RequestId;
use crate::checkpoint::manifest::Kind;
use crate::checkpoint::pointer::{Pointer, Status};
use crate::checkpoint::store::{Place, Store, StorePath};

/// What is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) wish: Wish,
    /// The directory in which the savepoint is made; none is made without.
    pub(crate) savepoint_dir: Option<Place>,
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
    Done { checkpoint: u64, savepoint: Option<Place> },
    /// It is not, and why.
    Refused(String),
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error(
        "no job is running from `{0}`\nhelp: name the directory that it was started with: --checkpoint-dir DIR"
    )]
    NotRunning(Place),
    #[error("cannot ask the job that runs from `{place}`: {source}")]
    Io { place: Place, source: io::Error },
    #[error(
        "the job that runs from `{0}` does not answer\nhelp: it may be busy: `./job checkpoints` shows what it has completed"
    )]
    Silent(Place),
}

/// Asks the job that runs from a place, and waits for its answer.
pub(crate) fn ask(
    place: &Place,
    request: &Request,
    patience: Duration,
) -> Result<Answer, AskError> {
    let failed = |source| AskError::Io { place: place.clone(), source };
    let letters = match place.directory() {
        Some(dir) => Letters::Files(dir.join(FOLDER)),
        None => Letters::Objects(place.look().map_err(|error| failed(io::Error::other(error)))?),
    };
    let is_running = || is_running(place, &letters).map_err(failed);
    if !is_running()? {
        return Err(AskError::NotRunning(place.clone()));
    }
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let name = format!("{}-{}", since.as_nanos(), std::process::id());
    let text = serde_json::to_string(request).map_err(|error| failed(error.into()))?;
    letters.put(&format!("{name}.{REQUEST}"), &text).map_err(failed)?;
    let answer = format!("{name}.{ANSWER}");
    let end = Instant::now() + patience;
    loop {
        // Asked first: what was answered before the job ended is there then.
        let is_over = Instant::now() >= end || !is_running()?;
        if let Some(text) = letters.read(&answer).map_err(failed)? {
            letters.remove(&answer).map_err(failed)?;
            return serde_json::from_str(&text).map_err(|error| failed(error.into()));
        }
        if is_over {
            return Err(AskError::Silent(place.clone()));
        }
        std::thread::sleep(letters.look() / 4);
    }
}

/// True if a process holds the place: its lock, or, where there is none, if the job has not finished.
fn is_running(place: &Place, letters: &Letters) -> io::Result<bool> {
    if let Letters::Objects(store) = letters {
        let truth = Pointer::look(&**store).map_err(io::Error::other)?;
        return Ok(truth.is_some_and(|truth| !matches!(truth.status, Status::Finished { .. })));
    }
    let dir = place.directory().unwrap_or(Path::new("."));
    let lock = match fs::File::open(dir.join(crate::checkpoint::store::local::LOCK)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// Where requests and answers lie, in a directory and in an object store.
const FOLDER: &str = ".requests";
const PREFIX: &str = "requests";
/// What their names end with.
const REQUEST: &str = "json";
const ANSWER: &str = "answer";
/// Longer ones are not read.
const BYTES_MAX: u64 = 64 * 1024;

/// Requests and answers by their names.
enum Letters {
    Files(PathBuf),
    Objects(Arc<dyn Store>),
}

impl Letters {
    /// How often is looked for them.
    fn look(&self) -> Duration {
        Duration::from_millis(if let Letters::Files(_) = self { 100 } else { 2000 })
    }

    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        match self {
            Letters::Files(folder) => {
                fs::create_dir_all(folder)?;
                let path = folder.join(name);
                let hidden = path.with_extension("part");
                fs::write(&hidden, text)?;
                fs::rename(hidden, path)
            }
            Letters::Objects(store) => {
                let created = store.create(&object(name)?, text.as_bytes());
                created.map(drop).map_err(io::Error::other)
            }
        }
    }

    /// The names of all that end so, sorted.
    fn list(&self, kind: &str) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        match self {
            Letters::Files(folder) => match fs::read_dir(folder) {
                Ok(entries) => {
                    let entries = entries.flatten();
                    names.extend(entries.filter_map(|entry| entry.file_name().into_string().ok()));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            },
            Letters::Objects(store) => {
                let folder = StorePath::parse(PREFIX).map_err(io::Error::other)?;
                let listed = store.list(Some(&folder)).map_err(io::Error::other)?;
                names.extend(
                    listed.iter().filter_map(|path| path.segments().nth(1)).map(str::to_owned),
                );
            }
        }
        names.retain(|name| name.rsplit_once('.').is_some_and(|(_, extension)| extension == kind));
        names.sort_unstable();
        Ok(names)
    }

    fn read(&self, name: &str) -> io::Result<Option<String>> {
        let bytes = match self {
            Letters::Files(folder) => {
                let mut bytes = Vec::new();
                match fs::File::open(folder.join(name)) {
                    Ok(file) => file.take(BYTES_MAX + 1).read_to_end(&mut bytes)?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                };
                Some(bytes)
            }
            Letters::Objects(store) => {
                store.read(&object(name)?, Some(0..BYTES_MAX + 1)).map_err(io::Error::other)?
            }
        };
        match bytes {
            Some(bytes) if bytes.len() as u64 > BYTES_MAX => {
                Err(io::Error::other("it is too long"))
            }
            Some(bytes) => String::from_utf8(bytes).map(Some).map_err(io::Error::other),
            None => Ok(None),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match self {
            Letters::Files(folder) => fs::remove_file(folder.join(name)),
            Letters::Objects(store) => store.delete(&object(name)?).map_err(io::Error::other),
        }
    }

    fn tell(&self, name: &str, answer: &Answer) {
        let told = serde_json::to_string(answer).map_err(io::Error::from);
        if let Err(error) = told.and_then(|text| self.put(name, &text)) {
            tracing::warn!(%error, "an answer cannot be given");
        }
    }
}

fn object(name: &str) -> io::Result<StorePath> {
    StorePath::parse(format!("{PREFIX}/{name}")).map_err(io::Error::other)
}

/// Requests that are taken at once, at most.
const WAITING_MAX: usize = 16;

/// The requests of a job, as it sees them.
pub(in crate::task) trait Requests {
    /// The next thing that was asked for, if there is one.
    fn look(&mut self) -> Option<(RequestId, Kind)>;

    /// Where the savepoint is wanted that was asked for.
    fn savepoint_dir(&self, id: RequestId) -> Option<&Place>;

    /// Answers a request, if it came from outside.
    fn answer(&mut self, id: RequestId, answer: &Answer);
}

/// Requests that come through files or objects.
pub(super) struct RequestLetters {
    letters: Letters,
    looked: Instant,
    next: u64,
    /// What was taken, and not told yet.
    taken: VecDeque<(RequestId, Kind)>,
    /// Each with the name of its answer.
    waiting: BTreeMap<RequestId, (Request, String)>,
}

impl RequestLetters {
    /// Those at a place, whose store is this. What was asked of an earlier process is forgotten.
    pub(super) fn new(place: &Place, store: &Arc<dyn Store>) -> RequestLetters {
        let letters = match place.directory() {
            Some(dir) => Letters::Files(dir.join(FOLDER)),
            None => Letters::Objects(store.clone()),
        };
        for kind in [REQUEST, ANSWER] {
            let forgotten = letters
                .list(kind)
                .and_then(|names| names.iter().try_for_each(|name| letters.remove(name)));
            if let Err(error) = forgotten {
                tracing::warn!(%error, "requests of before cannot be removed");
            }
        }
        // The first one is the process's own: Ctrl-C.
        let (taken, waiting) = Default::default();
        RequestLetters { letters, looked: Instant::now(), next: 1, taken, waiting }
    }

    fn take_all(&mut self) {
        // If it cannot be said, it is asked again.
        let names = self.letters.list(REQUEST).unwrap_or_default();
        let room = WAITING_MAX.saturating_sub(self.waiting.len());
        for name in names.into_iter().take(room) {
            let taken = self.take(&name);
            self.taken.extend(taken);
        }
    }

    fn take(&mut self, name: &str) -> Option<(RequestId, Kind)> {
        let answer = format!("{}.{ANSWER}", name.trim_end_matches(REQUEST).trim_end_matches('.'));
        let read = self.letters.read(name);
        if let Err(error) = self.letters.remove(name) {
            tracing::warn!(%error, "a request cannot be taken");
            return None;
        }
        let request = read.and_then(|text| Ok(serde_json::from_str(&text.unwrap_or_default())?));
        match request {
            Ok(request) => {
                let request: Request = request;
                let id = RequestId(self.next);
                self.next += 1;
                let kind = request.wish.kind();
                self.waiting.insert(id, (request, answer));
                Some((id, kind))
            }
            Err(error) => {
                let refused = Answer::Refused(format!("the request cannot be read: {error}"));
                self.letters.tell(&answer, &refused);
                None
            }
        }
    }
}

impl Requests for RequestLetters {
    fn look(&mut self) -> Option<(RequestId, Kind)> {
        if self.taken.is_empty() && self.looked.elapsed() >= self.letters.look() {
            self.looked = Instant::now();
            self.take_all();
        }
        self.taken.pop_front()
    }

    fn savepoint_dir(&self, id: RequestId) -> Option<&Place> {
        self.waiting.get(&id)?.0.savepoint_dir.as_ref()
    }

    fn answer(&mut self, id: RequestId, answer: &Answer) {
        if let Some((_, name)) = self.waiting.remove(&id) {
            self.letters.tell(&name, answer);
        }
    }
}
