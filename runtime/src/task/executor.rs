//! Runs a plan in this process: opens its tasks on slots and waits for their end.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::checkpoint_options::CheckpointOptions;
use super::checkpointing::{Begin, Driver, Driving, Leader, Machine, Outline};
use super::clock::SystemClock;
use super::job::Job;
use super::restarts::Restarts;
use super::restored::Recovery;
use super::runner::{Runner, RunnerParts};
use super::shared::Shared;
use super::slot::Slot;
use super::state_options::StateOptions;
use super::survey::Survey;
use super::wiring::{Seed, Wiring};
use super::{Clock, Control, Failure, Signal, Stage, panics};
use crate::checkpoint::CheckpointError;
use crate::error::JobError;
use crate::metrics::{ChainMetrics, CheckpointLog, JobMetrics, Registry, TaskMetrics, use_shard};
use crate::plan::{Plan, Topology};
use crate::resource::open_all;

/// How a plan is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The job's name, which its checkpoints carry.
    pub name: String,
    /// Slots, and tasks of each chain that does not say otherwise.
    pub parallelism: usize,
    /// Key groups: the greatest parallelism that state can be spread over.
    pub key_groups: u32,
    /// What is written is handed on after this time at the latest; at once when a slot has nothing else to do.
    pub buffer_timeout: Duration,
    /// Frames that may be under way between two tasks.
    pub frames: usize,
    /// Bytes that one record's output may take beyond that before the task fails.
    pub max_record_output: usize,
    /// Keep each slot on a core of its own, if there are enough.
    pub pin: bool,
    /// How long a slot looks around before it sleeps; not at all if there are more slots than cores.
    pub spin: Duration,
    /// Where and how often checkpoints are taken; none are if not said.
    pub checkpoints: Option<CheckpointOptions>,
    /// Where keyed state is held.
    pub state: StateOptions,
    /// Where async work runs, resources' among it; one is made if the plan needs one.
    pub runtime: Option<tokio::runtime::Handle>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            name: "job".to_owned(),
            parallelism: 1,
            key_groups: 128,
            buffer_timeout: Duration::from_millis(1),
            frames: 8,
            max_record_output: 64 << 20,
            pin: false,
            spin: Duration::from_micros(20),
            checkpoints: None,
            state: StateOptions::default(),
            runtime: None,
        }
    }
}

/// How a job ended, if it did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Its input has ended and everything was processed.
    Finished,
    /// It was stopped: what was read was processed.
    Stopped,
    /// It was aborted.
    Aborted,
    /// It had finished before, as its checkpoints say: there was nothing to do.
    FinishedBefore,
    /// Whoever read the output has gone (`job | head`).
    ReaderGone,
}

/// What a job came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// How it ended.
    pub ending: Ending,
    /// What it counted.
    pub metrics: JobMetrics,
}

/// A job that was started.
pub struct Running {
    engine: Engine,
    /// None if the job has finished before.
    attempt: Option<Attempt>,
}

/// Looks at a job's metrics, while it runs and afterwards.
#[derive(Clone)]
pub struct Watch {
    started: Instant,
    /// Those of the attempt that runs.
    chains: Arc<Mutex<Arc<[Watched]>>>,
    user: Registry,
    checkpoints: Option<CheckpointLog>,
}

/// A chain's metrics.
pub(super) struct Watched {
    pub(super) name: String,
    pub(super) is_source: bool,
    pub(super) tasks: Vec<Arc<TaskMetrics>>,
}

impl Watch {
    /// Begins with the metrics of `plan`'s tasks.
    pub(super) fn new(plan: &Plan) -> Watch {
        let (started, user) = (Instant::now(), plan.metrics().clone());
        Watch { started, chains: Arc::default(), user, checkpoints: None }
    }

    /// From now on these chains are looked at.
    pub(super) fn look_at(&self, chains: Arc<[Watched]>) {
        *self.chains.lock().unwrap_or_else(PoisonError::into_inner) = chains;
    }

    /// What the job counts now; since its last restart, if it had to be restarted.
    pub fn metrics(&self) -> JobMetrics {
        let chain = |chain: &Watched| {
            let tasks = chain.tasks.iter().map(|task| &**task);
            ChainMetrics::sum(chain.name.clone(), chain.is_source, tasks)
        };
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner).clone();
        JobMetrics {
            elapsed: self.started.elapsed(),
            chains: chains.iter().map(chain).collect(),
            user: self.user.snapshot(),
            checkpoints: self.checkpoints.as_ref().map(CheckpointLog::metrics),
        }
    }
}

/// Runs a plan to its end.
///
/// # Errors
/// If the plan cannot be run, or a task fails.
pub fn run(plan: Plan, options: &Options, control: &Control) -> Result<Summary, JobError> {
    start(plan, options, control)?.wait()
}

/// Starts a plan.
///
/// # Errors
/// If the plan cannot be run.
pub fn start(plan: Plan, options: &Options, control: &Control) -> Result<Running, JobError> {
    panics::install_hook();
    let topology = Topology::new(&plan, options.parallelism, options.key_groups)?;
    let shared = Shared::new(options.runtime.clone(), &options.state).map_err(JobError::State)?;
    open_resources(&plan, &shared)?;
    let watch = Watch::new(&plan);
    let (plan, options, control) = (Arc::new(plan), options.clone(), control.clone());
    let mut engine = Engine { plan, topology, options, control, shared, watch };
    let attempt = match &engine.options.checkpoints {
        None => Some(engine.start(&Recovery::default())),
        Some(checkpoints) => match begin(checkpoints)? {
            Begin::Finished => None,
            Begin::Lead(leader) => {
                engine.watch.checkpoints = Some(leader.log.clone());
                let started = engine.start_from(leader);
                Some(started.map_err(|(_, error)| JobError::Checkpoints(error))?)
            }
        },
    };
    Ok(Running { engine, attempt })
}

fn begin(checkpoints: &CheckpointOptions) -> Result<Begin, JobError> {
    Leader::begin(checkpoints, Arc::new(Machine)).map_err(JobError::Checkpoints)
}

/// What every attempt of a job runs with.
struct Engine {
    plan: Arc<Plan>,
    topology: Topology,
    options: Options,
    control: Control,
    shared: Shared,
    watch: Watch,
}

/// One attempt of a job: its slots are running.
struct Attempt {
    job: Arc<Job>,
    slots: Vec<JoinHandle<()>>,
    /// What takes its checkpoints.
    driving: Option<Driving>,
    started: Instant,
}

impl Engine {
    /// Starts all tasks. What goes wrong is the attempt's failure.
    fn start(&self, recovery: &Recovery) -> Attempt {
        let (plan, options) = (&self.plan, &self.options);
        let signals: Vec<_> =
            (0..options.parallelism).map(|_| Arc::new(Signal::default())).collect();
        let tasks = self.topology.parallelism.iter().sum();
        let job = Arc::new(Job::new(tasks, signals.clone(), recovery.checkpoints.clone()));
        let wiring = Wiring::new(plan, &self.topology, options, &signals, &self.shared, recovery);
        self.watch.look_at(wiring.metrics(plan));
        let (slots, driving, started) = (Vec::new(), None, Instant::now());
        let mut attempt = Attempt { job: job.clone(), slots, driving, started };
        let clock = SystemClock::default();
        for (slot, seeds) in wiring.into_slots(options.parallelism).into_iter().enumerate() {
            let (plan, options) = (plan.clone(), options.clone());
            let (job, signal) = (job.clone(), signals[slot].clone());
            let seat = Seat { slot, plan, job, signal, options, clock };
            let thread = std::thread::Builder::new().name(format!("slot-{slot}"));
            match thread.spawn(move || seat.run(seeds)) {
                Ok(handle) => attempt.slots.push(handle),
                Err(error) => {
                    attempt.job.fail(JobError::Thread(error));
                    break;
                }
            }
        }
        self.control.adopt(&job);
        attempt
    }

    /// Starts the next attempt, from the last checkpoint if there is one.
    ///
    /// # Errors
    /// If that cannot be begun: with the lead, for another try.
    fn start_from(&self, leader: Box<Leader>) -> Result<Attempt, (Box<Leader>, CheckpointError)> {
        let (job, key_groups) = (self.options.name.clone(), self.options.key_groups);
        let survey = || Survey::of(&self.plan, &self.options, &self.shared);
        let outline = Outline { job, key_groups, survey: &survey };
        let driver = Driver::new(leader, &self.topology.parallelism, &outline)?;
        let mut attempt = self.start(&driver.recovery());
        match driver.drive(attempt.job.clone()) {
            Ok(driving) => attempt.driving = Some(driving),
            // The slots run already: they are to end, and whoever waits for them to say why.
            Err(error) => attempt.job.fail(JobError::Thread(error)),
        }
        Ok(attempt)
    }
}

/// What came of what follows an attempt.
enum GoneOn {
    Ended(Ending),
    With(Attempt),
}

impl Engine {
    /// Does what follows an attempt, until the next one is begun or there is none.
    fn go_on(&self, mut next: Next, restarts: &mut Restarts) -> Result<GoneOn, JobError> {
        loop {
            let leader = match next {
                Next::End(ended) => return ended.map(GoneOn::Ended),
                Next::Again { pause, error, .. }
                    if !pause.is_zero() && !self.control.pause(pause) =>
                {
                    return Err(error);
                }
                Next::Again { leader, .. } => leader,
            };
            next = match self.start_from(leader) {
                Ok(attempt) => return Ok(GoneOn::With(attempt)),
                Err((leader, error)) => follow_none(leader, error, restarts),
            };
        }
    }
}

impl Attempt {
    /// Waits for the attempt's end.
    fn wait(&mut self) -> Result<Ending, JobError> {
        for slot in self.slots.drain(..) {
            if slot.join().is_err() {
                // Not user code, which is guarded: nothing is known but that it happened.
                self.job.abort();
            }
        }
        ending(&self.job)
    }
}

/// How an attempt has ended whose tasks are gone.
pub(super) fn ending(job: &Job) -> Result<Ending, JobError> {
    if let Some(failure) = job.take_failure() {
        return Err(failure);
    }
    Ok(if job.is_reader_gone() {
        Ending::ReaderGone
    } else if job.is_aborting() {
        Ending::Aborted
    } else if job.is_stopping() {
        Ending::Stopped
    } else {
        Ending::Finished
    })
}

/// Opens the plan's resources, before the first record.
pub(super) fn open_resources(plan: &Plan, shared: &Shared) -> Result<(), JobError> {
    if plan.resources().is_empty() {
        return Ok(());
    }
    let handle = shared.runtime.handle().map_err(JobError::Thread)?;
    panics::guard(|| open_all(plan.resources(), &handle)).map_err(JobError::Resource)
}

impl Running {
    /// Looks at the job's metrics.
    pub fn watch(&self) -> Watch {
        self.engine.watch.clone()
    }

    /// Waits for the job's end. With checkpoints, a job that fails is started again from the last one, unless no
    /// attempt could do better.
    ///
    /// # Errors
    /// If a task failed.
    pub fn wait(mut self) -> Result<Summary, JobError> {
        let Some(mut attempt) = self.attempt.take() else {
            return Ok(self.summary(Ending::FinishedBefore));
        };
        let most = self.engine.options.checkpoints.as_ref().map_or(0, |options| options.restarts);
        let mut restarts = Restarts::new(most, RandomState::new().hash_one(most));
        loop {
            let ended = attempt.wait();
            let leader = attempt.driving.take().and_then(Driving::end);
            let past = (&*attempt.job, attempt.started.elapsed());
            let next = follow(past, ended, leader, &mut restarts);
            match self.engine.go_on(next, &mut restarts)? {
                GoneOn::Ended(ending) => return Ok(self.summary(ending)),
                GoneOn::With(next) => attempt = next,
            }
        }
    }

    fn summary(&self, ending: Ending) -> Summary {
        Summary { ending, metrics: self.engine.watch.metrics() }
    }
}

/// What the thread of a slot needs.
struct Seat {
    slot: usize,
    plan: Arc<Plan>,
    job: Arc<Job>,
    signal: Arc<Signal>,
    options: Options,
    clock: SystemClock,
}

impl Seat {
    /// Whatever happens in here ends the job: a slot that is gone would leave the others waiting for ever.
    fn run(self, seeds: Vec<Seed>) {
        let outcome = panics::guard(|| {
            self.run_tasks(seeds);
            Ok(())
        });
        if let Err(failure) = outcome {
            self.job.fail(JobError::Slot { slot: self.slot, failure });
        }
    }

    fn run_tasks(&self, seeds: Vec<Seed>) {
        use_shard(self.slot);
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let enough = self.options.parallelism <= cores.len();
        if self.options.pin && enough {
            // Best effort: a container may not allow it.
            core_affinity::set_for_current(cores[self.slot]);
        }
        let names: Vec<_> = seeds.iter().map(|seed| (seed.seed.chain, seed.seed.task)).collect();
        let mut slot = Slot {
            tasks: Vec::with_capacity(seeds.len()),
            signal: self.signal.clone(),
            job: self.job.clone(),
            spin: if enough { self.options.spin } else { Duration::ZERO },
        };
        let opened = seeds.into_iter().enumerate().try_for_each(|(index, seed)| {
            slot.tasks.push(self.open(seed).map_err(|failure| (index, failure))?);
            Ok(())
        });
        let clock = self.clock;
        match opened.and_then(|()| slot.run(&|| clock.now())) {
            Ok(()) => {}
            Err((_, failure)) if failure.reader_gone() => self.job.reader_has_gone(),
            Err((index, failure)) => {
                let (chain, task) = names[index];
                self.job.fail(describe(&self.plan, &self.options, (chain, task), failure));
            }
        }
    }

    fn open(&self, seed: Seed) -> Result<Runner, Failure> {
        open(&self.plan, &self.options, &self.job, seed, Box::new(self.clock))
    }
}

/// Opens a task.
pub(super) fn open(
    plan: &Plan,
    options: &Options,
    job: &Arc<Job>,
    seed: Seed,
    clock: Box<dyn Clock>,
) -> Result<Runner, Failure> {
    let chain = &plan.chains()[seed.seed.chain];
    let alignments = seed.seed.alignments.clone();
    let parts = RunnerParts {
        seed: seed.seed,
        stage: Stage::new(clock),
        channels: seed.channels,
        job: job.clone(),
        metrics: seed.metrics,
        buffer_timeout: chain.spec.buffer_timeout.unwrap_or(options.buffer_timeout),
        hands: None,
    };
    let runner = Runner::open(&chain.factory, parts)?;
    job.task_is_open();
    alignments.opened();
    Ok(runner)
}

/// The failure of a task as the job tells it.
pub(super) fn describe(
    plan: &Plan,
    options: &Options,
    (chain, task): (usize, usize),
    failure: Failure,
) -> JobError {
    let plan = &plan.chains()[chain];
    let operator = failure.panicked_at().and_then(|(file, line)| plan.operator_at(file, line));
    let failure = failure.in_operator(|| operator);
    let parallelism = plan.spec.parallelism.unwrap_or(options.parallelism);
    JobError::Task { chain: plan.name(), task, parallelism, failure }
}

mod follow;

pub(super) use follow::{Next, follow, follow_none};

#[cfg(test)]
mod tests;
