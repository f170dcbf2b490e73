//! A store in memory, whose faults are chosen: for tests and simulations.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Created, Fault, Store, StoreError, StorePath, Upload};

/// A store in memory. Clones are the same store.
#[derive(Clone, Default, Debug)]
pub(crate) struct MemoryStore(Arc<Mutex<Objects>>);

#[derive(Default)]
struct Objects {
    by_path: BTreeMap<StorePath, Vec<u8>>,
    /// Counted up by a crash: what was begun before is given up.
    life: u64,
    faults: Option<Box<Faults>>,
}

/// Decides what goes wrong.
type Faults = dyn FnMut(Operation, &StorePath) -> Option<Injected> + Send;

/// What is asked of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operation {
    /// [`Store::create`].
    Create,
    /// [`Upload::write`].
    Write,
    /// [`Upload::finish`].
    Finish,
    /// [`Store::read`], [`Store::size`].
    Read,
    /// [`Store::list`]: of a folder, not of all.
    List,
    /// [`Store::delete`].
    Delete,
}

/// What goes wrong.
#[cfg_attr(not(test), expect(dead_code, reason = "faults are injected by tests"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Injected {
    /// It is done, but the answer is an error whose outcome is unknown.
    Applied,
    /// It is not done, and the answer is an error whose outcome is unknown.
    Lost,
    /// It is not done: no space is left.
    NoSpace,
}

#[cfg(test)]
impl MemoryStore {
    /// Asks `faults` before each operation what goes wrong with it.
    pub(crate) fn inject(
        &self,
        faults: impl FnMut(Operation, &StorePath) -> Option<Injected> + Send + 'static,
    ) {
        self.objects().faults = Some(Box::new(faults));
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        self.objects().faults = None;
    }

    /// Everything that was begun and not finished is gone.
    pub(crate) fn crash(&self) {
        self.objects().life += 1;
    }
}

impl MemoryStore {
    /// Changes the bytes of an object behind everyone's back, if it is there.
    pub(crate) fn damage(&self, path: &StorePath, damage: impl FnOnce(&mut Vec<u8>)) {
        if let Some(bytes) = self.objects().by_path.get_mut(path) {
            damage(bytes);
        }
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does it, or what goes wrong with it instead.
    fn operate<T>(
        &self,
        operation: Operation,
        path: &StorePath,
        apply: impl FnOnce(&mut Objects) -> T,
    ) -> Result<T, StoreError> {
        let mut objects = self.objects();
        let injected = objects.faults.as_mut().and_then(|faults| faults(operation, path));
        let doing = match operation {
            Operation::Create | Operation::Write | Operation::Finish => "write",
            Operation::Read => "read",
            Operation::List => "list",
            Operation::Delete => "delete",
        };
        match injected {
            None => return Ok(apply(&mut objects)),
            Some(Injected::NoSpace) => return Err(StoreError::new(Fault::NoSpace, doing, path)),
            Some(Injected::Applied) => drop(apply(&mut objects)),
            Some(Injected::Lost) => {}
        }
        Err(StoreError::new(Fault::Unreachable, doing, path).outcome_unknown())
    }
}

impl Store for MemoryStore {
    fn create(&self, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError> {
        self.operate(Operation::Create, path, |objects| objects.create(path, bytes.to_vec()))
    }

    fn upload(&self, path: &StorePath) -> Result<Box<dyn Upload>, StoreError> {
        let life = self.objects().life;
        Ok(Box::new(Unfinished {
            store: self.clone(),
            life,
            path: path.clone(),
            bytes: Vec::new(),
        }))
    }

    fn read(
        &self,
        path: &StorePath,
        range: Option<Range<u64>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.operate(Operation::Read, path, |objects| {
            let bytes = objects.by_path.get(path)?;
            let at =
                |offset: u64| usize::try_from(offset).map_or(bytes.len(), |at| at.min(bytes.len()));
            let range = range.unwrap_or(0..u64::MAX);
            Some(bytes.get(at(range.start)..at(range.end)).unwrap_or_default().to_vec())
        })
    }

    fn size(&self, path: &StorePath) -> Result<Option<u64>, StoreError> {
        self.operate(Operation::Read, path, |objects| {
            objects.by_path.get(path).map(|bytes| bytes.len() as u64)
        })
    }

    fn list(&self, folder: Option<&StorePath>) -> Result<Vec<StorePath>, StoreError> {
        let Some(folder) = folder else {
            return Ok(self.objects().by_path.keys().cloned().collect());
        };
        self.operate(Operation::List, folder, |objects| {
            objects.by_path.keys().filter(|path| path.is_in(folder)).cloned().collect()
        })
    }

    fn delete(&self, path: &StorePath) -> Result<(), StoreError> {
        self.operate(Operation::Delete, path, |objects| {
            objects.by_path.remove(path);
        })
    }
}

impl Objects {
    fn create(&mut self, path: &StorePath, bytes: Vec<u8>) -> Created {
        if self.by_path.contains_key(path) {
            return Created::Exists;
        }
        self.by_path.insert(path.clone(), bytes);
        Created::New
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lengths = self.by_path.iter().map(|(path, bytes)| (path, bytes.len()));
        out.debug_map().entries(lengths).finish()
    }
}

struct Unfinished {
    store: MemoryStore,
    life: u64,
    path: StorePath,
    bytes: Vec<u8>,
}

impl Upload for Unfinished {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let own = &mut self.bytes;
        self.store.operate(Operation::Write, &self.path, |_| own.extend_from_slice(bytes))
    }

    fn finish(self: Box<Self>) -> Result<(), StoreError> {
        let Unfinished { store, life, path, bytes } = *self;
        let created = store.operate(Operation::Finish, &path, |objects| {
            (objects.life == life).then(|| objects.create(&path, bytes))
        });
        match created? {
            Some(Created::New) => Ok(()),
            Some(Created::Exists) => Err(StoreError::new(Fault::Taken, "write", &path)),
            None => Err(StoreError::new(Fault::GivenUp, "write", &path)),
        }
    }
}
