//! What is simulated, and what came of it.

use std::collections::BTreeMap;

use super::audit::Unread;
use super::scheduler::Scheduler;
use super::swarm::Swarm;
use super::world::World;
use crate::plan::Plan;
use crate::task::CheckpointMode;
use crate::task::dice::Dice;
use crate::task::panics;

/// Makes the plan of a process with so many tasks of each chain.
pub(crate) type MakePlan = Box<dyn Fn(usize) -> Result<Plan, String>>;

/// A job to be simulated.
pub(crate) struct Scene {
    pub(crate) plan: MakePlan,
    /// Tell on stderr what happens.
    pub(crate) told: bool,
    /// Nothing goes wrong: the job runs once.
    pub(crate) calm: bool,
    pub(crate) mode: CheckpointMode,
}

/// What came of a simulation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Report {
    /// All that happened, as a number: the same for the same seed.
    pub(crate) trace: u64,
    /// Steps of the scheduler.
    pub(crate) steps: u64,
    /// Processes that were started.
    pub(crate) processes: usize,
    /// What went wrong, by kind.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    pub(crate) violations: Vec<String>,
    /// What was not read to its end when the job had finished.
    pub(crate) unread: Vec<Unread>,
    /// Why nobody could go on with the job, if so.
    pub(crate) given_up: Option<String>,
}

impl Scene {
    /// Runs the job to its end.
    pub(crate) fn run(self, seed: u64) -> Report {
        panics::install_hook();
        let mut dice = Dice::new(seed);
        let swarm = Swarm::random(&mut dice);
        let swarm = if self.calm { Swarm { budget: 0, ..swarm } } else { swarm };
        let mut options = swarm.options(&mut dice);
        options.checkpoints.iter_mut().for_each(|checkpoints| checkpoints.mode = self.mode);
        let world = World::begin(dice, swarm, self.told);
        world.tell(format_args!("seed {seed}: {swarm:?}, {options:?}"));
        let (steps, processes) = Scheduler::run(&world, self.plan, options);
        let (trace, faults) = world.summary();
        let (violations, unread) = (world.violations(), world.unread());
        let given_up = world.why_given_up();
        World::end();
        Report { trace, steps, processes, faults, violations, unread, given_up }
    }
}
