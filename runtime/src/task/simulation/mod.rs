//! Whole jobs on one thread, in an order that a seed determines: with everything that can go wrong.
//!
//! ```text
//!              ┌ process: its plan's real tasks, its real driver of checkpoints, restarts as in production
//!   scheduler ─┼ process: a second one, while the first was thought dead (a zombie)
//!              └ people: savepoints, stops; whoever starts the job again, with another parallelism
//!                   │
//!                 world: the clock, the directories, what goes wrong; and who looks whether all is well
//! ```
//!
//! The scheduler lets one of them do one thing at a time. Whatever has an effect outside of a process, an object in a
//! store or a sink's commit, asks the world first: it may fail, happen without an answer, or be the moment at which the
//! process is killed; then nothing that it does has any effect. It may also be the moment at which another process goes
//! on: so two leaders meet between any two steps of a protocol.
//!
//! A seed also determines what there is at all (how many tasks, how long a frame, which faults, how often): most seeds
//! see few kinds of faults, but many of each. When the faults are used up, the job must come to its end.
//!
//! What is checked here: the truth of a job never goes back, what it retains can be read (`audit`); time never goes
//! back in a task, a task answers once for a checkpoint (`process`); nothing panics; the job ends. What sinks show is
//! for the sinks to check.

mod attempt;
mod audit;
mod process;
mod scene;
mod scheduler;
mod store;
mod surroundings;
mod swarm;
mod world;

pub(crate) use scene::Scene;
pub use world::Effect;
pub(crate) use world::world;
