//! Who does the next thing; and the people around the job.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use super::process::Process;
use super::scene::MakePlan;
use super::world::World;
use crate::checkpoint::manifest::Kind;
use crate::checkpoint::{CheckpointError, Reason};
use crate::error::JobError;
use crate::state::LoadError;
use crate::task::{Ending, Options};

thread_local! {
    static SCHEDULER: RefCell<Option<Rc<Scheduler>>> = const { RefCell::new(None) };
}

/// Lets processes go on, and starts new ones.
pub(super) struct Scheduler {
    world: World,
    plan: MakePlan,
    /// Of the next process.
    options: RefCell<Options>,
    processes: RefCell<Vec<Rc<RefCell<Process>>>>,
    started: Cell<usize>,
    steps: Cell<u64>,
    /// Steps in a row that came to nothing.
    idle: Cell<u32>,
    depth: Cell<usize>,
    is_finished: Cell<bool>,
}

/// More steps than that are no progress.
const STEPS_MAX: u64 = 400_000;
/// More processes than that, one behind the other, are no progress either.
const STARTS_MAX: usize = 1_000;
/// As many steps in a row that come to nothing say that there is nothing to do.
const IDLE: u32 = 60;
/// Processes that go on in the midst of what another one does, one within the other, at most.
const DEPTH_MAX: usize = 2;
/// As many processes exist at once, zombies included.
const PROCESSES_MAX: usize = 3;

/// Lets other processes go on in the midst of what one does.
pub(super) fn interleave() {
    let scheduler = SCHEDULER.with_borrow(Clone::clone);
    let Some(scheduler) = scheduler.filter(|it| it.depth.get() < DEPTH_MAX) else { return };
    scheduler.depth.set(scheduler.depth.get() + 1);
    let steps = scheduler.world.dice(|dice| dice.one_of(&[1, 4, 32, 200]));
    for _ in 0..steps {
        scheduler.step();
    }
    scheduler.depth.set(scheduler.depth.get() - 1);
}

impl Scheduler {
    /// Runs the job to its end; answers how many steps and processes that took.
    pub(super) fn run(world: &World, plan: MakePlan, options: Options) -> (u64, usize) {
        let scheduler = Rc::new(Scheduler {
            world: world.clone(),
            plan,
            options: RefCell::new(options),
            processes: RefCell::default(),
            started: Cell::new(0),
            steps: Cell::new(0),
            idle: Cell::new(0),
            depth: Cell::new(0),
            is_finished: Cell::new(false),
        });
        SCHEDULER.set(Some(scheduler.clone()));
        while !scheduler.is_over() {
            scheduler.step();
        }
        SCHEDULER.set(None);
        scheduler.processes.borrow_mut().clear();
        (scheduler.steps.get(), scheduler.started.get())
    }

    fn is_over(&self) -> bool {
        if self.steps.get() >= STEPS_MAX || self.started.get() >= STARTS_MAX {
            self.world.violation("the job does not end".to_owned());
            return true;
        }
        let is_done = self.is_finished.get() && self.processes.borrow().is_empty();
        is_done || self.world.why_given_up().is_some() || self.world.is_violated()
    }

    fn step(&self) {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        let limit = self.world.swarm().step;
        let took = self.world.dice(|dice| dice.next() % limit);
        self.world.clock().pass(Duration::from_nanos(took));
        if steps == STEPS_MAX / 2 {
            self.world.heal();
        }
        self.look_after();
        let Some(process) = self.choose() else { return self.idle() };
        let Ok(mut running) = process.try_borrow_mut() else { return };
        if running.sleeps_until > steps && !self.is_finished.get() {
            return self.idle();
        }
        let worked = running.step();
        let number = running.number;
        let is_over = running.ended().is_some() || !self.world.is_alive(number);
        if is_over {
            self.bury(&running);
        }
        drop(running);
        if is_over {
            self.processes.borrow_mut().retain(|known| !Rc::ptr_eq(known, &process));
        }
        if worked {
            self.idle.set(0)
        } else {
            self.idle()
        }
        if self.depth.get() == 0 || !is_over {
            self.disturb(&process);
        }
    }

    /// Nobody has anything to do: time passes, the longer the more.
    fn idle(&self) {
        let idle = self.idle.get() + 1;
        self.idle.set(idle);
        let all_wait = self
            .processes
            .borrow()
            .iter()
            .all(|process| process.try_borrow().is_ok_and(|process| process.pauses()));
        if all_wait {
            self.world.clock().pass(Duration::from_millis(100));
        } else if idle > IDLE {
            // As long as a few steps take: whoever is slow must not find that an hour has passed.
            let steps = self.world.swarm().step * u64::from((idle / IDLE).min(20));
            self.world.clock().pass(Duration::from_nanos(steps));
        }
    }

    fn choose(&self) -> Option<Rc<RefCell<Process>>> {
        let processes = self.processes.borrow();
        let free: Vec<_> = processes.iter().filter(|it| it.try_borrow().is_ok()).collect();
        if free.is_empty() {
            return None;
        }
        let at = self.world.dice(|dice| dice.below(free.len()));
        Some(free[at].clone())
    }

    /// Starts the job if nobody seems to run it.
    fn look_after(&self) {
        if self.is_finished.get() {
            return;
        }
        let processes = self.processes.borrow();
        let steps = self.steps.get();
        let seems_alive = |process: &Rc<RefCell<Process>>| {
            process.try_borrow().map_or(true, |process| process.sleeps_until <= steps)
        };
        let (alive, all) = (processes.iter().any(seems_alive), processes.len());
        drop(processes);
        if alive || all >= PROCESSES_MAX || self.world.dice(|dice| dice.below(8)) > 0 {
            return;
        }
        self.delete_savepoint();
        let mut options = self.options.borrow().clone();
        options.parallelism = self.world.dice(|dice| 1 + dice.below(4));
        let plan = match (self.plan)(options.parallelism) {
            Ok(plan) => plan,
            Err(error) => return self.world.violation(error),
        };
        let tasks = options.parallelism;
        match Process::new(&self.world, plan, options) {
            Ok(process) => {
                let number = process.number;
                self.world.tell(format_args!("process {number} starts: parallelism {tasks}"));
                self.started.set(self.started.get() + 1);
                self.processes.borrow_mut().push(Rc::new(RefCell::new(process)));
            }
            Err(error) => self.world.violation(error.to_string()),
        }
    }

    /// Whoever has made a savepoint may delete it once the job has a checkpoint of its own.
    fn delete_savepoint(&self) {
        let options = self.options.borrow();
        let Some(checkpoints) = &options.checkpoints else { return };
        if let Some(place) = &checkpoints.restore
            && self.world.delete_savepoint(place.as_ref(), checkpoints.dir.as_ref())
        {
            self.world.tell(format_args!("{place} is deleted"));
        }
    }

    /// A process is no more. What follows, unless it was killed, depends on how it has ended.
    fn bury(&self, process: &Process) {
        if !self.world.is_alive(process.number) {
            return self.world.tell(format_args!("process {} is dead", process.number));
        }
        self.world.kill(process.number);
        match process.ended() {
            Some(Ok(Ending::Finished | Ending::FinishedBefore)) => {
                self.is_finished.set(true);
                self.world.finished(process.number);
            }
            Some(Ok(Ending::Stopped)) => self.go_on_elsewhere(process),
            Some(Ok(Ending::Aborted | Ending::ReaderGone)) => {
                self.world.violation("the job ends without a word".to_owned());
            }
            Some(Err(error)) if self.is_beyond_repair(error) => {
                self.world.given_up(error.to_string());
            }
            Some(Err(error)) if self.world.is_healed() && !self.is_excused(process) => {
                // What went wrong before may be found out only now.
                self.world.tell(format_args!("failed: {error}"));
            }
            _ => {}
        }
    }

    /// Files are damaged that nobody can do without, and the job has said so: whoever starts it again is told the same.
    fn is_beyond_repair(&self, error: &JobError) -> bool {
        let is_about_files = match error {
            JobError::Checkpoints(CheckpointError(reason)) => matches!(
                reason,
                Reason::Committed { .. } | Reason::NoOther { .. } | Reason::Manifest(_)
            ),
            JobError::Task { failure, .. } => failure.cause().is::<LoadError>(),
            _ => false,
        };
        is_about_files && self.world.is_damaged() && self.processes.borrow().len() == 1
    }

    fn is_excused(&self, process: &Process) -> bool {
        process.number + 1 < self.started.get()
    }

    /// A job that was stopped with a savepoint may go on from that, in a new directory. Nobody would do so while it runs
    /// from the old one, or has gone on from there since: that is another job then.
    fn go_on_elsewhere(&self, process: &Process) {
        let Some((checkpoint, place)) = process.wishes().stopped_with() else { return };
        let truth = self.world.run_as(process.number, || self.world.truth());
        let is_last = self.processes.borrow().len() == 1 && truth == Some(checkpoint);
        if !is_last || self.world.dice(|dice| dice.below(2)) == 0 {
            return;
        }
        let mut options = self.options.borrow_mut();
        let Some(checkpoints) = &mut options.checkpoints else { return };
        if process.options().checkpoints.as_ref().is_some_and(|own| own.dir == checkpoints.dir) {
            checkpoints.dir = format!("{}", process.number + 1);
            checkpoints.restore = Some(place.to_string_lossy().into_owned());
        }
    }

    /// Crashes, zombies, and people with wishes.
    fn disturb(&self, process: &Rc<RefCell<Process>>) {
        let Ok(mut process) = process.try_borrow_mut() else { return };
        let (world, swarm, number) = (&self.world, self.world.swarm(), process.number);
        if process.ended().is_some() || !world.is_alive(number) {
            return;
        }
        if world.goes_wrong("crash", swarm.crash) {
            world.tell(format_args!("process {number} is killed"));
            world.kill(number);
        } else if world.goes_wrong("zombie", swarm.zombie) {
            let steps = world.dice(|dice| dice.one_of(&[10, 100, 1000, 5000]));
            process.sleeps_until = self.steps.get() + steps;
            world.tell(format_args!("process {number} is thought dead for {steps} steps"));
        } else if world.goes_wrong("task failure", swarm.task_failure) {
            if let Some((attempt, program)) = process.attempt() {
                world.tell(format_args!("a task of process {number} fails"));
                attempt.fail_a_task(program);
            }
        } else if world.goes_wrong("wish", swarm.wish) {
            self.wish(&mut process);
        } else if world.goes_wrong("damage", swarm.damage) {
            world.damage(number);
        } else if world.goes_wrong("drain", swarm.drain) {
            let steps = self.steps.get();
            let dir = world.dice(|dice| dice.below(2) == 0);
            let dir = dir.then(|| PathBuf::from(format!("savepoints-{steps}")));
            process.wishes().ask(Kind::Drain, dir);
            world.tell(format_args!("the job is to be drained at step {steps}"));
        }
    }

    fn wish(&self, process: &mut Process) {
        let steps = self.steps.get();
        let dir = PathBuf::from(format!("savepoints-{steps}"));
        match self.world.dice(|dice| dice.below(4)) {
            0 => process.wishes().ask(Kind::Savepoint, Some(dir)),
            1 => process.wishes().ask(Kind::Stop, Some(dir)),
            2 => process.wishes().ask(Kind::Stop, None),
            _ => {
                if let Some((attempt, _)) = process.attempt() {
                    attempt.job.stop();
                }
            }
        }
        self.world.tell(format_args!("a wish at step {steps}"));
    }
}
