//! Runs one seed: chooses a case and its input, simulates, compares.

use std::collections::{BTreeMap, HashMap};

use thalweg::job::CheckpointMode;
use thalweg::testing::simulation::{Simulated, simulation};

use super::cases::{BOUND, CASES, Case, Event, Inputs, summed};
use super::feed;
use super::ledger::{self, Row};
use crate::oracle::Rng;

/// What came of a seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Which pipeline it chose.
    pub case: &'static str,
    /// What happened, and what was wrong with it.
    pub simulated: Simulated,
    /// Rows came more often than once, or sums are too high: only where that is allowed.
    pub repeated: bool,
}

/// Runs a seed with checkpoints of this mode, and tells what happens on stderr if `told`.
pub fn run(seed: u64, mode: CheckpointMode, told: bool) -> Outcome {
    let mut rng = Rng::new(seed ^ 0x5eed);
    let case = &CASES[(rng.any() % CASES.len() as u64) as usize];
    let mut inputs = inputs(case, &mut rng);
    if mode == CheckpointMode::AtLeastOnce {
        // What comes twice makes a sum greater.
        inputs.values_mut().flatten().flatten().for_each(|event| event.n = event.n.abs() + 1);
    }
    feed::set(inputs.clone());
    ledger::take();
    let mut simulated = simulation(case.pipeline).mode(mode).told(told).run(seed);
    let mut repeated = false;
    if simulated.violations.is_empty() {
        let is_alone = !simulated.faults.contains_key("zombie");
        let read = feed::read(&inputs, &simulated.unread);
        if simulated.given_up.is_some() {
            simulated.violations = too_many(case, &inputs, mode, &simulated);
            return Outcome { case: case.name, simulated, repeated };
        }
        (simulated.violations, repeated) = compare(case, &read, mode, is_alone);
        if !simulated.unread.is_empty() && !simulated.faults.contains_key("drain") {
            simulated.violations.push("S1: the job has finished, and has not read all".to_owned());
        }
    }
    Outcome { case: case.name, simulated, repeated }
}

fn inputs(case: &Case, rng: &mut Rng) -> Inputs {
    let keys = rng.one_of(&[1, 3, 20]);
    let most = rng.one_of(&[0, 5, 30, 80]);
    let splits = |rng: &mut Rng| {
        let splits = rng.within(1, 4) as u64;
        let split = |split: u64| {
            let (len, mut time) = (rng.any() % (most + 1), (rng.any() % 40) as i64);
            let event = |id: u64| {
                time += (rng.any() % 12) as i64;
                let key = rng.any() % keys;
                let key = if case.split_keys { key * splits + split } else { key };
                let (n, late) = ((rng.any() % 9) as i64 - 2, (rng.any() % BOUND as u64) as i64);
                Event { id, key, n, at: time - late }
            };
            (0..len).map(event).collect()
        };
        (0..splits).map(split).collect()
    };
    case.sources.iter().map(|source| ((*source).to_owned(), splits(rng))).collect()
}

/// Compares what is visible with what the input leads to, and says whether there is more than that where there may be.
/// Only a zombie may leave behind what nobody commits.
fn compare(
    case: &Case,
    inputs: &Inputs,
    mode: CheckpointMode,
    is_alone: bool,
) -> (Vec<String>, bool) {
    let (mut found, mut repeated, ledgers) = (Vec::new(), false, ledger::take());
    for (name, expected) in (case.expected)(inputs) {
        let ledger = ledgers.get(name);
        let visible = ledger.map(|ledger| ledger.visible()).unwrap_or_default();
        let open = ledger.map(|ledger| ledger.left()).unwrap_or_default();
        if is_alone && !open.is_empty() {
            found.push(format!("S4: {name}: {open:?} are neither visible nor given up"));
        }
        if mode == CheckpointMode::AtLeastOnce {
            let lost = lost(&visible, &expected, case.sums.contains(&name));
            if !lost.is_empty() {
                found.push(format!("S1: {name}: {lost:?} are missing"));
            }
            repeated |= !left(&visible, &expected).is_empty();
            continue;
        }
        if case.versions.contains(&name) {
            found.extend(goes_back(name, &visible));
        }
        let (mut sorted, mut expected) = match case.portions {
            true => (summed(visible), summed(expected)),
            false => (visible, expected),
        };
        sorted.sort_unstable();
        expected.sort_unstable();
        if sorted != expected {
            let (lost, more) = (left(&expected, &sorted), left(&sorted, &expected));
            found.push(format!("S1: {name}: {lost:?} are missing, {more:?} are too many"));
        }
    }
    (found, repeated)
}

/// What a job shows that could not be gone on with, and should not: less than all of it is right. Nobody can say how much
/// of the input was drained, or how much of a sum is there.
fn too_many(
    case: &Case,
    inputs: &Inputs,
    mode: CheckpointMode,
    simulated: &Simulated,
) -> Vec<String> {
    let (ledgers, drained) = (ledger::take(), simulated.faults.contains_key("drain"));
    if mode == CheckpointMode::AtLeastOnce || case.portions || drained {
        return Vec::new();
    }
    let expected = (case.expected)(inputs).into_iter();
    let wrong = expected.filter_map(|(name, expected)| {
        let more = left(&ledgers.get(name)?.visible(), &expected);
        (!more.is_empty()).then(|| format!("S1: {name}: {more:?} are too many"))
    });
    wrong.collect()
}

/// What is missing, where rows may come twice: sums are not less than they should be.
fn lost(visible: &[Row], expected: &[Row], are_sums: bool) -> Vec<Row> {
    if !are_sums {
        return left(expected, visible);
    }
    let found: BTreeMap<_, i64> =
        summed(visible.to_vec()).into_iter().map(|(key, at, n)| ((key, at), n)).collect();
    let is_lost = |row: &Row| found.get(&(row.0, row.1)).is_none_or(|n| *n < row.2);
    summed(expected.to_vec()).into_iter().filter(is_lost).take(10).collect()
}

/// Rows of the one that the other does not have.
fn left(rows: &[Row], others: &[Row]) -> Vec<Row> {
    let mut counts: HashMap<Row, i64> = HashMap::new();
    others.iter().for_each(|row| *counts.entry(*row).or_default() += 1);
    let is_left = |row: &&Row| {
        let count = counts.entry(**row).or_default();
        *count -= 1;
        *count < 0
    };
    rows.iter().filter(is_left).copied().take(10).collect()
}

fn goes_back(name: &str, visible: &[Row]) -> Option<String> {
    let mut last: BTreeMap<u64, i64> = BTreeMap::new();
    for (key, version, _) in visible {
        match last.insert(*key, *version) {
            Some(before) if before >= *version => {
                return Some(format!("{name}: key {key} goes from {before} back to {version}"));
            }
            _ => {}
        }
    }
    None
}
