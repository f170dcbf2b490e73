//! Whole jobs on one thread, with everything that can go wrong, in an order that a seed determines.
//!
//! [`simulation`] runs a pipeline with its real sources and sinks, its real checkpoints and restarts, and a store that
//! fails; processes are killed between any two steps and started again with another parallelism, or go on when they are
//! thought dead. It checks what the engine promises; what a sink shows, the test compares.
//!
//! It is for whoever writes a connector that others are to rely on: its effects ask [`effect`] what becomes of them.
//! For a pipeline's own logic, [`explore`](super::explore) is enough.
//!
//! ```
//! use std::sync::Mutex;
//! use thalweg::connector::*;
//! use thalweg::prelude::*;
//! use thalweg::record::View;
//! use thalweg::testing::simulation::{Effect, effect, simulation};
//!
//! /// A target that forgets nothing, and shows everything at once.
//! static SEEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());
//!
//! struct Loose;
//! struct LooseWriter;
//!
//! impl Sink<u64> for Loose {
//!     type Writer = LooseWriter;
//!     fn name(&self) -> String {
//!         "loose".to_owned()
//!     }
//!     fn open(&self, _: usize, _: usize) -> Result<LooseWriter, SinkError> {
//!         Ok(LooseWriter)
//!     }
//! }
//!
//! impl Writer<u64> for LooseWriter {
//!     fn write(&mut self, _: Timestamp, n: View<'_, u64>) -> Result<(), SinkError> {
//!         match effect("write") {
//!             Effect::Happens => Ok(SEEN.lock().unwrap().push(n)),
//!             _ => Err(SinkError::new("the target does not answer", "try again")),
//!         }
//!     }
//!     fn finish(&mut self) -> Result<(), SinkError> {
//!         Ok(())
//!     }
//! }
//!
//! #[pipeline]
//! fn copy() {
//!     let numbers: Stream<u64> = source(collection([1u64, 2, 3]));
//!     numbers.sink(Loose);
//! }
//!
//! let mut repeated = false;
//! for seed in 0..50 {
//!     SEEN.lock().unwrap().clear();
//!     let simulated = simulation(copy).run(seed);
//!     assert_eq!(simulated.violations, Vec::<String>::new());
//!     let seen = SEEN.lock().unwrap();
//!     // Somebody may end the job early by draining it, and damaged checkpoints may end it for good.
//!     let is_whole = simulated.unread.is_empty() && simulated.given_up.is_none();
//!     let all = [1, 2, 3].iter().all(|n| seen.contains(n));
//!     assert!(all || !is_whole, "at least once, whatever happens");
//!     repeated |= seen.len() > 3;
//! }
//! assert!(repeated, "but not exactly once");
//! ```

use std::collections::BTreeMap;

use crate::connector::Position;
use crate::job::{CheckpointMode, Definition, Job};
use crate::task::{Scene, world};

pub use crate::task::Effect;

/// A pipeline that is to be simulated.
#[derive(Clone, Debug)]
pub struct Simulation {
    job: Job,
    told: bool,
    calm: bool,
    mode: CheckpointMode,
}

/// What came of a simulation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Simulated {
    /// All that happened as a number: the same for the same seed.
    pub trace: u64,
    /// How many things were done, one at a time.
    pub steps: u64,
    /// How many processes ran the job, one after the other or at once.
    pub processes: usize,
    /// What went wrong, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Which promises of the engine were broken, and what sinks have found: see [`violation`].
    pub violations: Vec<String>,
    /// The splits that were not read to their ends when the job had finished, by id, and how far they were: none, unless
    /// `faults` has a `drain`.
    pub unread: Vec<(String, Option<Position>)>,
    /// Why nobody could go on with the job, if so: files of its checkpoints were damaged, and `faults` has a `damage`.
    pub given_up: Option<String>,
}

/// A pipeline to be simulated: see [the module](self). It must come to its end by itself.
pub fn simulation(pipeline: impl Fn() -> Definition) -> Simulation {
    Simulation {
        job: Job::new(pipeline),
        told: false,
        calm: false,
        mode: CheckpointMode::ExactlyOnce,
    }
}

impl Simulation {
    /// Gives a parameter its value, as text; again for another value of a repeated one.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl ToString) -> Simulation {
        self.job = self.job.arg(name, value);
        self
    }

    /// Tells on stderr what happens.
    #[must_use]
    pub fn told(mut self, told: bool) -> Simulation {
        self.told = told;
        self
    }

    /// Lets nothing go wrong: what comes of that is what must come of every other run.
    #[must_use]
    pub fn calm(mut self) -> Simulation {
        self.calm = true;
        self
    }

    /// Takes checkpoints in this mode.
    #[must_use]
    pub fn mode(mut self, mode: CheckpointMode) -> Simulation {
        self.mode = mode;
        self
    }

    /// Runs it to its end.
    pub fn run(&self, seed: u64) -> Simulated {
        let job = self.job.clone();
        let plan = move |parallelism| {
            job.clone().parallelism(parallelism).plan().map_err(|error| error.to_string())
        };
        let Simulation { told, calm, mode, .. } = *self;
        let report = Scene { plan: Box::new(plan), told, calm, mode }.run(seed);
        Simulated {
            trace: report.trace,
            steps: report.steps,
            processes: report.processes,
            faults: report.faults,
            violations: report.violations,
            unread: report.unread,
            given_up: report.given_up,
        }
    }
}

/// What becomes of something that is about to have an effect outside of its process; `what` is told in the trace.
/// Always [`Effect::Happens`] where nothing is simulated.
pub fn effect(what: &str) -> Effect {
    world().map_or(Effect::Happens, |world| world.effect(&what))
}

/// One of `0..end`, by chance that the seed determines; 0 where nothing is simulated.
pub fn below(end: usize) -> usize {
    world().map_or(0, |world| world.dice(|dice| dice.below(end)))
}

/// The last checkpoint that is complete, in the directory of the process that asks.
pub fn truth() -> Option<u64> {
    world()?.truth()
}

/// Tells of something that must not be, unless the process that asks is a dead one.
pub fn violation(what: impl Into<String>) {
    if let Some(world) = world() {
        world.violation(what.into());
    }
}
