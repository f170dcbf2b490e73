//! Tasks: parallel copies of a chain, run in turns on the threads called slots.
//!
//! A chain is generated code behind one trait, [`Chain`]. The runner gives it turns: with a batch of records, with
//! more time (a watermark, a timer), or to go on where it stopped. Everything that outlives a turn hangs off handles
//! made from the [`TaskContext`], so that flushing, watermarks, snapshots and sizes are the runner's business.
//!
//! Protocol between runner and chain:
//! 1. A turn brings at most one batch, or polls the source, or brings nothing.
//! 2. A chain that sees [`Turn::must_yield`] stops firing, and [`Turn::more`] is true at its end: it is resumed by an
//!    empty turn once its outputs and sinks have room, and gets nothing new before.
//! 3. When a control frame is due (watermark, idle mark, barrier, end) the runner gives a turn with
//!    [`Turn::flushes`], repeats it while there is more, and only then hands the frame on to the outputs.

mod asynchronous;
mod chain;
mod checkpoint_options;
mod checkpointing;
mod clock;
mod committers;
mod context;
mod control;
mod dice;
mod executor;
mod failure;
mod hands;
mod held;
mod inbox;
mod job;
mod kit;
mod metering;
mod pace;
mod panics;
mod restarts;
mod restored;
mod runner;
mod scratch;
mod segment;
mod shared;
mod signal;
mod simulation;
mod sink_task;
mod slot;
mod snapshot;
mod source_task;
mod state_options;
mod survey;
#[cfg(test)]
mod testing;
mod turn;
mod wiring;

pub use asynchronous::{
    Answer, Answered, Asked, AsyncMap, AsyncOptions, InvalidAsync, Retry, answer,
    exponential_backoff, fixed_delay,
};
pub use chain::Chain;
pub use checkpoint_options::{CheckpointMode, CheckpointOptions};
pub(crate) use checkpointing::{
    Answer as SavepointAnswer, Fate, Fit, ListedCheckpoints, Named, PartKind,
    Request as SavepointRequest, Wish, ask, list_checkpoints,
};
#[cfg(test)]
pub(crate) use checkpointing::{Contents, ListedCheckpoint};
pub use clock::{Clock, SystemClock};
pub use context::{Handle, TaskContext};
pub use control::Control;
pub(crate) use dice::Dice;
pub use executor::{Ending, Options, Running, Summary, Watch, run, start};
pub use failure::{Failure, Severity};
pub(crate) use hands::{Hands, Label};
pub use kit::StateSize;
pub(crate) use kit::{Kit, KitOptions};
pub(crate) use panics::guarded;
pub(crate) use runner::Mark;
pub use scratch::Scratch;
pub use segment::{OpenSegment, Returned, Segment, Step};
pub(crate) use signal::Signal;
pub use simulation::Effect;
pub(crate) use simulation::{Scene, world};
pub use sink_task::SinkTask;
pub use source_task::{SourceRows, SourceTask};
pub use state_options::{Backend, StateOptions};
pub use turn::{Stage, Turn};
