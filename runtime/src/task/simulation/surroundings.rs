//! What the world is to whoever takes checkpoints.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::audit::Audit;
use super::store::SimulatedStore;
use super::world::World;
use crate::checkpoint::coordinator::RequestId;
use crate::checkpoint::manifest::Kind;
use crate::checkpoint::store::{Place, Store, StoreError};
use crate::task::Clock;
use crate::task::checkpointing::{Answer, Requests, Surroundings};
use crate::time::Timestamp;

/// The world, as a process sees it.
#[derive(Debug)]
pub(super) struct Simulated {
    pub(super) world: World,
    pub(super) wishes: Wishes,
}

/// What people ask of a process, and what they were answered. Clones are the same.
#[derive(Clone, Default, Debug)]
pub(super) struct Wishes(Arc<Mutex<Asked>>);

#[derive(Default, Debug)]
struct Asked {
    next: u64,
    waiting: VecDeque<(RequestId, Kind)>,
    dirs: BTreeMap<RequestId, Option<PathBuf>>,
    kinds: BTreeMap<RequestId, Kind>,
    /// The checkpoint that the job was stopped with, and its savepoint.
    stopped_with: Option<(u64, PathBuf)>,
}

impl Wishes {
    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for something, with a savepoint in a directory or without.
    pub(super) fn ask(&self, kind: Kind, dir: Option<PathBuf>) {
        let mut asked = self.asked();
        asked.next += 1;
        let id = RequestId(asked.next);
        asked.waiting.push_back((id, kind));
        asked.dirs.insert(id, dir);
        asked.kinds.insert(id, kind);
    }

    /// The checkpoint that the job was stopped with, and its savepoint, if it was.
    pub(super) fn stopped_with(&self) -> Option<(u64, PathBuf)> {
        self.asked().stopped_with.clone()
    }
}

impl Surroundings for Simulated {
    fn store(&self, place: &Place) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(SimulatedStore::open(&self.world, directory(place))))
    }

    fn look(&self, place: &Place) -> Result<Arc<dyn Store>, StoreError> {
        self.store(place)
    }

    fn requests(&self, _: &Place, _: &Arc<dyn Store>) -> Box<dyn Requests> {
        // What was asked of an earlier attempt is forgotten.
        self.wishes.asked().waiting.clear();
        let (world, wishes) = (self.world.clone(), self.wishes.clone());
        Box::new(SimulatedRequests { world, wishes, dirs: BTreeMap::new() })
    }

    fn now(&self) -> Instant {
        self.world.clock().now()
    }

    fn timestamp(&self) -> Timestamp {
        let clock = self.world.clock();
        clock.processing_time(clock.now())
    }

    fn sleep(&self, time: Duration) {
        self.world.clock().pass(time);
    }
}

fn directory(place: &Place) -> &Path {
    place.directory().expect("a simulated world has directories only")
}

struct SimulatedRequests {
    world: World,
    wishes: Wishes,
    dirs: BTreeMap<RequestId, Place>,
}

impl Requests for SimulatedRequests {
    fn look(&mut self) -> Option<(RequestId, Kind)> {
        let mut asked = self.wishes.asked();
        let (id, kind) = asked.waiting.pop_front()?;
        let dir = asked.dirs.remove(&id).flatten();
        self.dirs.extend(dir.map(|dir| (id, Place::Directory(dir))));
        Some((id, kind))
    }

    fn savepoint_dir(&self, id: RequestId) -> Option<&Place> {
        self.dirs.get(&id)
    }

    fn answer(&mut self, id: RequestId, answer: &Answer) {
        self.world.tell(format_args!("answered: {answer:?}"));
        let Answer::Done { checkpoint, savepoint: Some(place) } = answer else { return };
        let place = directory(place);
        self.world.audit(place, Audit::look_at_savepoint);
        let mut asked = self.wishes.asked();
        if asked.kinds.get(&id) == Some(&Kind::Stop) {
            asked.stopped_with = Some((*checkpoint, place.to_owned()));
        }
    }
}
