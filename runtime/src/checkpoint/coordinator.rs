//! Who decides that a checkpoint is taken, and what becomes of it.
//!
//! A machine that is told things and answers with things to do, for one attempt of the job. Whoever drives it owns the
//! clock, the tasks, the store and the pointer.
//!
//! ```text
//!            all Acked          Written            Won                 Confirmed by all
//! Triggered ──────────▶ Writing ───────▶ Publishing ───▶ Completed ──────────────────▶
//!     │ Declined, Expired, Lost │ failed     │ failed              a savepoint is complete when it is written
//!     ▼                         ▼            ▼
//!  Aborted ◀─────────────────────────────────┘
//! ```
//!
//! * Nothing is committed before the pointer says that the checkpoint is the truth; until that is certain, nothing is
//!   deleted either.
//! * What sinks have prepared is kept until they confirm that it is visible. A checkpoint that is given up does not take
//!   it along: the input behind it goes on, so it becomes visible with the next one that is completed. The same holds
//!   for savepoints, which commit nothing.
//! * When all tasks have processed all of their input, one last checkpoint is taken, also where there are no others.
//!
//! What can wait is bounded: one checkpoint is in flight, [`REQUESTS_MAX`] savepoints wait, and no checkpoint is taken
//! while sinks have still to confirm [`UNCONFIRMED_MAX`].

mod answers;
mod decide;
mod message;
mod publish;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub(crate) use message::{
    Abort, Action, Counts, Decline, Event, Failure, Outcome, Prepared, Publication, Refusal,
    RequestId, Skip, TaskId,
};

use super::manifest::Kind;
use super::pointer::Retained;
use super::{CheckpointId, Fence};

/// As many ids are set aside at once.
pub(crate) const IDS: u64 = 1000;
/// As many savepoints can wait.
pub(crate) const REQUESTS_MAX: usize = 16;
/// As many completed checkpoints may wait for sinks that are slow to commit.
pub(crate) const UNCONFIRMED_MAX: usize = 8;
/// After as long, what had no effect is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// What can be set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Options {
    /// How often checkpoints are taken. None: only when asked for, and the last one.
    pub(crate) interval: Option<Duration>,
    /// The least time from the end of one to the beginning of the next.
    pub(crate) min_pause: Duration,
    /// After as long, one is given up.
    pub(crate) timeout: Duration,
    /// As many failures in a row end the attempt.
    pub(crate) tolerable: u32,
    /// As many completed ones are kept; at least one.
    pub(crate) retained: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            interval: None,
            min_pause: Duration::ZERO,
            timeout: Duration::from_secs(600),
            tolerable: 3,
            retained: 3,
        }
    }
}

/// What an attempt begins with: what the pointer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Start {
    /// The attempt.
    pub(crate) fence: Fence,
    /// Its tasks are numbered from 0.
    pub(crate) tasks: u32,
    /// The first id that may be used.
    pub(crate) next_id: CheckpointId,
    /// The last one.
    pub(crate) id_high: CheckpointId,
    /// The retained checkpoints, from the oldest.
    pub(crate) retained: Vec<Retained>,
    /// The last one was to be the job's last: there is only to commit, and sources end at once.
    pub(crate) finished: bool,
}

/// Decides on checkpoints, see the module.
#[derive(Debug)]
pub(crate) struct Coordinator<S, C> {
    options: Options,
    fence: Fence,
    now: Duration,
    tasks: BTreeMap<TaskId, Task>,
    next_id: CheckpointId,
    id_high: CheckpointId,
    retained: Vec<Retained>,
    in_flight: Option<InFlight<S>>,
    /// What the pointer was asked to say and has not answered.
    publishing: Option<(Purpose, Publication)>,
    /// When to ask it again, if it did not know.
    settle_at: Option<Duration>,
    prepared: BTreeMap<(CheckpointId, TaskId), Vec<C>>,
    completing: Option<Completing>,
    /// The last one that the pointer said is the truth, of this attempt.
    completed: Option<CheckpointId>,
    requests: VecDeque<(RequestId, Kind)>,
    /// Sources were told to end: what has fired its windows is nothing to go on from, but for the last checkpoint.
    drains: bool,
    last_trigger: Option<Duration>,
    last_end: Option<Duration>,
    /// Before, nothing is tried again that went wrong.
    not_before: Duration,
    failures: u32,
    /// The time for which it was counted that a checkpoint was due.
    skipped: Option<Duration>,
    phase: Phase,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Task {
    state: TaskState,
    answered: CheckpointId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum TaskState {
    #[default]
    Opening,
    Running,
    AwaitsFinal,
}

/// Where the attempt is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Going,
    /// The last checkpoint is complete, of this kind.
    Ending(Kind),
    /// All is confirmed.
    Ended,
    Failed,
    Deposed,
}

#[derive(Debug)]
struct InFlight<S> {
    id: CheckpointId,
    kind: Kind,
    request: Option<RequestId>,
    since: Duration,
    waiting: BTreeSet<TaskId>,
    snapshots: BTreeMap<TaskId, S>,
    step: Step,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Step {
    Triggered,
    Writing,
    Publishing(Retained),
}

/// What the pointer is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    Ids,
    Checkpoint,
    End,
}

/// A completed checkpoint that sinks have to confirm.
#[derive(Debug)]
struct Completing {
    id: CheckpointId,
    last: bool,
    waiting: BTreeSet<TaskId>,
    again_at: Duration,
}

type Actions<S, C> = Vec<Action<S, C>>;

impl<S: Clone, C: Clone> Coordinator<S, C> {
    /// The coordinator of an attempt, whose tasks are about to be opened.
    ///
    /// # Panics
    /// If there are no tasks, or no checkpoint would be retained.
    pub(crate) fn new(options: Options, start: Start) -> Self {
        assert!(start.tasks > 0 && options.retained > 0, "{start:?}, {options:?}");
        Coordinator {
            options,
            fence: start.fence,
            now: Duration::ZERO,
            tasks: (0..start.tasks).map(|task| (TaskId(task), Task::default())).collect(),
            next_id: start.next_id,
            id_high: start.id_high,
            retained: start.retained,
            in_flight: None,
            publishing: None,
            settle_at: None,
            prepared: BTreeMap::new(),
            completing: None,
            completed: None,
            requests: VecDeque::new(),
            drains: start.finished,
            last_trigger: None,
            last_end: None,
            not_before: Duration::ZERO,
            failures: 0,
            skipped: None,
            phase: Phase::Going,
            counts: Counts::default(),
        }
    }

    /// What has happened so far.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The checkpoints that are retained, from the oldest.
    #[cfg(test)]
    pub(crate) fn retained(&self) -> &[Retained] {
        &self.retained
    }

    /// When it has to be told [`Event::Tick`], if nothing else happens before. Always later than the last step.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        if matches!(self.phase, Phase::Deposed | Phase::Ended) {
            return None;
        }
        let expiry = self.in_flight.as_ref().filter(|it| it.step == Step::Triggered);
        let mut times = vec![
            self.settle_at,
            self.completing.as_ref().map(|completing| completing.again_at),
            expiry.map(|it| it.since + self.options.timeout),
        ];
        if self.in_flight.is_none() && self.publishing.is_none() && self.phase != Phase::Failed {
            let is_blocked = !self.are_ready() || self.is_unconfirmed();
            let due = self.due().filter(|_| !is_blocked && self.phase == Phase::Going);
            times.extend([due, Some(self.not_before)]);
        }
        times.into_iter().flatten().filter(|time| *time > self.now).min()
    }

    /// Takes note of what has happened at `now`, the time since the attempt began, and says what to do.
    ///
    /// # Panics
    /// If time goes back, or if it is told what cannot be: a bug of whoever drives it.
    pub(crate) fn step(&mut self, now: Duration, event: Event<S, C>) -> Actions<S, C> {
        assert!(now >= self.now, "{now:?} is before {:?}", self.now);
        self.now = now;
        let mut actions = Vec::new();
        if matches!(self.phase, Phase::Deposed | Phase::Ended) {
            self.refuse(event, &mut actions);
            return actions;
        }
        match event {
            Event::Tick => {}
            Event::Running { task, fence } => self.enter(task, fence, TaskState::Running),
            Event::AwaitsFinal { task, fence } => self.enter(task, fence, TaskState::AwaitsFinal),
            Event::Lost { task, fence } => self.on_lost(task, fence, &mut actions),
            Event::Acked { id, task, fence, snapshot, prepared } => {
                if self.is_answer(id, task, fence) {
                    self.keep(id, task, prepared);
                    self.on_snapshot(id, task, snapshot, &mut actions);
                }
            }
            Event::Declined { id, task, fence, why, prepared } => {
                if self.is_answer(id, task, fence) {
                    self.keep(id, task, prepared);
                    self.on_declined(id, task, why, &mut actions);
                }
            }
            Event::Written { id, result } => self.on_written(id, result, &mut actions),
            Event::Published(outcome) => self.on_published(outcome, &mut actions),
            Event::Confirmed { id, task, fence } => {
                self.on_confirmed(id, task, fence, &mut actions)
            }
            Event::Requested { request, kind } => self.on_requested(request, kind, &mut actions),
        }
        self.on_time(&mut actions);
        self.consider(&mut actions);
        self.check();
        actions
    }

    /// Every checkpoint that was triggered is completed, given up, or in flight.
    fn check(&self) {
        let decided = self.counts.completed + self.counts.aborted.values().sum::<u64>();
        let in_flight = u64::from(self.in_flight.is_some());
        assert_eq!(self.counts.triggered, decided + in_flight, "{:?}", self.counts);
        assert!(self.retained.is_sorted_by(|a, b| a.id < b.id), "{:?}", self.retained);
    }

    /// After the end only people are answered.
    fn refuse(&mut self, event: Event<S, C>, actions: &mut Actions<S, C>) {
        match event {
            Event::Requested { request, .. } => {
                actions.push(Action::Answer { request, result: Err(Refusal::Ended) });
            }
            Event::Tick => {}
            _ => self.counts.obsolete += 1,
        }
    }
}
