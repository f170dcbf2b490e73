//! What processes share, and what goes wrong with it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::audit::{Audit, Unread};
use super::scheduler;
use super::swarm::Swarm;
use crate::checkpoint::store::memory::MemoryStore;
use crate::task::Clock;
use crate::task::dice::Dice;
use crate::time::Timestamp;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// The world that is simulated on this thread, if one is.
pub(crate) fn world() -> Option<World> {
    WORLD.with_borrow(Clone::clone)
}

/// What becomes of something that has an effect outside of its process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It happens.
    Happens,
    /// It happens, but whoever did it is not told: it has to answer with an error.
    Unanswered,
    /// It does not happen, and whoever tried cannot know.
    Lost,
    /// It does not happen: there is no space.
    NoSpace,
}

/// Not a process.
const NOBODY: usize = usize::MAX;

/// The clock, the directories and the trace of one simulation. Clones are the same world.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    clock: SimulatedClock,
}

struct State {
    dice: Dice,
    swarm: Swarm,
    /// What may still go wrong.
    budget: u32,
    directories: BTreeMap<PathBuf, (MemoryStore, Audit)>,
    /// Of each process: where it keeps its checkpoints, and whether it is alive.
    processes: Vec<(PathBuf, bool)>,
    /// The one that is doing something.
    running: usize,
    trace: Trace,
    violations: Vec<String>,
    faults: BTreeMap<&'static str, u64>,
    /// What was not read to its end when the job had finished.
    unread: Vec<Unread>,
    given_up: Option<String>,
}

/// Everything that happened, as a number.
#[derive(Default)]
struct Trace {
    hash: u64,
    events: u64,
    told: bool,
}

impl fmt::Debug for World {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("World")
    }
}

impl World {
    /// A world of its own for this thread, in which nothing has happened yet; told on stderr if `told`.
    pub(super) fn begin(dice: Dice, swarm: Swarm, told: bool) -> World {
        let state = State {
            dice,
            budget: swarm.budget,
            swarm,
            directories: BTreeMap::new(),
            processes: Vec::new(),
            running: NOBODY,
            trace: Trace { told, ..Trace::default() },
            violations: Vec::new(),
            faults: BTreeMap::new(),
            unread: Vec::new(),
            given_up: None,
        };
        let clock = SimulatedClock { origin: Instant::now(), passed: Arc::default() };
        let world = World { state: Arc::new(Mutex::new(state)), clock };
        WORLD.set(Some(world.clone()));
        world
    }

    /// It is no thread's any more.
    pub(super) fn end() {
        WORLD.set(None);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clock(&self) -> SimulatedClock {
        self.clock.clone()
    }

    /// Chance.
    pub(crate) fn dice<R>(&self, roll: impl FnOnce(&mut Dice) -> R) -> R {
        roll(&mut self.state().dice)
    }

    pub(super) fn swarm(&self) -> Swarm {
        self.state().swarm
    }

    /// A new process, which keeps its checkpoints in a directory: its number.
    pub(super) fn process(&self, dir: PathBuf) -> usize {
        let mut state = self.state();
        state.processes.push((dir, true));
        state.processes.len() - 1
    }

    /// Does something as a process.
    pub(super) fn run_as<R>(&self, process: usize, run: impl FnOnce() -> R) -> R {
        let before = std::mem::replace(&mut self.state().running, process);
        let result = run();
        self.state().running = before;
        result
    }

    /// Nothing that a process does from here on has any effect.
    pub(super) fn kill(&self, process: usize) {
        self.state().processes[process].1 = false;
    }

    pub(super) fn is_alive(&self, process: usize) -> bool {
        self.state().processes[process].1
    }

    /// True as long as things go wrong; uses up one of them in so many of 10 000 cases.
    pub(super) fn goes_wrong(&self, what: &'static str, in_ten_thousand: u32) -> bool {
        let mut state = self.state();
        let happens = state.budget > 0
            && in_ten_thousand > 0
            && state.dice.next() % 10_000 < u64::from(in_ten_thousand);
        if happens {
            state.use_up(what);
        }
        happens
    }

    /// Nothing goes wrong any more.
    pub(super) fn heal(&self) {
        self.state().budget = 0;
    }

    pub(super) fn is_healed(&self) -> bool {
        self.state().budget == 0
    }

    /// A process is about to do something that others can see: says what becomes of it.
    pub(crate) fn effect(&self, what: &dyn fmt::Display) -> Effect {
        if !self.is_running_alive() {
            return Effect::Lost;
        }
        if self.is_interleaved() {
            scheduler::interleave();
        }
        let mut state = self.state();
        let running = state.running;
        if !state.processes[running].1 {
            return Effect::Lost;
        }
        let effect = state.roll();
        if state.trace.told || effect != Effect::Happens {
            let alive = state.processes[running].1;
            state.trace.tell(format_args!("{running} {what}: {effect:?}{}", dead(alive)));
        }
        let now = self.clock.passed.load(Ordering::Relaxed);
        state.trace.add(&[running as u64, now, effect as u64]);
        effect
    }

    fn is_running_alive(&self) -> bool {
        let state = self.state();
        state.processes[state.running].1
    }

    fn is_interleaved(&self) -> bool {
        let mut state = self.state();
        let cases = if state.budget > 0 { state.swarm.interleaved } else { 0 };
        state.dice.in_thousand(cases)
    }

    /// A process is about to write bytes: the same for the same seed.
    pub(super) fn written(&self, bytes: &[u8]) {
        self.state().trace.add(&[u64::from(crc32c::crc32c(bytes))]);
    }

    /// Takes note of something that happened.
    pub(super) fn tell(&self, what: fmt::Arguments<'_>) {
        let mut state = self.state();
        let (running, now) = (state.running, self.clock.passed.load(Ordering::Relaxed));
        state.trace.add(&[running as u64, now]);
        let who = if running == NOBODY { -1 } else { running as i64 };
        state.trace.tell(format_args!("{who} @{} µs {what}", now / 1000));
    }

    /// Takes note of what is wrong, unless it is a dead process that sees it.
    pub(crate) fn violation(&self, what: String) {
        let mut state = self.state();
        let running = state.running;
        if state.processes.get(running).is_none_or(|process| process.1) {
            state.trace.tell(format_args!("VIOLATION {what}"));
            state.violations.push(what);
        }
    }

    pub(super) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    pub(super) fn is_violated(&self) -> bool {
        !self.state().violations.is_empty()
    }

    /// All that happened as a number, and what went wrong.
    pub(super) fn summary(&self) -> (u64, BTreeMap<&'static str, u64>) {
        let state = self.state();
        (state.trace.hash, state.faults.clone())
    }

    /// A process has finished the job, or says that it is finished.
    pub(super) fn finished(&self, process: usize) {
        let mut state = self.state();
        let audit = state.directories.get(&state.processes[process].0).map(|(_, audit)| audit);
        state.unread = audit.map(|audit| audit.unread.clone()).unwrap_or_default();
    }

    /// What was not read to its end when it had.
    pub(super) fn unread(&self) -> Vec<Unread> {
        self.state().unread.clone()
    }

    /// What is in a directory; an empty one is made if there is none.
    pub(super) fn directory(&self, dir: &Path) -> MemoryStore {
        self.state().directories.entry(dir.to_owned()).or_default().0.clone()
    }

    /// Looks whether a directory is as it should be.
    pub(super) fn audit(&self, dir: &Path, look: impl FnOnce(&mut Audit, &MemoryStore)) {
        let mut entry = std::mem::take(self.state().directories.entry(dir.to_owned()).or_default());
        look(&mut entry.1, &entry.0);
        for violation in entry.1.violations.drain(..).collect::<Vec<_>>() {
            self.violation(violation);
        }
        self.state().directories.insert(dir.to_owned(), entry);
    }

    /// The process that is doing something claims the job in a directory.
    pub(super) fn claims(&self, dir: &Path) {
        let mut state = self.state();
        let running = state.running;
        state.directories.entry(dir.to_owned()).or_default().1.claimed_by = Some(running);
    }

    /// The process that is doing something believes that another one leads.
    pub(super) fn is_deposed(&self) {
        let state = self.state();
        let (dir, _) = &state.processes[state.running];
        let claimed_by = state.directories.get(dir).and_then(|(_, audit)| audit.claimed_by);
        let is_wrong = claimed_by == Some(state.running);
        drop(state);
        if is_wrong {
            self.violation("C2: it stands down, and nobody else has claimed the job".to_owned());
        }
    }

    /// Damages a file of a checkpoint in the directory of a process.
    pub(super) fn damage(&self, process: usize) {
        let mut state = self.state();
        let State { directories, processes, dice, .. } = &mut *state;
        let Some((store, audit)) = directories.get_mut(&processes[process].0) else { return };
        let damaged = audit.damage(store, dice);
        drop(state);
        self.tell(format_args!("damaged: {damaged:?}"));
    }

    /// True if something was damaged in a directory.
    pub(super) fn is_damaged(&self) -> bool {
        self.state().directories.values().any(|(_, audit)| audit.is_damaged)
    }

    /// Nobody can go on with the job, and it has said why.
    pub(super) fn given_up(&self, why: String) {
        self.state().given_up = Some(why);
    }

    /// Why nobody can go on with the job, if so.
    pub(super) fn why_given_up(&self) -> Option<String> {
        self.state().given_up.clone()
    }

    /// Deletes a savepoint, if a directory has a checkpoint of its own: nobody needs it any more.
    pub(super) fn delete_savepoint(&self, place: &Path, dir: &Path) -> bool {
        let mut state = self.state();
        let has_own = state.directories.get(dir).is_some_and(|(_, audit)| audit.last().is_some());
        has_own && state.directories.remove(place).is_some()
    }

    /// The last checkpoint that is the truth in the directory of the process that is doing something.
    pub(crate) fn truth(&self) -> Option<u64> {
        let state = self.state();
        let (dir, _) = state.processes.get(state.running)?;
        state.directories.get(dir)?.1.last()
    }
}

impl State {
    fn use_up(&mut self, what: &'static str) {
        self.budget -= 1;
        *self.faults.entry(what).or_default() += 1;
    }

    fn roll(&mut self) -> Effect {
        if self.budget == 0 {
            return Effect::Happens;
        }
        let Swarm { killed, unanswered, lost, no_space, .. } = self.swarm;
        let faults = [
            ("killed", killed),
            ("unanswered", unanswered),
            ("lost", lost),
            ("no space", no_space),
        ];
        for (what, cases) in faults {
            if !self.dice.in_thousand(cases) {
                continue;
            }
            self.use_up(what);
            let before = self.dice.below(2) == 0;
            return match what {
                "killed" => {
                    let running = self.running;
                    self.processes[running].1 = false;
                    if before { Effect::Lost } else { Effect::Unanswered }
                }
                "unanswered" => Effect::Unanswered,
                "lost" => Effect::Lost,
                _ => Effect::NoSpace,
            };
        }
        Effect::Happens
    }
}

fn dead(alive: bool) -> &'static str {
    if alive { "" } else { ", and dies" }
}

impl Trace {
    fn add(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.hash = (self.hash ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        self.events += 1;
    }

    fn tell(&self, what: fmt::Arguments<'_>) {
        if self.told {
            eprintln!("{:6} {what}", self.events);
        }
    }
}

/// A clock that goes on when the scheduler says so.
#[derive(Clone, Debug)]
pub(super) struct SimulatedClock {
    origin: Instant,
    /// Nanoseconds.
    passed: Arc<AtomicU64>,
}

impl SimulatedClock {
    pub(super) fn pass(&self, time: Duration) {
        self.passed.fetch_add(time.as_nanos() as u64, Ordering::Relaxed);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        self.origin + Duration::from_nanos(self.passed.load(Ordering::Relaxed))
    }

    fn processing_time(&self, now: Instant) -> Timestamp {
        Timestamp(now.saturating_duration_since(self.origin).as_millis() as i64)
    }
}
