//! One attempt of a process: its tasks and its driver, each doing one thing when it is told to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::world::World;
use crate::plan::{Plan, Topology};
use crate::task::checkpointing::{Drive, Driver, Leader};
use crate::task::executor::{describe, open};
use crate::task::job::Job;
use crate::task::runner::{Outcome, Runner};
use crate::task::shared::Shared;
use crate::task::snapshot::TaskId;
use crate::task::wiring::{Seed, Wiring};
use crate::task::{Clock, Failure, Options, Signal};
use crate::time::Timestamp;

/// What all attempts of a process have in common.
pub(super) struct Program {
    pub(super) world: World,
    pub(super) plan: Plan,
    pub(super) topology: Topology,
    pub(super) options: Options,
    pub(super) shared: Shared,
    /// What its futures run on: this thread, when it is told to.
    pub(super) futures: tokio::runtime::Runtime,
}

/// Tasks that run, or are about to.
pub(super) struct Attempt {
    pub(super) job: Arc<Job>,
    tasks: Vec<Task>,
    /// How far each state's time was in the checkpoint that it goes on from.
    floors: BTreeMap<String, Timestamp>,
    drive: Drive,
    pub(super) started: Instant,
    /// The tasks that are slow for now, as bits.
    slow: u64,
}

struct Task {
    id: TaskId,
    seat: Seat,
    watermark: Timestamp,
}

enum Seat {
    Waits(Box<Seed>),
    Runs(Box<Runner>),
    Gone,
}

impl Task {
    /// True if futures of it are under way.
    fn is_asking(&self) -> bool {
        matches!(&self.seat, Seat::Runs(runner) if runner.is_asking())
    }
}

/// What came of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Progress {
    Worked,
    Nothing,
    /// The tasks are gone, and everything was heard.
    Over,
}

impl Attempt {
    pub(super) fn new(program: &Program, driver: Driver) -> Attempt {
        let Program { world, plan, topology, options, shared, .. } = program;
        let recovery = driver.recovery();
        let signals = [Arc::new(Signal::default())];
        let all = topology.parallelism.iter().sum();
        let job = Arc::new(Job::new(all, signals.to_vec(), recovery.checkpoints.clone()));
        let wiring = Wiring::new(plan, topology, options, &signals, shared, &recovery);
        let tasks = wiring.into_slots(1).into_iter().flatten().map(|seed| Task {
            id: (seed.seed.chain, seed.seed.task),
            seat: Seat::Waits(Box::new(seed)),
            watermark: Timestamp::MIN,
        });
        let tasks = tasks.collect();
        let restored = recovery.restored.iter().flat_map(|restored| &restored.states);
        let floors = restored.map(|(id, state)| (id.clone(), state.watermark)).collect();
        let (drive, started) = (Drive::new(driver, job.clone()), world.clock().now());
        Attempt { job, tasks, floors, drive, started, slow: 0 }
    }

    /// Lets a task, or whoever takes checkpoints, do one thing.
    pub(super) fn step(&mut self, program: &Program) -> Progress {
        let world = &program.world;
        if self.tasks.iter().all(|task| matches!(task.seat, Seat::Gone)) {
            let worked = self.drive.act() || self.drive.take();
            return if worked || self.drive.is_busy() { Progress::Worked } else { Progress::Over };
        }
        let (who, luck) = world.dice(|dice| (dice.below(self.tasks.len() + 2), dice.next()));
        if world.swarm().uneven && luck.is_multiple_of(256) {
            self.slow = if world.is_healed() { 0 } else { luck >> 32 };
        }
        if who >= self.tasks.len() {
            return self.drive(luck);
        }
        if (luck >> 16).is_multiple_of(4) && self.tasks.iter().any(Task::is_asking) {
            program.futures.block_on(tokio::task::yield_now());
        }
        if self.slow >> (who % 64) & 1 == 1 && !(luck >> 8).is_multiple_of(16) {
            return Progress::Nothing;
        }
        match self.run(who, program) {
            Ok(progress) => progress,
            Err(failure) => {
                self.tasks[who].seat = Seat::Gone;
                let error = describe(&program.plan, &program.options, self.tasks[who].id, failure);
                world.tell(format_args!("a task fails: {error}"));
                self.job.fail(error);
                Progress::Worked
            }
        }
    }

    fn drive(&mut self, luck: u64) -> Progress {
        let worked = self.drive.act()
            || match luck % 4 {
                0 => self.drive.ask(),
                _ => self.drive.take(),
            };
        if worked || self.drive.is_busy() { Progress::Worked } else { Progress::Nothing }
    }

    fn run(&mut self, who: usize, program: &Program) -> Result<Progress, Failure> {
        let (world, task) = (&program.world, &mut self.tasks[who]);
        if self.job.is_aborting() {
            task.seat = Seat::Gone;
            return Ok(Progress::Worked);
        }
        match std::mem::replace(&mut task.seat, Seat::Gone) {
            Seat::Gone => return Ok(Progress::Nothing),
            Seat::Waits(seed) => {
                let clock = Box::new(world.clock());
                let mut runner = open(&program.plan, &program.options, &self.job, *seed, clock)?;
                runner.pace(world.swarm().batch);
                world.tell(format_args!("task {:?} is open", task.id));
                task.watermark = runner.watermark();
                runner.each_state(&mut |id, _| {
                    if self.floors.get(id).is_some_and(|floor| *floor > task.watermark) {
                        world.violation(format!("I4: `{id}` is restored, and its time is not"));
                    }
                });
                task.seat = Seat::Runs(Box::new(runner));
                return Ok(Progress::Worked);
            }
            runs => task.seat = runs,
        }
        let Seat::Runs(runner) = &mut task.seat else { return Ok(Progress::Nothing) };
        let mut now = world.clock().now();
        let mut outcome = runner.step(&mut now)?;
        if outcome == Outcome::Idle && world.dice(|dice| dice.below(4)) == 0 {
            outcome = runner.idle(&mut now)?;
        }
        let watermark = runner.watermark();
        if watermark < task.watermark {
            let (before, id) = (task.watermark, task.id);
            world.violation(format!("I4: time goes back in task {id:?}: {before}, {watermark}"));
        }
        task.watermark = watermark;
        match outcome {
            Outcome::Worked => Ok(Progress::Worked),
            Outcome::Blocked | Outcome::Idle => Ok(Progress::Nothing),
            Outcome::Closed => {
                task.seat = Seat::Gone;
                Ok(Progress::Worked)
            }
        }
    }

    /// A task fails between two turns.
    pub(super) fn fail_a_task(&mut self, program: &Program) {
        let who = program.world.dice(|dice| dice.below(self.tasks.len()));
        let failure = Failure::new("the simulation wants it");
        let id = self.tasks[who].id;
        self.tasks[who].seat = Seat::Gone;
        self.job.fail(describe(&program.plan, &program.options, id, failure));
    }

    /// Who leads, when the attempt is over.
    pub(super) fn end(self) -> (Arc<Job>, Leader) {
        (self.job, self.drive.end())
    }
}
