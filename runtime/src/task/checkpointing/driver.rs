//! The thread that takes the checkpoints of one attempt.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::gather::{About, Figures, Gathering, TaskPart};
use super::leader::{Begun, Leader};
use super::outline::Outline;
use super::requests::{Answer, Requests};
use super::restore::{kept, restored};
use super::savepoint;
use crate::checkpoint::collect::objects;
use crate::checkpoint::coordinator::{
    self, Action, Coordinator, Event, Prepared, RequestId, TaskId,
};
use crate::checkpoint::manifest::{Kind, Manifest, ManifestError, Taken};
use crate::checkpoint::pointer::Retained;
use crate::checkpoint::store::Place;
use crate::checkpoint::{CheckpointError, CheckpointId, Fence, Reason};
use crate::connector::Committable;
use crate::error::JobError;
use crate::metrics::CompletedCheckpoint;
use crate::task::committers::Committers;
use crate::task::job::Job;
use crate::task::restored::Recovery;
use crate::task::snapshot::{self, Checkpoints, TaskMessage, ToCheckpoints, Wanted};
use crate::time::Timestamp;

/// One thing for a sink to commit, with the sink's name.
pub(super) type Committed = (String, serde_json::Value);
type Actions = Vec<Action<Rc<TaskPart>, Committed>>;

/// Messages that may wait for the thread: a few blocks of each task of a small job.
const MESSAGES: usize = 64;
/// How often the thread looks whether the job is being stopped.
const LOOK: Duration = Duration::from_millis(20);

/// An attempt whose tasks are not running yet.
pub(in crate::task) struct Driver {
    leader: Leader,
    begun: Begun,
    about: About,
    checkpoints: Arc<Checkpoints>,
    from: Receiver<ToCheckpoints>,
    to: SyncSender<ToCheckpoints>,
    /// Chain and number of each task, by its number among all.
    tasks: Vec<snapshot::TaskId>,
}

/// The thread of an attempt.
pub(in crate::task) struct Driving {
    thread: JoinHandle<Leader>,
    to: SyncSender<ToCheckpoints>,
}

impl Driver {
    /// Begins an attempt of `job`, whose chains have so many tasks each.
    ///
    /// # Errors
    /// If it cannot be begun; the lead is given back, for another try.
    pub(in crate::task) fn new(
        mut leader: Box<Leader>,
        parallelism: &[usize],
        outline: &Outline<'_>,
    ) -> Result<Driver, (Box<Leader>, CheckpointError)> {
        let chains = parallelism.iter().enumerate();
        let tasks: Vec<_> =
            chains.flat_map(|(chain, &tasks)| (0..tasks).map(move |task| (chain, task))).collect();
        let begun = match leader.attempt(tasks.len(), outline) {
            Ok(begun) => begun,
            Err(error) => return Err((leader, error)),
        };
        let (to, from) = sync_channel(MESSAGES);
        let attempt = begun.fence.attempt.0;
        let kept = begun.from.as_ref().map(|(manifest, _)| kept(manifest));
        let committers = Committers::new(&outline.job, attempt, kept);
        let checkpoints =
            Arc::new(Checkpoints::new((attempt, leader.options.mode), committers, to.clone()));
        if begun.start.finished {
            checkpoints.drain();
        }
        let (job, key_groups) = (outline.job.clone(), outline.key_groups);
        let about = About { job, key_groups, checkpoints: checkpoints.clone() };
        let leader = *leader;
        Ok(Driver { leader, begun, about, checkpoints, from, to, tasks })
    }

    /// What the attempt's tasks are to know.
    pub(in crate::task) fn recovery(&self) -> Recovery {
        let from = self.begun.from.as_ref();
        let restored = from.map(|(manifest, store)| Arc::new(restored(manifest, store)));
        Recovery { checkpoints: Some(self.checkpoints.clone()), restored }
    }

    /// Takes checkpoints of a job that is running.
    pub(in crate::task) fn drive(self, job: Arc<Job>) -> Result<Driving, std::io::Error> {
        let to = self.to.clone();
        let thread = std::thread::Builder::new().name("thalweg-checkpoints".to_owned());
        let thread = thread.spawn(move || Drive::new(self, job).run())?;
        Ok(Driving { thread, to })
    }
}

impl Driving {
    /// The attempt is over: gives the lead back. None if the thread is gone, which is a defect.
    pub(in crate::task) fn end(self) -> Option<Leader> {
        // It takes messages until this one: there is always room in the end.
        let _ = self.to.send(ToCheckpoints::Over);
        self.thread.join().ok()
    }
}

/// What the thread of an attempt does, step by step: whoever calls it owns the thread.
///
/// What is to be done is done one action at a time ([`act`](Drive::act)), all of it before anything else is heard.
pub(in crate::task) struct Drive {
    leader: Leader,
    fence: Fence,
    coordinator: Coordinator<Rc<TaskPart>, Committed>,
    gathering: Gathering,
    about: About,
    checkpoints: Arc<Checkpoints>,
    job: Arc<Job>,
    from: Receiver<ToCheckpoints>,
    numbers: BTreeMap<snapshot::TaskId, TaskId>,
    started: Instant,
    /// When the checkpoint in flight began, also by the time of day.
    triggered: (Instant, Timestamp),
    asked_to_stop: bool,
    requests: Box<dyn Requests>,
    /// What is to be done.
    actions: VecDeque<Action<Rc<TaskPart>, Committed>>,
    /// Savepoints that are there, and were not told yet.
    savepoints: BTreeMap<RequestId, Place>,
}

impl Drive {
    /// Takes checkpoints of a job that is running.
    pub(in crate::task) fn new(driver: Driver, job: Arc<Job>) -> Drive {
        let Driver { leader, begun, about, checkpoints, from, tasks, .. } = driver;
        let options = coordinator::Options {
            interval: Some(leader.options.interval),
            min_pause: leader.options.min_pause,
            timeout: leader.options.timeout,
            tolerable: leader.options.tolerable_failures,
            retained: leader.options.retain,
        };
        let (fence, now) = (begun.fence, leader.surroundings.now());
        let requests = leader.surroundings.requests(&leader.place, &leader.store);
        let numbers = tasks.into_iter().zip((0..).map(TaskId)).collect();
        Drive {
            coordinator: Coordinator::new(options, begun.start),
            gathering: Gathering::new(fence, leader.store.clone()),
            leader,
            fence,
            about,
            checkpoints,
            job,
            from,
            numbers,
            started: now,
            triggered: (now, Timestamp::MIN),
            asked_to_stop: false,
            requests,
            actions: VecDeque::new(),
            savepoints: BTreeMap::new(),
        }
    }

    fn run(mut self) -> Leader {
        loop {
            let due = self.deadline().saturating_sub(self.now());
            match self.from.recv_timeout(due) {
                Ok(ToCheckpoints::Task(message)) => self.hear(message),
                Err(RecvTimeoutError::Timeout) => self.step(Event::Tick),
                Ok(ToCheckpoints::Over) | Err(RecvTimeoutError::Disconnected) => break,
            }
            while self.act() {}
            while self.ask() {
                while self.act() {}
            }
        }
        self.end()
    }

    /// When something is to be done although no task says anything: time since the attempt began.
    fn deadline(&self) -> Duration {
        let look = self.now() + LOOK;
        self.coordinator.deadline().map_or(look, |at| at.min(look))
    }

    /// Hears what a task has said, if one has, and takes note of the time; false if none has. For whoever cannot wait.
    pub(in crate::task) fn take(&mut self) -> bool {
        if let Ok(ToCheckpoints::Task(message)) = self.from.try_recv() {
            self.hear(message);
            return true;
        }
        self.step(Event::Tick);
        false
    }

    /// Takes one more wish of people; false if there is none.
    pub(in crate::task) fn ask(&mut self) -> bool {
        if self.job.is_stopping() && !self.asked_to_stop {
            self.asked_to_stop = true;
            self.step(Event::Requested { request: RequestId(0), kind: Kind::Stop });
            return true;
        }
        let wish = self.requests.look();
        if let Some((request, kind)) = wish {
            self.step(Event::Requested { request, kind });
        }
        wish.is_some()
    }

    /// The attempt is over.
    pub(in crate::task) fn end(mut self) -> Leader {
        if self.job.is_aborting() {
            // Whoever waits for a savepoint is told.
            let (task, fence) = (TaskId(0), self.fence);
            self.step(Event::Lost { task, fence });
            while self.act() {}
        }
        tracing::debug!(counts = ?self.coordinator.counts(), "checkpoints of this attempt");
        self.leader
    }

    fn now(&self) -> Duration {
        self.leader.surroundings.now().saturating_duration_since(self.started)
    }

    fn hear(&mut self, message: TaskMessage) {
        let fence = self.fence;
        let number = |task| self.numbers[&task];
        match message {
            TaskMessage::Opened(task) => {
                let task = number(task);
                self.step(Event::Running { task, fence });
            }
            TaskMessage::Waits(task) => {
                let task = number(task);
                self.step(Event::AwaitsFinal { task, fence });
            }
            TaskMessage::Blocks { checkpoint, task, state, blocks } => {
                self.gathering.write(CheckpointId(checkpoint), task, state, blocks);
            }
            TaskMessage::Saved(saved) => {
                let (id, task) = (CheckpointId(saved.checkpoint), number(saved.task));
                let (part, prepared) = self.gathering.complete(*saved);
                let event = match part {
                    Ok(part) => Event::Acked { id, task, fence, snapshot: Rc::new(part), prepared },
                    Err(why) => Event::Declined { id, task, fence, why, prepared },
                };
                self.step(event);
            }
        }
    }

    /// Takes note of something: what that leads to is to be done.
    fn step(&mut self, event: Event<Rc<TaskPart>, Committed>) {
        let actions = self.tell(event);
        self.actions.extend(actions);
    }

    /// True if something is to be done.
    pub(in crate::task) fn is_busy(&self) -> bool {
        !self.actions.is_empty()
    }

    /// Does the next thing that is to be done; false if there is none.
    pub(in crate::task) fn act(&mut self) -> bool {
        let Some(action) = self.actions.pop_front() else {
            self.leader.clean();
            return false;
        };
        let next = self.carry_out(action);
        self.actions.extend(next);
        true
    }

    /// Tells the coordinator, and answers what it wants done.
    fn tell(&mut self, event: Event<Rc<TaskPart>, Committed>) -> Actions {
        let now = self.now();
        self.coordinator.step(now, event)
    }

    /// Does something, and answers what that leads to.
    fn carry_out(&mut self, action: Action<Rc<TaskPart>, Committed>) -> Actions {
        match action {
            Action::Trigger { id, kind } => {
                let surroundings = &self.leader.surroundings;
                self.triggered = (surroundings.now(), surroundings.timestamp());
                let wanted = match kind {
                    Kind::Checkpoint | Kind::Final => Wanted::Next,
                    Kind::Savepoint | Kind::Drain => Wanted::Alone,
                    Kind::Stop => Wanted::Last,
                };
                self.checkpoints.want(id.0, wanted);
                self.job.wake();
            }
            Action::Abort { id, why } => {
                let failed = self.leader.log.failed();
                tracing::warn!(%id, %why, failed, "checkpoint given up");
                self.checkpoints.give_up(id.0);
                self.job.wake();
            }
            Action::Discard { id, snapshots, manifest } => {
                let files = snapshots.iter().filter_map(|part| part.file()).cloned();
                self.leader.collector.discard(id, files.chain(manifest));
            }
            Action::Write { id, kind, request, snapshots, prepared } => {
                let parts = snapshots.into_iter().map(|(_, part)| part).collect();
                let mut manifest =
                    self.gathering.manifest(&self.about, (id, kind), parts, &prepared);
                manifest.taken = Some(self.taken(id));
                let written = self.write(&manifest, request);
                let result = written.map_err(|error| error.to_string());
                return self.tell(Event::Written { id, result });
            }
            Action::Publish(publication) => {
                self.leader.collector.check(&publication);
                let outcome = self.leader.publish(publication);
                return self.tell(Event::Published(outcome));
            }
            Action::Settle => {
                let outcome = self.leader.settle();
                return self.tell(Event::Published(outcome));
            }
            Action::Subsume(past) => {
                past.iter().for_each(|past| self.leader.collector.release(past.id));
            }
            Action::Complete { id, tasks, prepared, .. } => {
                return self.complete(id, tasks, prepared);
            }
            Action::Drain => {
                self.checkpoints.drain();
                self.job.wake();
            }
            Action::Answer { request, result } => {
                let savepoint = self.savepoints.remove(&request);
                let answer = match result {
                    Ok(retained) => Answer::Done { checkpoint: retained.id.0, savepoint },
                    Err(refusal) => Answer::Refused(refusal.to_string()),
                };
                self.requests.answer(request, &answer);
            }
            Action::Ended { finished } => {
                if !finished {
                    self.asked_to_stop = true;
                    self.job.stop();
                }
                self.checkpoints.finish();
                self.job.wake();
            }
            Action::Fail(failure) => self.fail(failure.into()),
            Action::StandDown => self.fail(Reason::Deposed.into()),
        }
        Vec::new()
    }

    /// Writes the manifest of a checkpoint, and the savepoint that was asked for.
    fn write(
        &mut self,
        manifest: &Manifest,
        request: Option<RequestId>,
    ) -> Result<Retained, ManifestError> {
        let dir =
            request.and_then(|request| Some((request, self.requests.savepoint_dir(request)?)));
        let mut copied = None;
        if let Some((request, dir)) = dir {
            let (place, retained) =
                savepoint::make(manifest, &*self.leader.store, dir, &*self.leader.surroundings)?;
            self.savepoints.insert(request, place);
            copied = Some(retained);
        }
        if let Some(retained) = copied.filter(|_| manifest.kind == Kind::Savepoint) {
            // The job's own files of it are needed no longer.
            self.leader.collector.discard(manifest.id, manifest.files().cloned());
            return Ok(retained);
        }
        let place = self.gathering.folder(manifest.id).manifest();
        let retained = manifest.write(&*self.leader.store, place)?;
        self.leader.collector.retain(manifest.id, objects(&retained, manifest));
        Ok(retained)
    }

    /// A checkpoint is the truth: what sinks have prepared becomes visible.
    fn complete(
        &mut self,
        id: CheckpointId,
        tasks: Vec<TaskId>,
        prepared: Vec<Prepared<Committed>>,
    ) -> Actions {
        self.tell_figures(id);
        self.gathering.completed(id);
        self.checkpoints.complete(id.0);
        let permit = self.leader.permit();
        for Prepared { checkpoint, committable: (sink, committable), .. } in prepared {
            assert!(permit.covers(checkpoint), "{checkpoint} is not the truth, or past it");
            let committed = self.checkpoints.committers.commit(&sink, &Committable(committable));
            if let Err(source) = committed {
                self.fail(Reason::Commit { sink, source }.into());
                return Vec::new();
            }
        }
        let fence = self.fence;
        let told = tasks.into_iter().map(|task| self.tell(Event::Confirmed { id, task, fence }));
        told.flatten().collect()
    }

    /// How long the checkpoint in flight has taken so far.
    fn took(&self) -> Duration {
        self.leader.surroundings.now().saturating_duration_since(self.triggered.0)
    }

    fn taken(&self, id: CheckpointId) -> Taken {
        Taken {
            started_at_ms: self.triggered.1.0,
            duration_ms: self.took().as_millis() as u64,
            alignment_ms: self.gathering.figures(id).alignment.as_millis() as u64,
        }
    }

    fn tell_figures(&self, id: CheckpointId) {
        let Figures { bytes, written: bytes_written, alignment } = self.gathering.figures(id);
        let took = self.took();
        let last = CompletedCheckpoint { id: id.0, took, bytes, bytes_written, alignment };
        if self.leader.log.completed(last) {
            let (took_ms, aligned_ms) = (took.as_millis() as u64, alignment.as_millis() as u64);
            tracing::info!(%id, took_ms, bytes, bytes_written, aligned_ms, "checkpoint complete");
        }
    }

    fn fail(&self, error: CheckpointError) {
        self.job.fail(JobError::Checkpoints(error));
    }
}
