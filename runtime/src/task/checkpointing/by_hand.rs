//! Checkpoints that a test takes, one at a time and in memory: tasks write them, and are restored, as in production.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use super::gather::{About, Gathering, TaskPart};
use super::restore::restored;
use crate::checkpoint::manifest::{Kind, Manifest};
use crate::checkpoint::store::Store;
use crate::checkpoint::store::memory::MemoryStore;
use crate::checkpoint::{Attempt, CheckpointId, Epoch, Fence};
use crate::task::CheckpointMode;
use crate::task::committers::Committers;
use crate::task::restored::Recovery;
use crate::task::snapshot::{Checkpoints, TaskMessage, ToCheckpoints, Wanted};

/// Messages that may wait: few, so that tasks have to wait as well.
const MESSAGES: usize = 2;

/// The checkpoints of a test.
pub(in crate::task) struct ByHand {
    attempt: Attempt,
    /// The last one that was begun.
    last: CheckpointId,
    key_groups: u32,
    store: Arc<dyn Store>,
    /// The parts of the one under way, if there is one.
    under_way: Option<Vec<Rc<TaskPart>>>,
    /// The last one that is complete.
    complete: Option<Manifest>,
    live: Live,
}

/// What tasks of the attempt write to.
struct Live {
    tasks: usize,
    checkpoints: Arc<Checkpoints>,
    from: Receiver<ToCheckpoints>,
    gathering: Gathering,
}

impl Live {
    fn new(attempt: Attempt, tasks: usize, store: Arc<dyn Store>) -> Live {
        let (to, from) = sync_channel(MESSAGES);
        let numbers = (attempt.0, CheckpointMode::ExactlyOnce);
        let checkpoints = Arc::new(Checkpoints::new(numbers, Committers::default(), to));
        let gathering = Gathering::new(Fence { epoch: Epoch(1), attempt }, store);
        Live { tasks, checkpoints, from, gathering }
    }
}

impl ByHand {
    /// None yet, of so many tasks.
    pub(in crate::task) fn new(key_groups: u32, tasks: usize) -> ByHand {
        let (attempt, last) = (Attempt(0), CheckpointId(0));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let live = Live::new(attempt, tasks, store.clone());
        ByHand { attempt, last, key_groups, store, under_way: None, complete: None, live }
    }

    /// The tasks are gone, and so is the checkpoint under way; so many take their place.
    pub(in crate::task) fn crash(&mut self, tasks: usize) {
        self.attempt = self.attempt.next();
        self.under_way = None;
        self.live = Live::new(self.attempt, tasks, self.store.clone());
    }

    /// What the tasks of the attempt begin with.
    pub(in crate::task) fn recovery(&self) -> Recovery {
        let last = self.complete.as_ref();
        let restored = last.map(|manifest| Arc::new(restored(manifest, &self.store)));
        Recovery { checkpoints: Some(self.live.checkpoints.clone()), restored }
    }

    /// Has the sources begin a checkpoint.
    pub(in crate::task) fn begin(&mut self) {
        self.last = self.last.next();
        self.under_way = Some(Vec::new());
        self.live.checkpoints.want(self.last.0, Wanted::Next);
    }

    pub(in crate::task) fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// A digest of the last complete checkpoint: of what the manifest says, and of all files.
    pub(in crate::task) fn digest(&self) -> Option<String> {
        let manifest = self.complete.as_ref()?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(&serde_json::to_vec(manifest).expect("a manifest is JSON"));
        for file in &manifest.files {
            let bytes = self.store.read(&file.path, None).expect("memory gives everything");
            hasher.update(&bytes.unwrap_or_default());
        }
        Some(hasher.finalize().to_hex().to_string())
    }

    /// Lets the tasks end; false if they may already.
    pub(in crate::task) fn finish(&self) -> bool {
        let may_already = self.live.checkpoints.is_finished();
        self.live.checkpoints.finish();
        !may_already
    }

    /// Takes what tasks have said; answers whether that was anything, and whether a checkpoint is complete with it.
    pub(in crate::task) fn hear(&mut self) -> (bool, bool) {
        let (mut heard, mut completed) = (false, false);
        while let Ok(ToCheckpoints::Task(message)) = self.live.from.try_recv() {
            heard = true;
            let Some(parts) = &mut self.under_way else { continue };
            match message {
                TaskMessage::Opened(_) | TaskMessage::Waits(_) => {}
                TaskMessage::Blocks { checkpoint, task, state, blocks } => {
                    self.live.gathering.write(CheckpointId(checkpoint), task, state, blocks);
                }
                TaskMessage::Saved(saved) => {
                    let (part, _) = self.live.gathering.complete(*saved);
                    parts.push(Rc::new(part.expect("memory takes everything")));
                    completed |= self.complete_if_all();
                }
            }
        }
        (heard, completed)
    }

    fn complete_if_all(&mut self) -> bool {
        let all = self.live.tasks;
        let Some(mut parts) = self.under_way.take_if(|parts| parts.len() == all) else {
            return false;
        };
        let about = About {
            job: "test".to_owned(),
            key_groups: self.key_groups,
            checkpoints: self.live.checkpoints.clone(),
        };
        // Whichever order the tasks were done in: what they write is the same in every run.
        parts.sort_by_key(|part| part.task());
        let id = (self.last, Kind::Checkpoint);
        let manifest = self.live.gathering.manifest(&about, id, parts, &[]);
        for path in self.store.list(None).expect("memory gives everything") {
            if !manifest.files().any(|needed| *needed == path) {
                self.store.delete(&path).expect("memory takes everything");
            }
        }
        self.complete = Some(manifest);
        self.live.gathering.completed(self.last);
        self.live.checkpoints.complete(self.last.0);
        true
    }
}
