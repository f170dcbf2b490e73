//! An object store as a store: S3 and what speaks like it, HDFS.
//!
//! An object appears when it is whole, on all of them. It is created only if it is absent: on S3 with `If-None-Match: *`,
//! on HDFS by renaming a hidden file without replacement. A store that takes no notice of that would let two processes
//! lead one job, so it is asked once, with [`PROBE`], before anything is kept in it.
//!
//! Large objects are sent in parts and made whole at the end. The last step looks first whether there is one of that path,
//! which is not the same as creating it if it is absent: nobody else writes there, as the paths of state hold the epoch
//! and the attempt.
//!
//! There is no lock as in a directory. Of two processes that run one job from one place, the later one claims the next
//! epoch; the other finds that out with its next checkpoint, fails, and has shown nothing since.
//!
//! Answers are waited for on the calling thread. A job may be run from inside an async function, whose runtime forbids
//! that: there another thread waits for them.

use std::fmt;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{
    Error, GetOptions, GetRange, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
};
use tokio::runtime::{Handle, Runtime};

use super::{Created, Fault, Store, StoreError, StorePath, Upload};

/// An object store, from a path on.
#[derive(Clone)]
pub(crate) struct RemoteStore(Arc<Remote>);

struct Remote {
    objects: Box<dyn ObjectStore>,
    root: Path,
    url: String,
    handle: Handle,
    _threads: Threads,
}

/// What runs the connections. A runtime may not wait for its threads where another one runs.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// An object that tells whether the store creates objects only if they are absent. Hidden: no path of a store's.
const PROBE: &str = ".create-if-absent";
/// Bytes of a part: S3 takes ten thousand parts of at least 5 MiB.
const PART_BYTES: usize = 16 << 20;
/// How long an answer may take. The client of HDFS would ask a name node that is not there for minutes.
const PATIENCE: Duration = Duration::from_secs(60);

impl RemoteStore {
    /// The store of a URL. `open` is given what is between scheme and path, and what runs its connections.
    ///
    /// # Errors
    /// If there is no such store, or it cannot create objects only if they are absent.
    pub(super) fn open(
        url: &str,
        open: impl FnOnce(&str, &Runtime) -> Result<Box<dyn ObjectStore>, Error>,
    ) -> Result<RemoteStore, StoreError> {
        let fail = |error| failed(error, "keep checkpoints in", url);
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let root = Path::parse(path.trim_matches('/')).map_err(|error| fail(error.into()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("thalweg-store")
            .enable_all()
            .build()
            .map_err(|error| StoreError::io(error, "keep checkpoints in", url))?;
        let objects = open(authority, &runtime).map_err(fail)?;
        let (url, handle, _threads) =
            (url.to_owned(), runtime.handle().clone(), Threads(Some(runtime)));
        Ok(RemoteStore(Arc::new(Remote { objects, root, url, handle, _threads })))
    }

    /// Makes sure that of two who create an object one is told.
    ///
    /// # Errors
    /// If it cannot be found out, or is not so.
    pub(super) fn probe(&self) -> Result<(), StoreError> {
        let path = self.0.root.clone().join(PROBE);
        for _ in 0..2 {
            if self.put(&path, b"")? == Created::Exists {
                return Ok(());
            }
        }
        Err(StoreError::new(Fault::CannotCreate, "keep checkpoints in", &self.0.url))
    }

    fn put(&self, path: &Path, bytes: &[u8]) -> Result<Created, StoreError> {
        let payload = PutPayload::from(bytes.to_vec());
        match self.run(self.0.objects.put_opts(path, payload, PutMode::Create.into())) {
            Ok(_) => Ok(Created::New),
            Err(Error::AlreadyExists { .. }) => Ok(Created::Exists),
            Err(error) => Err(unsure(error, "write", self.0.place(path))),
        }
    }

    /// Waits for an answer, though not for ever: nothing else is to be done on the calling thread.
    fn run<T: Send>(
        &self,
        future: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        let answer = async { tokio::time::timeout(PATIENCE, future).await };
        let wait = || {
            let late = |late| Err(Error::Generic { store: "remote", source: Box::new(late) });
            self.0.handle.block_on(answer).unwrap_or_else(late)
        };
        if Handle::try_current().is_err() {
            return wait();
        }
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().name("thalweg-store-waits".to_owned());
            let waiting = thread.spawn_scoped(scope, wait);
            let waiting = waiting
                .map_err(|error| Error::Generic { store: "remote", source: Box::new(error) })?;
            waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn head(&self, path: &Path) -> Result<Option<u64>, StoreError> {
        match self.run(self.0.objects.head(path)) {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error, "read", self.0.place(path))),
        }
    }

    fn get(&self, path: &Path, range: Option<Range<u64>>) -> Result<Vec<u8>, Error> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        self.run(async {
            let got = self.0.objects.get_opts(path, options).await?;
            got.bytes().await.map(|bytes| bytes.to_vec())
        })
    }
}

impl Remote {
    fn path(&self, path: &StorePath) -> Path {
        path.segments().fold(self.root.clone(), |path, segment| path.join(segment))
    }

    /// A path as the user knows it.
    fn place(&self, path: &Path) -> String {
        let below = path.prefix_match(&self.root).into_iter().flatten();
        below.fold(self.url.trim_end_matches('/').to_owned(), |place, part| {
            format!("{place}/{}", part.as_ref())
        })
    }
}

impl fmt::Debug for RemoteStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("RemoteStore").field(&self.0.url).finish()
    }
}

impl Store for RemoteStore {
    fn create(&self, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError> {
        self.put(&self.0.path(path), bytes)
    }

    fn upload(&self, path: &StorePath) -> Result<Box<dyn Upload>, StoreError> {
        let (store, path) = (self.clone(), self.0.path(path));
        Ok(Box::new(Unfinished { store, path, waiting: Vec::new(), parts: None }))
    }

    fn read(
        &self,
        path: &StorePath,
        range: Option<Range<u64>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.0.path(path);
        let start = range.as_ref().map_or(0, |range| range.start);
        if range.as_ref().is_some_and(Range::is_empty) {
            return Ok(self.head(&path)?.map(|_| Vec::new()));
        }
        match self.get(&path, range) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Error::NotFound { .. }) => Ok(None),
            // A range behind the end is an error there, and said in as many ways as there are stores.
            Err(error) => match self.head(&path)? {
                Some(size) if size <= start => Ok(Some(Vec::new())),
                _ => Err(failed(error, "read", self.0.place(&path))),
            },
        }
    }

    fn size(&self, path: &StorePath) -> Result<Option<u64>, StoreError> {
        self.head(&self.0.path(path))
    }

    fn list(&self, folder: Option<&StorePath>) -> Result<Vec<StorePath>, StoreError> {
        let folder = folder.map_or_else(|| self.0.root.clone(), |folder| self.0.path(folder));
        let listed = self.run(self.0.objects.list(Some(&folder)).try_collect::<Vec<_>>());
        let listed = listed.map_err(|error| failed(error, "list", self.0.place(&folder)))?;
        let mut found = Vec::new();
        for meta in listed {
            let Some(parts) = meta.location.prefix_match(&self.0.root) else { continue };
            let parts: Vec<_> = parts.map(|part| part.as_ref().to_owned()).collect();
            // What cannot be an object is somebody else's, and left alone.
            found.extend(StorePath::parse(parts.join("/")));
        }
        found.sort_unstable();
        Ok(found)
    }

    fn delete(&self, path: &StorePath) -> Result<(), StoreError> {
        let path = self.0.path(path);
        match self.run(self.0.objects.delete(&path)) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error, "delete", self.0.place(&path))),
        }
    }
}

/// An object that is not whole yet.
struct Unfinished {
    store: RemoteStore,
    path: Path,
    /// Not sent yet.
    waiting: Vec<u8>,
    /// Once there is more than a part.
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Unfinished {
    fn send(&mut self) -> Result<(), Error> {
        let Unfinished { store, path, waiting, parts } = self;
        let part = PutPayload::from(std::mem::take(waiting));
        store.run(async {
            if parts.is_none() {
                *parts = Some(store.0.objects.put_multipart(path).await?);
            }
            match parts {
                Some(parts) => parts.put_part(part).await,
                None => Ok(()),
            }
        })
    }
}

impl Upload for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() < PART_BYTES {
            return Ok(());
        }
        let place = self.store.0.place(&self.path);
        self.send().map_err(|error| failed(error, "write", place))
    }

    fn finish(mut self: Box<Self>) -> Result<(), StoreError> {
        let place = self.store.0.place(&self.path);
        let taken = || StoreError::new(Fault::Taken, "write", &place);
        if self.parts.is_none() {
            return match self.store.put(&self.path, &self.waiting)? {
                Created::New => Ok(()),
                Created::Exists => Err(taken()),
            };
        }
        if !self.waiting.is_empty() {
            self.send().map_err(|error| failed(error, "write", &place))?;
        }
        if self.store.head(&self.path)?.is_some() {
            return Err(taken());
        }
        let Some(mut parts) = self.parts.take() else { return Ok(()) };
        let completed = self.store.run(parts.complete());
        completed.map(drop).map_err(|error| unsure(error, "write", place))
    }
}

impl Drop for Unfinished {
    /// As well as can be: a rule of the bucket may remove what is left.
    fn drop(&mut self) {
        if let Some(mut parts) = self.parts.take() {
            let _ = self.store.run(parts.abort());
        }
    }
}

#[cold]
fn failed(error: Error, doing: &'static str, place: impl fmt::Display) -> StoreError {
    let fault = match &error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Fault::Denied,
        Error::NotImplemented { .. } | Error::NotSupported { .. } => Fault::CannotCreate,
        Error::Generic { .. } | Error::JoinError { .. } => Fault::Unreachable,
        Error::AlreadyExists { .. } => Fault::Taken,
        _ => Fault::Other,
    };
    StoreError::new(fault, doing, place).because(error)
}

/// What went wrong with something that may have been done all the same.
#[cold]
fn unsure(error: Error, doing: &'static str, place: impl fmt::Display) -> StoreError {
    let error = failed(error, doing, place);
    if error.fault == Fault::Unreachable { error.outcome_unknown() } else { error }
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    /// All that is asked of a store, and the end of it.
    fn use_it() {
        let memory = |_: &str, _: &Runtime| Ok(Box::new(InMemory::new()) as Box<dyn ObjectStore>);
        let store = RemoteStore::open("s3://bucket/job", memory).unwrap();
        store.probe().unwrap();
        let path = StorePath::parse("a/b").unwrap();
        assert_eq!(store.create(&path, b"12").unwrap(), Created::New);
        assert_eq!(store.create(&path, b"34").unwrap(), Created::Exists);
        assert_eq!(store.read(&path, None).unwrap().unwrap(), b"12");
        let large = StorePath::parse("a/c").unwrap();
        let mut upload = store.upload(&large).unwrap();
        upload.write(&vec![7; PART_BYTES]).unwrap();
        upload.finish().unwrap();
        assert_eq!(store.size(&large).unwrap(), Some(PART_BYTES as u64));
        assert_eq!(store.list(None).unwrap(), [path.clone(), large]);
        store.delete(&path).unwrap();
    }

    #[test]
    fn it_may_be_asked_from_inside_an_async_function() {
        use_it();
        let several = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let single = tokio::runtime::Builder::new_current_thread().build();
        for runtime in [several.unwrap(), single.unwrap()] {
            runtime.block_on(async { use_it() });
        }
    }
}
