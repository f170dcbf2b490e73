//! What tasks and whoever takes checkpoints tell each other.
//!
//! ```text
//!   checkpoints' thread ── wanted, given up, finished: numbers that tasks look at between two turns ──▶ tasks
//!        ▲                                                                                                │
//!        └────────────── bounded channel: blocks of state as they fill, then the task's snapshot ─────────┘
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::checkpoint_options::CheckpointMode;
use super::committers::Committers;
use crate::connector::{Position, Preparation, Split};
use crate::state::{Block, Purpose, SavedSection};
use crate::time::Timestamp;

/// A task of a plan: chain and number.
pub(crate) type TaskId = (usize, usize);

/// What a task says.
pub(crate) enum TaskMessage {
    /// Some of its state, which belongs to the snapshot that follows.
    Blocks {
        checkpoint: u64,
        task: TaskId,
        /// The state's number among the snapshot's.
        state: usize,
        blocks: Vec<Block>,
    },
    /// All its state was sent, and this is the rest.
    Saved(Box<TaskSnapshot>),
    /// It has taken in what it goes on from, and takes input.
    Opened(TaskId),
    /// Its input has ended and everything was processed: it waits for the job's last checkpoint.
    Waits(TaskId),
}

/// What one task has at a barrier, besides the blocks.
pub(crate) struct TaskSnapshot {
    pub(crate) checkpoint: u64,
    pub(crate) task: TaskId,
    /// How long its channels waited for each other.
    pub(crate) alignment: Duration,
    /// How far its input's time was.
    pub(crate) watermark: Timestamp,
    pub(crate) states: Vec<StateSnapshot>,
    pub(crate) source: Option<SourceSnapshot>,
    pub(crate) sinks: Vec<SinkSnapshot>,
}

/// What one state wrote.
pub(crate) struct StateSnapshot {
    pub(crate) id: String,
    /// See [`State::meaning`](crate::state::State::meaning).
    pub(crate) meaning: String,
    pub(crate) sections: Vec<SavedSection>,
    pub(crate) notes: BTreeMap<&'static str, i64>,
}

/// How far a source was read.
pub(crate) struct SourceSnapshot {
    pub(crate) name: String,
    pub(crate) splits: Vec<SplitSnapshot>,
}

/// How far one split was read.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct SplitSnapshot {
    pub(crate) split: Split,
    /// None if it was not opened.
    pub(crate) position: Option<Position>,
    pub(crate) ended: bool,
    /// What each of the task's watermark generators has seen of it.
    pub(crate) times: Vec<Timestamp>,
}

impl SplitSnapshot {
    /// A split that nothing was read of.
    pub(crate) fn new(split: Split) -> SplitSnapshot {
        SplitSnapshot { split, position: None, ended: false, times: Vec::new() }
    }
}

/// What a sink is to make durable.
pub(crate) struct SinkSnapshot {
    pub(crate) name: String,
    pub(crate) preparation: Option<Preparation>,
}

/// The checkpoints of one attempt of a job, as its tasks see them.
pub(crate) struct Checkpoints {
    /// No other attempt of the job has this number.
    pub(crate) attempt: u64,
    pub(crate) mode: CheckpointMode,
    pub(crate) committers: Committers,
    /// The last checkpoint that sources are to begin.
    wanted: AtomicU64,
    /// The last one that was given up.
    given_up: AtomicU64,
    /// The last one that is complete, of those in a row.
    complete: AtomicU64,
    /// The last one that stands alone.
    alone: AtomicU64,
    /// The checkpoint behind which sources stop, if they are to.
    stops_with: AtomicU64,
    /// Sources end as if there were no more input.
    drains: AtomicBool,
    /// The last checkpoint of all is complete.
    finished: AtomicBool,
    /// What sources read and sinks write, by kind and name.
    parameters: Mutex<Parameters>,
    to: SyncSender<ToCheckpoints>,
}

/// What a checkpoint is wanted as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// The next in the row of those that the job is restored from.
    Next,
    /// A copy of its own.
    Alone,
    /// The same, and sources stop behind it.
    Last,
}

/// What reaches the thread that takes checkpoints.
pub(crate) enum ToCheckpoints {
    Task(TaskMessage),
    /// All slots have ended.
    Over,
}

/// What makes connectors' data the same in another run, by kind and name.
pub(crate) type Parameters = BTreeMap<(Connector, String), String>;

/// Either end of a pipeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Connector {
    Source,
    Sink,
}

impl fmt::Debug for Checkpoints {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Checkpoints").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl Checkpoints {
    /// The checkpoints of an attempt.
    pub(crate) fn new(
        (attempt, mode): (u64, CheckpointMode),
        committers: Committers,
        to: SyncSender<ToCheckpoints>,
    ) -> Checkpoints {
        Checkpoints {
            attempt,
            mode,
            committers,
            wanted: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            complete: AtomicU64::new(0),
            alone: AtomicU64::new(0),
            stops_with: AtomicU64::new(0),
            drains: AtomicBool::new(false),
            finished: AtomicBool::new(false),
            parameters: Mutex::default(),
            to,
        }
    }

    /// Has sources begin a checkpoint; the slots are to be woken.
    pub(crate) fn want(&self, checkpoint: u64, wanted: Wanted) {
        if wanted == Wanted::Last {
            self.stops_with.store(checkpoint, Ordering::Release);
        }
        if wanted != Wanted::Next {
            self.alone.store(checkpoint, Ordering::Release);
        }
        self.wanted.fetch_max(checkpoint, Ordering::Release);
    }

    /// A checkpoint is complete, and a part of what the job is restored from: the next one may build on it.
    pub(crate) fn complete(&self, checkpoint: u64) {
        self.complete.store(checkpoint, Ordering::Release);
    }

    /// What tasks are to write for a checkpoint that is wanted.
    pub(crate) fn purpose(&self, checkpoint: u64) -> Purpose {
        if self.alone.load(Ordering::Acquire) == checkpoint {
            return Purpose::Alone;
        }
        Purpose::InRow { checkpoint, complete: self.complete.load(Ordering::Acquire) }
    }

    /// The last checkpoint that is wanted and was not given up; 0 if there was none.
    pub(crate) fn wanted(&self) -> u64 {
        let wanted = self.wanted.load(Ordering::Acquire);
        if self.is_given_up(wanted) { 0 } else { wanted }
    }

    /// A checkpoint and all before it will never be complete; the slots are to be woken.
    pub(crate) fn give_up(&self, checkpoint: u64) {
        self.given_up.fetch_max(checkpoint, Ordering::Release);
    }

    /// True if a checkpoint will never be complete.
    pub(crate) fn is_given_up(&self, checkpoint: u64) -> bool {
        checkpoint <= self.given_up.load(Ordering::Acquire)
    }

    /// True if sources stop behind this checkpoint, unless it is given up.
    pub(crate) fn stops_with(&self, checkpoint: u64) -> bool {
        checkpoint > 0
            && self.stops_with.load(Ordering::Acquire) == checkpoint
            && !self.is_given_up(checkpoint)
    }

    /// Has sources end as if there were no more input; the slots are to be woken.
    pub(crate) fn drain(&self) {
        self.drains.store(true, Ordering::Release);
    }

    /// True if sources are to end as if there were no more input.
    pub(crate) fn drains(&self) -> bool {
        self.drains.load(Ordering::Acquire)
    }

    /// Lets the tasks end; the slots are to be woken.
    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }

    /// True if the tasks may end.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Takes note of what makes a connector's data the same in another run.
    pub(crate) fn describe(&self, connector: Connector, name: &str, parameters: String) {
        let mut all = self.parameters.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((connector, name.to_owned()), parameters);
    }

    /// What was taken note of.
    pub(crate) fn parameters_of(&self, connector: Connector, name: &str) -> String {
        let all = self.parameters.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(connector, name.to_owned())).cloned().unwrap_or_default()
    }

    /// Says something, or gives it back if there is no room now.
    pub(crate) fn tell(&self, message: TaskMessage) -> Option<TaskMessage> {
        match self.to.try_send(ToCheckpoints::Task(message)) {
            // Nobody listens: the job is ending.
            Ok(()) | Err(TrySendError::Disconnected(_)) => None,
            Err(TrySendError::Full(ToCheckpoints::Task(message))) => Some(message),
            Err(TrySendError::Full(ToCheckpoints::Over)) => unreachable!("what was sent"),
        }
    }
}
