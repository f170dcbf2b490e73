//! A process that runs the job: from taking the lead to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use super::attempt::{Attempt, Program, Progress};
use super::surroundings::{Simulated, Wishes};
use super::world::World;
use crate::checkpoint::Reason;
use crate::error::JobError;
use crate::plan::{Plan, Topology};
use crate::state::{MemoryDisks, Spill};
use crate::task::asynchronous::AsyncRuntime;
use crate::task::checkpointing::{Begin, Driver, Leader, Outline};
use crate::task::executor::{Next, ending, follow, follow_none};
use crate::task::restarts::Restarts;
use crate::task::shared::Shared;
use crate::task::survey::Survey;
use crate::task::{Clock, Ending, Failure, Options, panics};

/// One process.
pub(super) struct Process {
    pub(super) number: usize,
    program: Program,
    surroundings: Arc<Simulated>,
    restarts: Restarts,
    phase: Phase,
    /// It is thought dead, and does nothing until this step of the scheduler.
    pub(super) sleeps_until: u64,
}

enum Phase {
    Begins,
    Pauses(Box<Leader>, Instant),
    Runs(Box<Attempt>),
    Ended(Result<Ending, JobError>),
}

impl Process {
    pub(super) fn new(
        world: &World,
        plan: Plan,
        mut options: Options,
    ) -> Result<Process, JobError> {
        let topology = Topology::new(&plan, options.parallelism, options.key_groups)?;
        let checkpoints = options.checkpoints.as_ref().expect("every process takes them");
        let (most, dir) = (checkpoints.restarts, checkpoints.dir.clone().into());
        let futures = Builder::new_current_thread().build().map_err(JobError::Thread)?;
        options.runtime = Some(futures.handle().clone());
        let runtime = Arc::new(AsyncRuntime::new(options.runtime.clone()));
        let spill = world.swarm().room.map(|room| Spill::new(MemoryDisks, room));
        let (world, shared) = (world.clone(), Shared { runtime, spill, most: None });
        let wishes = Wishes::default();
        Ok(Process {
            number: world.process(dir),
            surroundings: Arc::new(Simulated { world: world.clone(), wishes }),
            program: Program { world, plan, topology, options, shared, futures },
            restarts: Restarts::new(most, 0),
            phase: Phase::Begins,
            sleeps_until: 0,
        })
    }

    /// What people ask of it.
    pub(super) fn wishes(&self) -> &Wishes {
        &self.surroundings.wishes
    }

    pub(super) fn options(&self) -> &Options {
        &self.program.options
    }

    /// True if it waits for nothing but time.
    pub(super) fn pauses(&self) -> bool {
        matches!(self.phase, Phase::Pauses(..))
    }

    /// How it has ended, if it has.
    pub(super) fn ended(&self) -> Option<&Result<Ending, JobError>> {
        match &self.phase {
            Phase::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// How many tasks it has, if they are running.
    pub(super) fn attempt(&mut self) -> Option<(&mut Attempt, &Program)> {
        match &mut self.phase {
            Phase::Runs(attempt) => Some((attempt, &self.program)),
            _ => None,
        }
    }

    /// Does one thing, and says whether it was any. Nothing in the engine may panic.
    pub(super) fn step(&mut self) -> bool {
        let world = self.program.world.clone();
        let stepped = world.run_as(self.number, || panics::guard(|| Ok(self.advance())));
        match stepped {
            Ok(worked) => worked,
            Err(failure) => {
                world.run_as(self.number, || world.violation(failure.to_string()));
                self.phase = Phase::Ended(Err(JobError::Slot { slot: 0, failure }));
                true
            }
        }
    }

    fn advance(&mut self) -> bool {
        // A panic leaves it ended.
        let gone = Phase::Ended(Err(JobError::Resource(Failure::new("it has panicked"))));
        let (next, worked) = match std::mem::replace(&mut self.phase, gone) {
            Phase::Begins => (self.begin(), true),
            Phase::Pauses(leader, until) if self.program.world.clock().now() >= until => {
                (self.start(leader), true)
            }
            Phase::Runs(mut attempt) => match attempt.step(&self.program) {
                Progress::Over => (self.follow(*attempt), true),
                progress => (Phase::Runs(attempt), progress == Progress::Worked),
            },
            phase @ (Phase::Pauses(..) | Phase::Ended(_)) => (phase, false),
        };
        self.phase = next;
        worked
    }

    fn begin(&self) -> Phase {
        let checkpoints = self.program.options.checkpoints.as_ref();
        let checkpoints = checkpoints.expect("every process takes them");
        match Leader::begin(checkpoints, self.surroundings.clone()) {
            Ok(Begin::Finished) => self.end(Ok(Ending::FinishedBefore)),
            Ok(Begin::Lead(leader)) => {
                let now = self.program.world.clock().now();
                Phase::Pauses(leader, now)
            }
            Err(error) => self.end(Err(JobError::Checkpoints(error))),
        }
    }

    fn start(&mut self, leader: Box<Leader>) -> Phase {
        let Program { plan, options, topology, shared, .. } = &self.program;
        let survey = || Survey::of(plan, options, shared);
        let (job, key_groups) = (options.name.clone(), options.key_groups);
        let outline = Outline { job, key_groups, survey: &survey };
        match Driver::new(leader, &topology.parallelism, &outline) {
            Ok(driver) => Phase::Runs(Box::new(Attempt::new(&self.program, driver))),
            Err((leader, error)) => {
                let next = follow_none(leader, error, &mut self.restarts);
                self.go_on(next)
            }
        }
    }

    fn follow(&mut self, attempt: Attempt) -> Phase {
        let now = self.program.world.clock().now();
        let lasted = now.saturating_duration_since(attempt.started);
        let (job, leader) = attempt.end();
        let next = follow((&job, lasted), ending(&job), Some(leader), &mut self.restarts);
        self.go_on(next)
    }

    fn go_on(&self, next: Next) -> Phase {
        let now = self.program.world.clock().now();
        match next {
            Next::End(ended) => self.end(ended),
            Next::Again { leader, pause, error } => {
                self.program.world.tell(format_args!("restarts: {error}"));
                Phase::Pauses(leader, now + pause.max(Duration::ZERO))
            }
        }
    }

    fn end(&self, ended: Result<Ending, JobError>) -> Phase {
        self.program.world.tell(format_args!("has ended: {ended:?}"));
        if let Err(JobError::Checkpoints(error)) = &ended
            && matches!(error.0, Reason::Deposed)
        {
            self.program.world.is_deposed();
        }
        Phase::Ended(ended)
    }
}
