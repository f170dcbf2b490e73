//! Sinks: what a pipeline writes to.
//!
//! A sink that [commits in two phases](TwoPhaseCommitSink) shows what was written with the checkpoint that covers it,
//! once, whatever fails in between:
//!
//! ```text
//!            ┌ write … ─ prepare(n) ─▶ a preparation, off the slot's thread ─▶ durable, not visible: a committable
//!   attempt ─┤                                                                    │ kept in checkpoint n
//!            └ write … ─ prepare(n+1) …                       checkpoint n complete ─▶ commit: visible
//!
//!   next attempt, from checkpoint n:   commit all that n kept ─▶ abort_orphans ─▶ open
//! ```
//!
//! What the engine promises:
//! 1. An attempt begins with [`commit`](TwoPhaseCommitSink::commit) of every committable in the checkpoint that it goes
//!    on from; then [`abort_orphans`](TwoPhaseCommitSink::abort_orphans), once; only then writers are opened. When a
//!    job runs without checkpoints, none of these is called.
//! 2. [`Writer::prepare`] is called between two records; the preparations of one writer are run once each, in the order
//!    of their checkpoints. If `prepare` or a preparation fails, the attempt fails.
//! 3. A committable is kept in its checkpoint. If that one is aborted while the attempt goes on, it is kept in the next.
//!    It is committed when a checkpoint that holds it is complete, not before; at least once, and in the order of the
//!    checkpoints. If a commit fails, the job fails with its error.
//! 4. At the end of the input there is one more checkpoint, then [`Writer::finish`].
//!
//! Where checkpoints are taken [at least once](crate::job::CheckpointMode::AtLeastOnce), all of this holds; but what is
//! written before `prepare(n)` may come of records behind checkpoint n, so that an attempt that goes on from it writes it
//! again: each transaction is shown once, a row perhaps in two of them.

use serde::{Deserialize, Serialize};

use super::SinkError;
use crate::record::{Record, View};
use crate::time::Timestamp;

/// Where records of type `T` go.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a sink of `{T}`",
    label = "`{T}` cannot be written to this",
    note = "to fix: `.map(..)` to a record that the sink takes (text sinks take `String`), or choose another: `print()`, `files(dir).csv()`"
)]
pub trait Sink<T: Record>: Send + Sync + 'static {
    /// Writes what one task produces.
    type Writer: Writer<T>;

    /// What plans, logs and metrics call it.
    fn name(&self) -> String;

    /// Opens the writer of task `task` of `parallelism`.
    ///
    /// # Errors
    /// If the target cannot be opened.
    fn open(&self, task: usize, parallelism: usize) -> Result<Self::Writer, SinkError>;

    /// What makes the output of two runs the same: target and format. A job is not restored from a checkpoint in which
    /// it differs. The [`name`](Sink::name) unless said otherwise.
    fn parameters(&self) -> String {
        self.name()
    }

    /// The second phase, if there is one: what is written becomes visible with the checkpoint, once.
    fn two_phase(&self) -> Option<&dyn TwoPhaseCommitSink> {
        None
    }
}

/// The second phase of a sink that shows what was written with the checkpoint that covers it: in the target, every
/// record appears once, whatever fails. The [module](crate::connector) shows one.
///
/// The order of the calls: for each attempt, [`commit`](Self::commit) of all that the checkpoint kept, then
/// [`abort_orphans`](Self::abort_orphans), then [`Sink::open`] for each task. From then on `commit` may come at any
/// time, from another thread than the writers'.
pub trait TwoPhaseCommitSink: Send + Sync {
    /// Makes a transaction visible, durably. Called once or more for every committable of a completed checkpoint, in
    /// the order of checkpoints, also again after a failure: what was committed already is left as it is.
    ///
    /// # Errors
    /// If it was not committed, and also if that cannot be told: success wants proof. The job fails with the error.
    fn commit(&self, committable: &Committable) -> Result<(), SinkError>;

    /// Begins an attempt: gives up what earlier attempts of this sink wrote and did not commit, so that it can never
    /// become visible. Others' transactions are left alone.
    ///
    /// # Errors
    /// If the target cannot be used.
    fn abort_orphans(&self, opening: &Opening<'_>) -> Result<(), SinkError>;
}

/// How an attempt begins; see [`TwoPhaseCommitSink::abort_orphans`].
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// The job's name.
    pub job: &'a str,
    /// What the sink is called in the job's checkpoints: no two of a job are called the same.
    pub sink: &'a str,
    /// The attempt that begins: a number that no other of the job has. Earlier ones have smaller numbers.
    pub attempt: u64,
    /// It goes on from a checkpoint, so that there may be output already, and it is the job's own.
    pub restored: bool,
    /// What that checkpoint kept, all of it committed by now.
    pub kept: &'a [Committable],
}

/// What a writer prepares, and for which checkpoint. No other has the same three numbers, so that names made of them do
/// not collide.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// The checkpoint that it is prepared for; ids are not used again, in no attempt.
    pub checkpoint: u64,
    /// The attempt that writes.
    pub attempt: u64,
    /// The task that writes.
    pub task: usize,
}

/// What makes a transaction visible; opaque to all but its sink. It is kept in the checkpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Committable(pub serde_json::Value);

/// The rest of a prepare, which is run off the slot's thread: hands everything to the target, durably, and answers what
/// there is to commit. Dropped, it is as if the job had been killed.
pub type Preparation = Box<dyn FnOnce() -> Result<Committable, SinkError> + Send>;

/// Writes what one task produces. Dropped without [`finish`](Writer::finish), it leaves nothing partial under a final
/// name.
pub trait Writer<T: Record>: 'static {
    /// Writes one record.
    ///
    /// # Errors
    /// If the target does not take it.
    fn write(&mut self, time: Timestamp, record: View<'_, T>) -> Result<(), SinkError>;

    /// False while the target cannot take more: the task is not given input until it can.
    fn is_ready(&mut self) -> bool {
        true
    }

    /// Hands on what is buffered: the input is idle, or a while has passed.
    ///
    /// # Errors
    /// If the target does not take it.
    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }

    /// Records left out because they could not be encoded, under `.or_skip()`; so far.
    fn skipped(&self) -> u64 {
        0
    }

    /// A checkpoint: ends the open transaction, and with the next record begins another. It must not wait for the
    /// target: what may take long is the preparation's. `None` if nothing was written since the last one, or the sink
    /// does not commit in two phases.
    ///
    /// # Errors
    /// If the target does not take it.
    fn prepare(&mut self, transaction: &Transaction) -> Result<Option<Preparation>, SinkError> {
        let _ = transaction;
        Ok(None)
    }

    /// The input has ended and every record was written: makes them visible, completely. With checkpoints, a sink that
    /// commits in two phases has nothing left to show.
    ///
    /// # Errors
    /// If the target does not take them.
    fn finish(&mut self) -> Result<(), SinkError>;
}
