//! What a seed determines besides the order of things.

use std::time::Duration;

use crate::task::dice::Dice;
use crate::task::{CheckpointOptions, Options};

/// How likely what goes wrong is, in a thousand effects or steps.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Swarm {
    /// An effect kills its process, before or after.
    pub(super) killed: u32,
    /// An effect happens, and the answer is lost.
    pub(super) unanswered: u32,
    /// An effect does not happen, and nobody knows.
    pub(super) lost: u32,
    /// There is no space.
    pub(super) no_space: u32,
    /// Another process goes on in the midst of an effect.
    pub(super) interleaved: u32,
    /// A process is killed between two steps, per 10 000.
    pub(super) crash: u32,
    /// It is thought dead, and goes on later, per 10 000.
    pub(super) zombie: u32,
    /// A task fails, per 10 000.
    pub(super) task_failure: u32,
    /// Somebody wants a savepoint, or stops the job, per 10 000.
    pub(super) wish: u32,
    /// Somebody ends the job before its input does, per 10 000.
    pub(super) drain: u32,
    /// A file of a checkpoint is damaged, per 10 000.
    pub(super) damage: u32,
    /// How much goes wrong at most.
    pub(super) budget: u32,
    /// Bytes of memory that tables have, if the rest of them is on a disk.
    pub(super) room: Option<usize>,
    /// Some tasks are slow for a while.
    pub(super) uneven: bool,
    /// Records per turn.
    pub(super) batch: usize,
    /// Nanoseconds that a step takes at most.
    pub(super) step: u64,
}

impl Swarm {
    pub(super) fn random(dice: &mut Dice) -> Swarm {
        let drain = if dice.below(4) > 0 { 0 } else { dice.one_of(&[2, 10, 50]) };
        let damage = if dice.below(4) > 0 { 0 } else { dice.one_of(&[2, 10, 50]) };
        let mut likely = |few: &[u32]| if dice.below(2) == 0 { 0 } else { dice.one_of(few) };
        let mut swarm = Swarm {
            killed: likely(&[2, 10, 50, 200]),
            unanswered: likely(&[5, 30, 150]),
            lost: likely(&[5, 30, 150]),
            no_space: likely(&[5, 30]),
            interleaved: likely(&[100, 500]),
            crash: likely(&[5, 20, 100]),
            zombie: likely(&[5, 20, 100]),
            task_failure: likely(&[5, 20]),
            wish: likely(&[5, 20, 100]),
            drain,
            damage,
            ..Swarm::default()
        };
        swarm.budget = dice.one_of(&[1, 2, 4, 8, 16]);
        swarm.room = dice.one_of(&[None, None, Some(0), Some(2_000), Some(20_000)]);
        swarm.uneven = dice.below(2) == 0;
        swarm.batch = dice.one_of(&[1, 2, 3, 7, 64]);
        swarm.step = dice.one_of(&[2_000, 20_000, 200_000]);
        swarm
    }

    /// How each process of the job is run, but for its parallelism and its directory.
    pub(super) fn options(&self, dice: &mut Dice) -> Options {
        // As long as so many steps take.
        let steps = |steps: u64| Duration::from_nanos(self.step / 2 * steps);
        let checkpoints = CheckpointOptions {
            interval: steps(dice.one_of(&[50, 300, 2_000])),
            min_pause: steps(dice.one_of(&[0, 0, 100])),
            timeout: steps(dice.one_of(&[10_000, 50_000, 10_000_000])),
            retain: dice.one_of(&[1, 2, 3]),
            tolerable_failures: dice.one_of(&[1, 3, 1000]),
            restarts: dice.one_of(&[0, 2, 1000]),
            ..CheckpointOptions::new("0")
        };
        Options {
            name: "simulated".to_owned(),
            key_groups: dice.one_of(&[4, 7, 128]),
            buffer_timeout: steps(dice.one_of(&[0, 20, 500])),
            frames: dice.one_of(&[1, 2, 8]),
            checkpoints: Some(checkpoints),
            ..Options::default()
        }
    }
}
