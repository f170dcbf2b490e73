//! The store of one directory, as a process sees it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::world::{Effect, World};
use crate::checkpoint::store::memory::MemoryStore;
use crate::checkpoint::store::{Created, Fault, Store, StoreError, StorePath, Upload};

/// A store that asks the world what becomes of each operation.
#[derive(Clone, Debug)]
pub(super) struct SimulatedStore {
    world: World,
    dir: PathBuf,
    inner: MemoryStore,
}

impl SimulatedStore {
    pub(super) fn open(world: &World, dir: &Path) -> SimulatedStore {
        SimulatedStore { world: world.clone(), dir: dir.to_owned(), inner: world.directory(dir) }
    }

    /// Does something, if that is what becomes of it.
    fn operate<T>(
        &self,
        doing: &'static str,
        path: &StorePath,
        apply: impl FnOnce(&MemoryStore) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let what = format_args!("{doing} {}/{path}", self.dir.display()).to_string();
        let unreachable = || StoreError::new(Fault::Unreachable, doing, path).outcome_unknown();
        match self.world.effect(&what) {
            Effect::Happens => apply(&self.inner),
            Effect::Unanswered => {
                let _ = apply(&self.inner);
                Err(unreachable())
            }
            Effect::Lost => Err(unreachable()),
            Effect::NoSpace if doing == "write" => {
                Err(StoreError::new(Fault::NoSpace, doing, path))
            }
            Effect::NoSpace => Err(unreachable()),
        }
    }

    fn created(&self, path: &StorePath, created: &Result<Created, StoreError>) {
        let Some(record) = path.as_str().strip_prefix("pointer/") else { return };
        if record.ends_with("-0") && matches!(created, Ok(Created::New)) {
            self.world.claims(&self.dir);
        }
        self.world.audit(&self.dir, |audit, store| audit.pointer_changed(store));
    }
}

impl Store for SimulatedStore {
    fn create(&self, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError> {
        self.world.written(bytes);
        self.operate("write", path, |store| {
            let created = store.create(path, bytes);
            self.created(path, &created);
            created
        })
    }

    fn upload(&self, path: &StorePath) -> Result<Box<dyn Upload>, StoreError> {
        let upload = self.inner.upload(path)?;
        Ok(Box::new(SimulatedUpload { store: self.clone(), path: path.clone(), upload }))
    }

    fn read(
        &self,
        path: &StorePath,
        range: Option<Range<u64>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.operate("read", path, |store| store.read(path, range))
    }

    fn size(&self, path: &StorePath) -> Result<Option<u64>, StoreError> {
        self.operate("size", path, |store| store.size(path))
    }

    fn list(&self, folder: Option<&StorePath>) -> Result<Vec<StorePath>, StoreError> {
        let all = StorePath::parse("all").expect("a word is a path");
        self.operate("list", folder.unwrap_or(&all), |store| store.list(folder))
    }

    fn delete(&self, path: &StorePath) -> Result<(), StoreError> {
        self.operate("delete", path, |store| {
            let deleted = store.delete(path);
            self.world.audit(&self.dir, |audit, store| audit.deleted(store, path));
            deleted
        })
    }
}

/// An object that a process writes.
struct SimulatedUpload {
    store: SimulatedStore,
    path: StorePath,
    upload: Box<dyn Upload>,
}

impl Upload for SimulatedUpload {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let upload = &mut self.upload;
        self.store.world.written(bytes);
        self.store.operate("write", &self.path, |_| upload.write(bytes))
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let SimulatedUpload { store, path, upload } = *self;
        store.operate("write", &path, |_| upload.finish())
    }
}
