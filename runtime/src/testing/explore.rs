//! The same test many times, with checkpoints and crashes wherever a seed puts them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::{Pipeline, Setup, pipeline};
use crate::job::Definition;
use crate::task::Dice;

/// The variable that says which seed alone is to be run.
const SEED: &str = "THALWEG_SEED";

/// Runs a test once for each seed. Between any two steps that the test makes, and in their midst, the seed puts
/// checkpoints and crashes, and it chooses how many records tasks process at a time: what the test reads must be the
/// same. What comes from several sources, splits or tasks, comes in one order or another.
///
/// A seed for which the test fails is told on stderr; with `THALWEG_SEED` set to it, it alone is run.
///
/// ```
/// use thalweg::prelude::*;
/// use thalweg::testing;
///
/// #[pipeline]
/// fn totals() {
///     let numbers: Stream<(u64, u64)> = source(collection(Vec::<(u64, u64)>::new()));
///     let sums = numbers.key_by(|(key, _)| key).sum(|(_, n)| n);
///     sums.map(|sum| (sum.key, sum.value)).sink(discard());
/// }
///
/// testing::explore(0..100, |seed| {
///     let parallelism = 1 + seed.below(4);
///     let mut t = seed.pipeline(totals).parallelism(parallelism).start();
///     t.send("numbers", (1u64, 10u64)).send("numbers", (2u64, 1u64));
///     t.crash_and_restore().send("numbers", (1u64, 5u64));
///     let mut sums = t.results::<(u64, u64)>("sums");
///     sums.sort_unstable();
///     assert_eq!(sums, [(1, 10), (1, 15), (2, 1)]);
/// });
/// ```
///
/// # Panics
/// As the test does.
pub fn explore(seeds: impl IntoIterator<Item = u64>, test: impl Fn(&mut Explorer)) {
    let only = std::env::var(SEED).ok();
    let only = only.map(|text| text.parse::<u64>().expect("THALWEG_SEED is a number"));
    match only {
        Some(seed) => run(seed, &test),
        None => seeds.into_iter().for_each(|seed| run(seed, &test)),
    }
}

fn run(seed: u64, test: &impl Fn(&mut Explorer)) {
    let mut explorer = Explorer { seed, dice: Dice::new(seed) };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(&mut explorer))) {
        eprintln!("the test fails with seed {seed}: to run it alone, set {SEED}={seed}");
        resume_unwind(panic);
    }
}

/// One seed of [`explore`].
#[derive(Clone, Debug)]
pub struct Explorer {
    seed: u64,
    dice: Dice,
}

impl Explorer {
    /// Its number.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// One of `0..end`, for whatever else the test leaves to chance.
    pub fn below(&mut self, end: usize) -> usize {
        self.dice.below(end)
    }

    /// A pipeline to be tested, as [`testing::pipeline`](super::pipeline) has it, to which things happen.
    pub fn pipeline(&mut self, tested: impl Fn() -> Definition) -> Setup {
        let batch = self.dice.one_of(&[1, 2, 7, 64, 4096]);
        let frames = self.dice.one_of(&[1, 2, 8]);
        let trouble = Trouble(Dice::new(self.dice.next()));
        pipeline(tested).batch(batch).frames(frames).trouble(trouble)
    }
}

/// What happens to a pipeline that its test does not know of.
#[derive(Clone, Debug)]
pub(super) struct Trouble(Dice);

impl Pipeline {
    /// Lets something happen, or not, between two steps.
    #[track_caller]
    pub(super) fn come_to_trouble(&mut self) {
        if self.has_failed() {
            return;
        }
        let Some(Trouble(dice)) = &mut self.trouble else { return };
        match dice.below(8) {
            0 => _ = self.checkpoint(),
            1 => self.amid = Some(dice.next()),
            2 => _ = self.crash_and_restore(),
            _ => {}
        }
    }
}
