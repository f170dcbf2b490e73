//! Runs a plan on the caller's thread, for tests: sources are fed by hand, sinks are read by hand, and the clock stands
//! still until it is told to go on. Nothing depends on threads or on how long anything takes.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::asynchronous::AsyncRuntime;
use super::executor::{Watch, Wiring, describe, open_resources};
use super::hands::Hands;
use super::job::Job;
use super::restored::Recovery;
use super::runner::{Mark, Runner, RunnerParts};
use super::slot::Slot;
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
    options: Options,
    pub(crate) hands: Rc<Hands>,
    slot: Slot,
    /// Chain and number of each task of the slot.
    tasks: Vec<(usize, usize)>,
    clock: ManualClock,
    watch: Watch,
    failed: bool,
    _runtime: Arc<AsyncRuntime>,
}

impl Kit {
    /// Opens all tasks of a plan.
    pub(crate) fn start(plan: Plan, kit: KitOptions) -> Result<Kit, JobError> {
        panics::install_hook();
        let mut options = kit.options;
        if kit.batch.is_some() {
            options.buffer_timeout = Duration::ZERO;
        }
        let topology = Topology::new(&plan, options.parallelism, options.key_groups)?;
        let runtime = Arc::new(AsyncRuntime::new(options.runtime.clone()));
        open_resources(&plan, &runtime)?;
        let signal = Arc::new(Signal::default());
        signal.bind();
        let all = topology.parallelism.iter().sum();
        let job = Arc::new(Job::new(all, vec![signal.clone()], None));
        let signals = std::slice::from_ref(&signal);
        let wiring =
            Wiring::new(&plan, &topology, &options, signals, &runtime, &Recovery::default());
        let watch = Watch::new(&plan);
        watch.look_at(wiring.metrics(&plan));
        let hands = Rc::new(Hands::new(plan.labels(), kit.splits));
        if kit.only_fed_watermarks {
            hands.ignore_generators();
        }
        let clock = ManualClock::new(kit.processing_time);
        let slot = Slot { tasks: Vec::new(), signal, job, spin: Duration::ZERO };
        let mut this = Kit {
            plan: Arc::new(plan),
            options,
            hands,
            slot,
            tasks: Vec::new(),
            clock,
            watch,
            failed: false,
            _runtime: runtime,
        };
        for seed in wiring.into_slots(1).into_iter().flatten() {
            let task = (seed.seed.chain, seed.seed.task);
            let chain = &this.plan.chains()[task.0];
            let timeout = chain.spec.buffer_timeout.filter(|_| kit.batch.is_none());
            let alignments = seed.seed.alignments.clone();
            let parts = RunnerParts {
                seed: seed.seed,
                stage: Stage::new(Box::new(this.clock.clone())),
                channels: seed.channels,
                job: this.slot.job.clone(),
                metrics: seed.metrics,
                buffer_timeout: timeout.unwrap_or(this.options.buffer_timeout),
                hands: Some(this.hands.clone()),
            };
            let opened = Runner::open(&chain.factory, parts);
            let mut runner =
                opened.map_err(|failure| describe(&this.plan, &this.options, task, failure))?;
            alignments.opened();
            runner.listen();
            if let Some(batch) = kit.batch {
                runner.pace(batch);
            }
            this.slot.tasks.push(runner);
            this.tasks.push(task);
        }
        this.settle()?;
        Ok(this)
    }

    /// Goes on until there is nothing to do at this processing time.
    pub(crate) fn settle(&mut self) -> Result<(), JobError> {
        if self.failed {
            return Ok(());
        }
        loop {
            let mut now = self.clock.now();
            let settled = self.slot.settle(&mut now).map(drop).and_then(|()| self.await_answer());
            match settled {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err((index, failure)) => {
                    self.failed = true;
                    return Err(describe(&self.plan, &self.options, self.tasks[index], failure));
                }
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
    pub(crate) fn mark(&mut self, chain: usize, task: usize, split: usize, mark: Mark) -> bool {
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
