//! A job's life: coordinator, manifests, pointer and collector on one store whose answers cannot be trusted, with
//! processes that are killed at any step. What it wrote has to be visible exactly once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::collect::{Collector, objects};
use super::super::coordinator::*;
use super::super::manifest::{self, *};
use super::super::pointer::{Advance, CommitPermit, Pointer, PointerError, Status, Truth};
use super::super::store::Store;
use super::super::store::memory::{Injected, MemoryStore};
use super::*;
use crate::connector::{Position, Split};

const TASKS: u32 = 2;

/// A task's snapshot: its file, and how far it has read.
type Snapshot = (FileRef, u64);
type Machine = Coordinator<Snapshot, Value>;

/// What outlives processes.
struct World {
    store: MemoryStore,
    choices: Arc<Mutex<VecDeque<u8>>>,
    /// Ranges of records that are visible, by task and first record.
    visible: BTreeMap<(u32, u64), u64>,
}

/// One process that leads the job.
struct Process {
    pointer: Pointer,
    collector: Collector,
    machine: Machine,
    fence: Fence,
    permit: CommitPermit,
    now: Duration,
    inbox: VecDeque<Event<Snapshot, Value>>,
    /// By task: how far it has read, and what of it was prepared.
    read: [(u64, u64); TASKS as usize],
    is_over: bool,
}

fn choose(choices: &Mutex<VecDeque<u8>>) -> u8 {
    choices.lock().unwrap().pop_front().unwrap_or(0)
}

impl World {
    fn new(choices: Vec<u8>) -> World {
        let choices = Arc::new(Mutex::new(VecDeque::from(choices)));
        let store = MemoryStore::default();
        let for_faults = choices.clone();
        store.inject(move |_, _| match choose(&for_faults) {
            200..210 => Some(Injected::Applied),
            210..220 => Some(Injected::Lost),
            220..230 => Some(Injected::NoSpace),
            _ => None,
        });
        World { store, choices, visible: BTreeMap::new() }
    }

    /// Makes a range visible; again is the same as once.
    fn commit(&mut self, permit: CommitPermit, id: CheckpointId, committable: &Value) {
        assert!(permit.covers(id), "C2: {permit:?} does not cover {id}");
        let (task, from, to): (u32, u64, u64) =
            serde_json::from_value(committable.clone()).unwrap();
        let known = self.visible.insert((task, from), to);
        assert!(known.is_none_or(|known| known == to), "{committable} was visible up to {known:?}");
    }

    /// A process starts, or the one that leads begins another attempt.
    fn begin(&mut self, before: Option<Pointer>) -> Result<Process, String> {
        let text = |error: &dyn ToString| error.to_string();
        let mut pointer = match before {
            Some(pointer) => pointer,
            None => Pointer::claim(Arc::new(self.store.clone())).map_err(|e| text(&e))?,
        };
        let before = pointer.truth().cloned().unwrap_or(Truth {
            attempt: Attempt(0),
            id_high: CheckpointId(0),
            checkpoints: Vec::new(),
            status: Status::Running,
            parameters: String::new(),
        });
        let next_id = before.id_high.next();
        let id_high = CheckpointId(before.id_high.0 + IDS);
        let truth = Truth { attempt: before.attempt.next(), id_high, ..before };
        let fence = Fence { epoch: pointer.epoch(), attempt: truth.attempt };
        let permit = match pointer.advance(truth.clone()).map_err(|e| text(&e))? {
            Advance::Won(permit) => permit,
            Advance::Lost => panic!("there is no other process"),
        };
        let mut read = [(0, 0); TASKS as usize];
        let mut collector = Collector::default();
        for retained in &truth.checkpoints {
            let manifest = Manifest::read(&self.store, retained).map_err(|e| text(&e))?;
            collector.retain(retained.id, objects(retained, &manifest));
            for file in &manifest.files {
                let size = self.store.size(&file.path).map_err(|e| text(&e))?;
                assert_eq!(size, Some(file.len), "C3: {}", file.path);
            }
            for (index, split) in manifest.sources[0].splits.iter().enumerate() {
                let position = split.position.as_ref().unwrap().0.as_u64().unwrap();
                read[index] = (position, position);
            }
            for prepared in manifest.sinks.iter().flat_map(|sink| &sink.committables) {
                self.commit(permit, prepared.checkpoint, &prepared.committable);
            }
        }
        collector.sweep(&self.store, fence.attempt).map_err(|e| text(&e))?;
        let interval = Some(Duration::from_secs(1));
        let options = Options { interval, retained: 2, ..Options::default() };
        let retained = truth.checkpoints;
        let start = Start { fence, tasks: TASKS, next_id, id_high, retained, finished: false };
        let machine = Coordinator::new(options, start);
        let tasks = (0..TASKS).map(TaskId);
        let inbox = tasks.map(|task| Event::Running { task, fence }).collect();
        let now = Duration::ZERO;
        let is_over = false;
        Ok(Process { pointer, collector, machine, fence, permit, now, inbox, read, is_over })
    }
}

impl Process {
    /// One event, and all that follows from it at once. False if the attempt is over.
    fn step(&mut self, world: &mut World) -> bool {
        let event = self.inbox.pop_front().unwrap_or_else(|| {
            self.now = self.machine.deadline().unwrap_or(self.now);
            Event::Tick
        });
        for read in &mut self.read {
            read.0 += 1;
        }
        let mut goes_on = true;
        for action in self.machine.step(self.now, event) {
            match action {
                Action::Trigger { id, .. } => self.snapshot(world, id),
                Action::Write { id, kind, snapshots, prepared, .. } => {
                    self.write(world, id, kind, &snapshots, prepared);
                }
                Action::Publish(publication) => {
                    self.collector.check(&publication);
                    let Publication { checkpoints, id_high, finished } = publication;
                    let before = self.pointer.truth().unwrap().clone();
                    let summary = json!("done");
                    let status =
                        if finished { Status::Finished { summary } } else { Status::Running };
                    let truth = Truth { checkpoints, id_high, status, ..before };
                    let advance = self.pointer.advance(truth);
                    self.published(advance);
                }
                Action::Settle => {
                    let advance = self.pointer.settle();
                    self.published(advance);
                }
                Action::Complete { id, tasks, prepared, .. } => {
                    for prepared in prepared {
                        world.commit(self.permit, prepared.checkpoint, &prepared.committable);
                    }
                    let fence = self.fence;
                    let done = |task| Event::Confirmed { id, task, fence };
                    self.inbox.extend(tasks.into_iter().map(done));
                }
                Action::Subsume(gone) => gone.iter().for_each(|it| self.collector.release(it.id)),
                Action::Discard { id, snapshots, manifest } => {
                    let files = snapshots.into_iter().map(|(file, _)| file.path);
                    self.collector.discard(id, files.chain(manifest));
                }
                Action::Fail(_) => goes_on = false,
                Action::Ended { finished } => {
                    assert!(finished);
                    self.is_over = true;
                }
                Action::Abort { .. } => {}
                Action::Answer { .. } | Action::Drain | Action::StandDown => panic!("{action:?}"),
            }
        }
        // What cannot be deleted now is deleted later.
        if self.pointer.is_settled() {
            let _ = self.collector.collect(&world.store, 2);
            let _ = self.pointer.collect();
        }
        goes_on
    }

    fn published(&mut self, advance: Result<Advance, PointerError>) {
        self.inbox.push_back(Event::Published(match advance {
            Ok(Advance::Won(permit)) => {
                self.permit = permit;
                Outcome::Won
            }
            Ok(Advance::Lost) => Outcome::Lost,
            Err(error) if error.is_outcome_unknown() => Outcome::Unknown,
            Err(error) => Outcome::Failed(error.to_string()),
        }));
    }

    fn snapshot(&mut self, world: &World, id: CheckpointId) {
        for (task, read) in (0..TASKS).zip(&mut self.read) {
            let prepared = vec![json!((task, read.1, read.0))];
            read.1 = read.0;
            let path = Folder { id, fence: self.fence }.state(0, task as usize);
            let written = world.store.upload(&path).and_then(|mut upload| {
                upload.write(b"state")?;
                upload.finish()
            });
            let (task, fence) = (TaskId(task), self.fence);
            self.inbox.push_back(match written {
                Ok(()) => {
                    let snapshot = (FileRef { path, len: 5 }, read.0);
                    Event::Acked { id, task, fence, snapshot, prepared }
                }
                Err(error) => {
                    let why = Decline::Snapshot(error.to_string());
                    Event::Declined { id, task, fence, why, prepared }
                }
            });
        }
    }

    fn write(
        &mut self,
        world: &World,
        id: CheckpointId,
        kind: Kind,
        snapshots: &[(TaskId, Snapshot)],
        prepared: Vec<coordinator::Prepared<Value>>,
    ) {
        let split = |(task, (_, read)): &(TaskId, Snapshot)| SplitState {
            split: Split { id: task.0.to_string(), detail: Value::Null },
            position: Some(Position((*read).into())),
            ended: kind == Kind::Final,
            times: Vec::new(),
        };
        let committables = prepared.into_iter().map(|it| manifest::Prepared {
            checkpoint: it.checkpoint,
            task: it.task.0,
            committable: it.committable,
        });
        let (splits, parameters) = (snapshots.iter().map(split).collect(), String::new());
        let source = SourceState { id: "in".to_owned(), parameters: String::new(), splits };
        let sink =
            SinkState { id: "out".to_owned(), parameters, committables: committables.collect() };
        let manifest = Manifest {
            files: snapshots.iter().map(|(_, (file, _))| file.clone()).collect(),
            sources: vec![source],
            sinks: vec![sink],
            finished: kind == Kind::Final,
            ..Manifest::empty("", (id, self.fence, kind), 1)
        };
        let path = Folder { id, fence: self.fence }.manifest();
        let result = manifest.write(&world.store, path);
        if let Ok(retained) = &result {
            self.collector.retain(id, objects(retained, &manifest));
        }
        let result = result.map_err(|error| error.to_string());
        self.inbox.push_back(Event::Written { id, result });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_visible_once(choices in prop::collection::vec(any::<u8>(), 800)) {
        let mut world = World::new(choices);
        let mut process = None;
        let mut steps = 0;
        let read = loop {
            steps += 1;
            prop_assert!(steps < 10_000, "the job does not end");
            let is_quiet = world.choices.lock().unwrap().is_empty();
            let Some(mut it) = process.take() else {
                process = world.begin(None).ok();
                continue;
            };
            let goes_on = it.step(&mut world);
            if it.is_over {
                break it.read;
            }
            match choose(&world.choices) {
                // It is killed.
                250.. => world.store.crash(),
                _ if goes_on => process = Some(it),
                // Another attempt, once the pointer is sure; or another process.
                _ => {
                    while !it.pointer.is_settled() {
                        let _ = it.pointer.settle();
                    }
                    process = world.begin(Some(it.pointer)).ok();
                }
            }
            if let Some(it) = &mut process && is_quiet && steps % 64 == 0 {
                let fence = it.fence;
                let ends = (0..TASKS).map(|task| Event::AwaitsFinal { task: TaskId(task), fence });
                it.inbox.extend(ends);
            }
        };
        for task in 0..TASKS {
            let mut end = 0;
            for ((_, from), to) in world.visible.range((task, 0)..(task + 1, 0)) {
                prop_assert_eq!(end, *from, "lost or twice: {:?}", world.visible);
                end = *to;
            }
            prop_assert!(end > 0 && end <= read[task as usize].0);
            prop_assert_eq!(end, read[task as usize].1, "the last was not made visible");
        }
    }
}
