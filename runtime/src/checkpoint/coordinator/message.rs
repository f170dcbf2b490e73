//! What the coordinator is told, and what it wants done.

use std::collections::BTreeMap;
use std::fmt;

use super::super::manifest::Kind;
use super::super::pointer::Retained;
use super::super::store::StorePath;
use super::super::{CheckpointId, Fence};

/// A task of the job, of whatever chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct TaskId(pub(crate) u32);

/// A person's wish, numbered by whoever takes them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct RequestId(pub(crate) u64);

/// Something has happened. `S` is what a task says about its snapshot, `C` one thing for a sink to commit.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Event<S, C> {
    /// Nothing but time has passed.
    Tick,
    /// A task has restored its state, is open, and takes input.
    Running { task: TaskId, fence: Fence },
    /// A task has processed all of its input, and waits for the last checkpoint.
    AwaitsFinal { task: TaskId, fence: Fence },
    /// A task has failed or cannot be reached: this attempt is over.
    Lost { task: TaskId, fence: Fence },
    /// A task's part of a checkpoint is durable. Its answers come in the order of checkpoints; it answers for one that
    /// was given up, too, if it had begun its part.
    Acked { id: CheckpointId, task: TaskId, fence: Fence, snapshot: S, prepared: Vec<C> },
    /// A task's part of a checkpoint is not durable.
    Declined { id: CheckpointId, task: TaskId, fence: Fence, why: Decline, prepared: Vec<C> },
    /// What came of [`Action::Write`].
    Written { id: CheckpointId, result: Result<Retained, String> },
    /// What came of the last [`Action::Publish`] or [`Action::Settle`].
    Published(Outcome),
    /// What sinks of a task have prepared is visible, up to and with a checkpoint.
    Confirmed { id: CheckpointId, task: TaskId, fence: Fence },
    /// A person wants a savepoint: [`Kind::Savepoint`], [`Kind::Stop`] or [`Kind::Drain`].
    Requested { request: RequestId, kind: Kind },
}

/// Why a task's part of a checkpoint is not durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Decline {
    /// Its state cannot be written; the next checkpoint may do. What its sinks prepared is carried over.
    Snapshot(String),
    /// Its sinks cannot make durable what they were given. It is lost, unless it is processed again: the attempt is
    /// over.
    Prepare(String),
}

/// What came of asking the pointer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// It is the truth.
    Won,
    /// Somebody else leads.
    Lost,
    /// It may be the truth or not.
    Unknown,
    /// It is not, and the store said why.
    Failed(String),
}

/// Something to do.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Action<S, C> {
    /// Have all sources send a barrier.
    Trigger { id: CheckpointId, kind: Kind },
    /// Tell all tasks that it is given up.
    Abort { id: CheckpointId, why: Abort },
    /// The files of these are not needed, unless a retained manifest refers to them.
    Discard { id: CheckpointId, snapshots: Vec<S>, manifest: Option<StorePath> },
    /// Write the manifest. `prepared` is all that is not visible yet, of this checkpoint and of earlier ones.
    Write {
        id: CheckpointId,
        kind: Kind,
        request: Option<RequestId>,
        snapshots: Vec<(TaskId, S)>,
        prepared: Vec<Prepared<C>>,
    },
    /// Advance the pointer.
    Publish(Publication),
    /// Ask what became of the last [`Action::Publish`]. Delete nothing meanwhile.
    Settle,
    /// These checkpoints are no longer retained.
    Subsume(Vec<Retained>),
    /// The checkpoint is complete. Have these tasks commit `prepared`, in this order, and confirm; said again until
    /// they have. With `last` they close then.
    Complete { id: CheckpointId, last: bool, tasks: Vec<TaskId>, prepared: Vec<Prepared<C>> },
    /// Have all sources end, as if there were no more input: [`Event::AwaitsFinal`] follows.
    Drain,
    /// What came of a person's wish: the savepoint's manifest.
    Answer { request: RequestId, result: Result<Retained, Refusal> },
    /// All is visible, and all tasks are closed. `finished`: the pointer says that the job never runs again.
    Ended { finished: bool },
    /// The attempt is over.
    Fail(Failure),
    /// Somebody else leads the job. Stop at once, delete nothing.
    StandDown,
}

/// What a sink of a task has prepared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Prepared<C> {
    /// For which checkpoint.
    pub(crate) checkpoint: CheckpointId,
    /// By which task.
    pub(crate) task: TaskId,
    /// What to commit.
    pub(crate) committable: C,
}

/// What the pointer is to say; the rest of it stays as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Publication {
    /// The checkpoints that are retained.
    pub(crate) checkpoints: Vec<Retained>,
    /// The last id that may be used.
    pub(crate) id_high: CheckpointId,
    /// True if the job has ended.
    pub(crate) finished: bool,
}

/// Why a checkpoint was given up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Abort {
    /// A task could not write its part.
    Declined { task: TaskId, why: String },
    /// It took too long: these tasks had not answered.
    Expired { waiting: Vec<TaskId> },
    /// A task was lost.
    Lost { task: TaskId },
    /// The manifest or the pointer could not be written.
    Storage { why: String },
    /// The attempt is over for another reason.
    Failed,
}

impl Abort {
    /// How it is counted.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Abort::Declined { .. } => "declined",
            Abort::Expired { .. } => "expired",
            Abort::Lost { .. } => "task_lost",
            Abort::Storage { .. } => "storage",
            Abort::Failed => "failed",
        }
    }
}

impl fmt::Display for Abort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Abort::Declined { task, why } => write!(out, "task {} declined: {why}", task.0),
            Abort::Expired { waiting } => {
                let waiting: Vec<_> = waiting.iter().map(|task| task.0).collect();
                write!(out, "it took too long; tasks {waiting:?} had not answered")
            }
            Abort::Lost { task } => write!(out, "task {} has failed", task.0),
            Abort::Storage { why } => write!(out, "it cannot be stored: {why}"),
            Abort::Failed => write!(out, "the attempt is over"),
        }
    }
}

/// Why a savepoint is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// It was tried.
    #[error("the savepoint could not be taken: {0}; the job goes on\nhelp: try again")]
    Aborted(Abort),
    /// There are as many wishes as can wait.
    #[error("{0} savepoints are waiting already\nhelp: try again when they are taken")]
    TooMany(usize),
    /// The job is about to end, or has.
    #[error("the job has ended\nhelp: what it has processed is visible, there is nothing to save")]
    Ended,
    /// The attempt is over.
    #[error("the job has failed\nhelp: try again when it is running")]
    Failed,
}

/// Why the attempt is over.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Too many checkpoints in a row could not be taken.
    #[error(
        "{count} checkpoints in a row could not be taken; the last one: {last}\n\
         help: mend what keeps them from it, or tolerate more failures"
    )]
    TooManyAborts {
        /// How many.
        count: u32,
        /// Why the last one.
        last: Abort,
    },
    /// What a sink was given is lost, unless it is processed again.
    #[error(
        "a sink of task {task} could not store its output: {why}\n\
         help: see its target; the job goes on from its last checkpoint", task = task.0
    )]
    OutputLost {
        /// Which task.
        task: TaskId,
        /// Why.
        why: String,
    },
}

/// Why no checkpoint is taken when one is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Skip {
    /// One is being taken.
    InFlight,
    /// Not all tasks are running.
    NotRunning,
    /// Sinks are too far behind with committing.
    Unconfirmed,
}

/// What has happened so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    /// Checkpoints and savepoints that were triggered.
    pub(crate) triggered: u64,
    /// Those that were completed.
    pub(crate) completed: u64,
    /// Those that were given up, by [`Abort::name`].
    pub(crate) aborted: BTreeMap<&'static str, u64>,
    /// Times that one was due and could not be taken.
    pub(crate) skipped: BTreeMap<Skip, u64>,
    /// Messages of other attempts, or about what was decided before they came.
    pub(crate) obsolete: u64,
}
