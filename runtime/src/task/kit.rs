//! Runs a plan on the caller's thread, for tests: sources are fed by hand, sinks are read by hand, and the clock stands
//! still until it is told to go on. Nothing depends on threads or on how long anything takes.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::checkpointing::ByHand;
use super::dice::Dice;
use super::executor::{Watch, describe, open_resources};
use super::hands::Hands;
use super::job::Job;
use super::runner::{Mark, Runner, RunnerParts};
use super::shared::Shared;
use super::slot::Slot;
use super::wiring::{Seed, Wiring};
use super::{Clock, Failure, Options, Signal, Stage, panics};
use crate::error::JobError;
use crate::metrics::JobMetrics;
use crate::plan::{Plan, Topology};
use crate::time::{Span, TimeEvent, Timestamp};

/// How a plan is run by hand.
#[derive(Clone, Default)]
pub(crate) struct KitOptions {
    pub(crate) options: Options,
    /// Sources that have more or fewer splits than one.
    pub(crate) splits: BTreeMap<String, usize>,
    /// Records per turn and per batch between tasks.
    pub(crate) batch: Option<usize>,
    pub(crate) only_fed_watermarks: bool,
    /// The processing time at the start.
    pub(crate) processing_time: Timestamp,
}

/// What one state holds, over all tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StateSize {
    /// Entries: keys, or keys and windows.
    pub entries: usize,
    /// Bytes, about.
    pub bytes: usize,
    /// Timers of process functions that are set and have not fired; they are among the entries.
    pub timers: usize,
    /// Records that were late, so far.
    pub late: u64,
    /// The earliest processing time at which something is to happen.
    pub next_timer: Option<Timestamp>,
}

/// A clock that goes on when it is told to.
#[derive(Clone)]
struct ManualClock {
    origin: Instant,
    start: Timestamp,
    passed: Rc<Cell<Duration>>,
}

impl ManualClock {
    fn new(start: Timestamp) -> ManualClock {
        ManualClock { origin: Instant::now(), start, passed: Rc::default() }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.origin + self.passed.get()
    }

    fn processing_time(&self, now: Instant) -> Timestamp {
        let passed = now.saturating_duration_since(self.origin).as_millis();
        Timestamp(self.start.0.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX)))
    }
}

/// A plan being run by hand.
pub(crate) struct Kit {
    plan: Arc<Plan>,
    settings: KitOptions,
    pub(crate) hands: Rc<Hands>,
    slot: Slot,
    /// Chain and number of each task of the slot.
    tasks: Vec<(usize, usize)>,
    clock: ManualClock,
    checkpoints: ByHand,
    /// When the last complete checkpoint was taken.
    checkpointed: Duration,
    watch: Watch,
    failed: bool,
    shared: Shared,
}

impl Kit {
    /// Opens all tasks of a plan.
    pub(crate) fn start(plan: Plan, mut settings: KitOptions) -> Result<Kit, JobError> {
        panics::install_hook();
        if settings.batch.is_some() {
            settings.options.buffer_timeout = Duration::ZERO;
        }
        let options = &settings.options;
        let shared = Shared::new(options.runtime.clone(), &options.state);
        let shared = shared.map_err(JobError::State)?;
        open_resources(&plan, &shared)?;
        let watch = Watch::new(&plan);
        let hands = Rc::new(Hands::new(plan.labels(), settings.splits.clone()));
        if settings.only_fed_watermarks {
            hands.ignore_generators();
        }
        let signal = Arc::new(Signal::default());
        signal.bind();
        let job = Arc::new(Job::new(0, vec![signal.clone()], None));
        let mut this = Kit {
            plan: Arc::new(plan),
            hands,
            slot: Slot { tasks: Vec::new(), signal, job, spin: Duration::ZERO },
            tasks: Vec::new(),
            clock: ManualClock::new(settings.processing_time),
            checkpoints: ByHand::new(settings.options.key_groups, 0),
            checkpointed: Duration::ZERO,
            watch,
            failed: false,
            shared,
            settings,
        };
        this.open()?;
        this.settle()?;
        Ok(this)
    }

    /// Opens all tasks, from the last checkpoint if there is one.
    fn open(&mut self) -> Result<(), JobError> {
        let (plan, options) = (&self.plan, &self.settings.options);
        let topology = Topology::new(plan, options.parallelism, options.key_groups)?;
        let all = topology.parallelism.iter().sum();
        self.checkpoints.crash(all);
        let recovery = self.checkpoints.recovery();
        let signals = std::slice::from_ref(&self.slot.signal);
        self.slot.job = Arc::new(Job::new(all, signals.to_vec(), recovery.checkpoints.clone()));
        let wiring = Wiring::new(plan, &topology, options, signals, &self.shared, &recovery);
        self.watch.look_at(wiring.metrics(plan));
        for seed in wiring.into_slots(1).into_iter().flatten() {
            let task = (seed.seed.chain, seed.seed.task);
            let runner = self.open_task(seed);
            let runner = runner
                .map_err(|failure| describe(&self.plan, &self.settings.options, task, failure))?;
            self.slot.tasks.push(runner);
            self.tasks.push(task);
        }
        Ok(())
    }

    fn open_task(&self, seed: Seed) -> Result<Runner, Failure> {
        let chain = &self.plan.chains()[seed.seed.chain];
        let timeout = chain.spec.buffer_timeout.filter(|_| self.settings.batch.is_none());
        let alignments = seed.seed.alignments.clone();
        let parts = RunnerParts {
            seed: seed.seed,
            stage: Stage::new(Box::new(self.clock.clone())),
            channels: seed.channels,
            job: self.slot.job.clone(),
            metrics: seed.metrics,
            buffer_timeout: timeout.unwrap_or(self.settings.options.buffer_timeout),
            hands: Some(self.hands.clone()),
        };
        let mut runner = Runner::open(&chain.factory, parts)?;
        alignments.opened();
        runner.listen();
        if let Some(batch) = self.settings.batch {
            runner.pace(batch);
        }
        Ok(runner)
    }

    /// Throws all tasks away and opens them anew, from the last checkpoint if there is one, as many of each chain as
    /// `parallelism` says. The clock goes back to where it was then; nothing is done yet.
    pub(crate) fn crash(&mut self, parallelism: Option<usize>) -> Result<(), JobError> {
        self.slot.tasks.clear();
        self.tasks.clear();
        self.hands.crash(parallelism.is_some());
        self.failed = false;
        let options = &mut self.settings.options;
        options.parallelism = parallelism.unwrap_or(options.parallelism);
        self.clock.passed.set(self.checkpointed);
        self.open().inspect_err(|_| self.failed = true)
    }

    /// Takes a checkpoint; false if the pipeline has ended.
    pub(crate) fn checkpoint(&mut self) -> Result<bool, JobError> {
        let takes_one = self.begin_checkpoint();
        self.settle()?;
        Ok(takes_one)
    }

    /// True if a checkpoint was begun and is not complete.
    pub(crate) fn is_checkpointing(&self) -> bool {
        self.checkpoints.is_under_way()
    }

    /// A digest of the last complete checkpoint.
    pub(crate) fn checkpoint_digest(&self) -> Option<String> {
        self.checkpoints.digest()
    }

    fn begin_checkpoint(&mut self) -> bool {
        let takes_one = !self.failed && !self.slot.tasks.iter().any(Runner::is_closed);
        if takes_one {
            self.checkpoints.begin();
        }
        takes_one
    }

    /// Lets tasks do one thing each in an order that `seed` determines, and takes a checkpoint among that; false if the
    /// pipeline has ended.
    pub(crate) fn checkpoint_amid(&mut self, seed: u64) -> Result<bool, JobError> {
        let mut dice = Dice::new(seed);
        let before = dice.below(8 * self.tasks.len() + 1);
        self.step_at_random(&mut dice, before)?;
        let takes_one = self.begin_checkpoint();
        self.step_at_random(&mut dice, 16 * self.tasks.len())?;
        self.settle()?;
        Ok(takes_one)
    }

    fn step_at_random(&mut self, dice: &mut Dice, steps: usize) -> Result<(), JobError> {
        for _ in 0..steps {
            if self.failed {
                return Ok(());
            }
            let (index, mut now) = (dice.below(self.tasks.len()), self.clock.now());
            let done = self.slot.tasks[index].step(&mut now);
            done.map_err(|failure| self.fails(index, failure))?;
            self.hear();
        }
        Ok(())
    }

    /// Takes what tasks have said of checkpoints; true if that was anything.
    fn hear(&mut self) -> bool {
        let (heard, completed) = self.checkpoints.hear();
        if completed {
            self.hands.commit();
            self.checkpointed = self.clock.passed.get();
        }
        heard
    }

    fn fails(&mut self, index: usize, failure: Failure) -> JobError {
        self.failed = true;
        describe(&self.plan, &self.settings.options, self.tasks[index], failure)
    }

    /// Goes on until there is nothing to do at this processing time.
    pub(crate) fn settle(&mut self) -> Result<(), JobError> {
        if self.failed {
            return Ok(());
        }
        loop {
            let mut now = self.clock.now();
            let settled = self.slot.settle(&mut now);
            settled.map_err(|(index, failure)| self.fails(index, failure))?;
            if self.hear() {
                continue;
            }
            let answered = self.await_answer();
            if answered.map_err(|(index, failure)| self.fails(index, failure))? {
                continue;
            }
            let may_end = self.slot.job.all_wait() && !self.checkpoints.is_under_way();
            if !(may_end && self.checkpoints.finish()) {
                return Ok(());
            }
        }
    }

    /// Waits for the next answer to what an `async_map` has asked, if anything is asked: true if one has come.
    fn await_answer(&self) -> Result<bool, (usize, Failure)> {
        // Real time, for what goes wrong only.
        const LONGEST: Duration = Duration::from_secs(10);
        let Some(asking) =
            self.slot.tasks.iter().position(|task| task.is_asking() && !task.is_blocked())
        else {
            return Ok(false);
        };
        let start = Instant::now();
        loop {
            self.slot.signal.announce();
            if self.slot.tasks.iter().any(|task| task.has_answers() && !task.is_blocked()) {
                self.slot.signal.retract();
                return Ok(true);
            }
            let left = LONGEST.checked_sub(start.elapsed());
            let failure = || {
                Failure::new(format!(
                    "an `async_map` has had no answer for {LONGEST:?}\nhelp: in a test, let the future be ready before the next record is sent, or give it a `timeout`"
                ))
            };
            self.slot.signal.park(Some(left.ok_or_else(|| (asking, failure()))?));
        }
    }

    /// Lets processing time go on, from one thing that is due to the next.
    pub(crate) fn advance(&mut self, span: Span) -> Result<(), JobError> {
        let end = self.clock.now() + Duration::from_millis(span.as_millis().max(0).unsigned_abs());
        loop {
            let now = self.clock.now();
            let wanted = self.slot.tasks.iter().filter_map(|task| task.wants_step_at(now)).min();
            let next = wanted.map_or(end, |at| at.min(end));
            // What is due already was looked at when the tasks settled.
            let next = if next <= now { end } else { next };
            self.clock.passed.set(next - self.clock.origin);
            self.settle()?;
            if next >= end {
                return Ok(());
            }
        }
    }

    pub(crate) fn processing_time(&self) -> Timestamp {
        self.clock.processing_time(self.clock.now())
    }

    /// Says what a split of a source reports; false if its chain makes no watermarks.
    pub(crate) fn mark(&mut self, chain: usize, split: usize, mark: Mark) -> bool {
        let (task, split) = {
            let sources = self.hands.sources.borrow();
            let Some(source) = sources.iter().find(|source| source.chain == chain) else {
                return false;
            };
            if mark == Mark::End {
                source.end(split);
            }
            source.task_of(split)
        };
        let index = self.tasks.iter().position(|&known| known == (chain, task));
        let Some(runner) = index.and_then(|index| self.slot.tasks.get_mut(index)) else {
            return false;
        };
        runner.mark(split, mark);
        runner.makes_time()
    }

    /// The tasks of a chain.
    fn of_chain(&mut self, chain: usize) -> impl Iterator<Item = &mut Runner> {
        let tasks = self.tasks.iter().zip(&mut self.slot.tasks);
        tasks.filter(move |(task, _)| task.0 == chain).map(|(_, runner)| runner)
    }

    /// The least watermark that the tasks of a chain have reached.
    pub(crate) fn watermark(&mut self, chain: usize) -> Timestamp {
        self.of_chain(chain).map(|runner| runner.watermark()).min().unwrap_or(Timestamp::MIN)
    }

    /// What the tasks of a chain were told of time since the last call, task by task.
    pub(crate) fn told(&mut self, chain: usize) -> Vec<TimeEvent> {
        self.of_chain(chain).flat_map(Runner::told).collect()
    }

    /// What each state holds, by id.
    pub(crate) fn states(&self) -> BTreeMap<String, StateSize> {
        let mut sizes: BTreeMap<String, StateSize> = BTreeMap::new();
        for runner in &self.slot.tasks {
            runner.each_state(&mut |id, state| {
                let size = sizes.entry(id.to_owned()).or_default();
                size.entries += state.entries();
                size.bytes += state.bytes();
                size.timers += state.timers();
                size.late += state.late();
                size.next_timer = [size.next_timer, state.next_timer()].into_iter().flatten().min();
            });
        }
        sizes
    }

    pub(crate) fn metrics(&mut self) -> JobMetrics {
        self.slot.tasks.iter_mut().for_each(Runner::publish);
        self.watch.metrics()
    }

    /// Chains of which a task cannot go on because an output is full.
    pub(crate) fn blocked(&self) -> Vec<String> {
        let tasks = self.tasks.iter().zip(&self.slot.tasks);
        let blocked = tasks.filter(|(_, runner)| runner.is_blocked());
        blocked.map(|(task, _)| self.plan.chains()[task.0].name()).collect()
    }
}
