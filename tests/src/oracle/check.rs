//! Runs many random cases of an operator, failed ones of the past first.

use std::fmt::Debug;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use thalweg::prelude::*;
use thalweg::testing::{Pipeline, Setup};

use super::windows::Answer;
use super::{Event, Feed, Rng, Script, Step};

/// How many cases an operator is held to, unless `THALWEG_ORACLE_CASES` says otherwise.
const CASES: u64 = 2_000;

/// One random case: a script, and how the pipeline is run over it.
pub struct Setting {
    /// For what the operator's parameters are drawn from.
    pub rng: Rng,
    sources: &'static [&'static str],
    script: Script,
    parallelism: usize,
    batch: usize,
    frames: usize,
    faults: Faults,
}

impl Setting {
    fn new(seed: u64, sources: &'static [&'static str]) -> Setting {
        let mut rng = Rng::new(seed);
        let script = Script::random(&mut rng, sources.len());
        let parallelism = rng.within(1, 4) as usize;
        let batch = rng.one_of(&[1, 2, 7, 64, 4096]);
        let frames = rng.one_of(&[1, 2, 8]);
        let faults = Faults::random(Rng::new(!seed), &script);
        Setting { rng, sources, script, parallelism, batch, frames, faults }
    }

    /// Lets time pass on the clock as well.
    pub fn with_clock(&mut self) {
        self.script.with_clock(&mut self.rng);
    }

    /// What the operator sees, for the oracle.
    pub fn seen(&self) -> Vec<Step> {
        self.script.seen(self.sources.len(), self.parallelism)
    }

    /// The same behind a union of all sources.
    pub fn seen_united(&self) -> Vec<Step> {
        self.script.seen_united(self.sources.len(), self.parallelism)
    }

    /// Runs the pipeline and compares what each step leads to: results as a multiset, those of one key in their order
    /// if `ordered`, and late records.
    pub fn compare<R: Record + Debug + Clone>(
        &self,
        setup: Setup,
        expected: &[Answer<R>],
        key: Option<fn(&R) -> i64>,
    ) {
        let setup = setup.parallelism(self.parallelism).batch(self.batch).frames(self.frames);
        let setup = self
            .sources
            .iter()
            .fold(setup, |setup, source| setup.splits(source, self.script.splits));
        let mut t = setup.only_fed_watermarks().start();
        let late_sinks: Vec<Vec<&str>> = vec![vec!["late", "late_left"], vec!["late_right"]];
        let late_sinks: Vec<Option<&str>> = late_sinks
            .iter()
            .map(|names| {
                names.iter().find(|name| t.sinks().iter().any(|sink| sink == *name)).copied()
            })
            .collect();
        let mut expected = expected.iter();
        let mut look = |t: &mut Pipeline, what: &dyn Debug| {
            let results: Vec<(i64, R)> =
                t.output("out").into_iter().map(|(time, result)| (time.0, result)).collect();
            let wanted = expected.next().cloned().unwrap_or_default();
            let (found, wanted_results) = (arranged(results, key), arranged(wanted.results, key));
            assert!(
                found == wanted_results,
                "{what:?}\nfound    {found:?}\nexpected {wanted_results:?}"
            );
            for (side, sink) in late_sinks.iter().enumerate() {
                let Some(sink) = sink else { continue };
                let found = texts(t.results::<Event>(sink).iter());
                let of_side = wanted.late.iter().filter(|(of, _)| *of == side);
                let wanted = texts(of_side.map(|(_, event)| event));
                assert!(found == wanted, "{what:?}\nlate {found:?}\nexpected {wanted:?}");
            }
        };
        look(&mut t, &"start");
        let mut faults = self.faults.clone();
        for (source, split, feed) in &self.script.feeds {
            let place = (self.sources[*source], *split);
            faults.before_step(&mut t);
            match feed {
                Feed::Records(records) => t.send_all(place, records.clone()),
                Feed::Watermark(time) => t.watermark(place, Timestamp(*time)),
                Feed::Idle => t.idle(place),
                Feed::Active => t.active(place),
                Feed::End => t.end(place),
                Feed::Clock(span) => t.advance(Span(*span)),
            };
            let crash = faults.behind_step(&mut t);
            look(&mut t, &(place, feed, crash));
        }
    }
}

/// Checkpoints and crashes between the steps of a case: every second one has some.
#[derive(Clone, Debug)]
struct Faults {
    rng: Rng,
    /// Once in so many steps; never if 0.
    checkpoints: u64,
    crashes: u64,
    /// There are more tasks or fewer behind a crash. Not where splits are idle: what comes of that depends on which of
    /// them meet in a task.
    rescales: bool,
}

impl Faults {
    fn random(mut rng: Rng, script: &Script) -> Faults {
        let says = |is: fn(&Feed) -> bool| script.feeds.iter().any(|(.., feed)| is(feed));
        // A split that becomes active again takes part in time behind a crash, although it would not do so yet.
        let crashes = rng.once_in(2) && !says(|feed| matches!(feed, Feed::Active));
        let (checkpoints, crashes) = match crashes {
            true => (rng.one_of(&[1, 2, 5, 20]), rng.one_of(&[2, 5, 10])),
            false => (0, 0),
        };
        let rescales = rng.once_in(2) && !says(|feed| matches!(feed, Feed::Idle));
        Faults { rng, checkpoints, crashes, rescales }
    }

    fn before_step(&mut self, t: &mut Pipeline) {
        if self.checkpoints > 0 && self.rng.once_in(self.checkpoints) {
            match self.rng.once_in(2) {
                true => _ = t.checkpoint(),
                false => _ = t.checkpoint_amid(self.rng.any()),
            }
        }
    }

    /// Answers what was done.
    fn behind_step(&mut self, t: &mut Pipeline) -> Option<String> {
        if self.crashes == 0 || !self.rng.once_in(self.crashes) {
            return None;
        }
        if !self.rescales {
            t.crash_and_restore();
            return Some("crashed".to_owned());
        }
        let parallelism = self.rng.within(1, 4) as usize;
        t.rescale(parallelism);
        Some(format!("crashed, with {parallelism} tasks from then on"))
    }
}

/// Results by key in their order, or all of them sorted.
fn arranged<R: Debug>(results: Vec<(i64, R)>, key: Option<fn(&R) -> i64>) -> Vec<String> {
    let mut keyed: Vec<(i64, String)> = results
        .iter()
        .map(|(time, result)| (key.map_or(0, |key| key(result)), format!("{time} {result:?}")))
        .collect();
    match key {
        Some(_) => keyed.sort_by_key(|(key, _)| *key),
        None => keyed.sort(),
    }
    keyed.into_iter().map(|(_, text)| text).collect()
}

fn texts<'e>(events: impl Iterator<Item = &'e Event>) -> Vec<String> {
    let mut texts: Vec<String> = events.map(|event| format!("{event:?}")).collect();
    texts.sort();
    texts
}

fn seeds() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/seeds.txt"))
}

/// Holds an operator to the oracle. A seed that fails is added to `seeds.txt`, whose seeds come first.
///
/// # Panics
/// If an answer is wrong: with the seed, the script's step, and both answers.
pub fn check(name: &str, sources: &'static [&'static str], case: impl Fn(&mut Setting)) {
    let kept = std::fs::read_to_string(seeds()).unwrap_or_default();
    let kept = kept.lines().filter_map(|line| {
        let (operator, seed) = line.split_once(' ')?;
        (operator == name).then(|| seed.trim().parse().ok())?
    });
    let count = std::env::var("THALWEG_ORACLE_CASES").ok().and_then(|count| count.parse().ok());
    let start = name.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(131) + u64::from(byte));
    let fresh = (0..count.unwrap_or(CASES)).map(|index| start.wrapping_add(index));
    let kept: Vec<u64> = kept.collect();
    for seed in kept.iter().copied().chain(fresh) {
        let held = catch_unwind(AssertUnwindSafe(|| case(&mut Setting::new(seed, sources))));
        let Err(panic) = held else { continue };
        if !kept.contains(&seed) {
            keep(name, seed);
        }
        eprintln!("{name}: seed {seed}");
        std::panic::resume_unwind(panic);
    }
}

fn keep(name: &str, seed: u64) {
    let file = std::fs::OpenOptions::new().append(true).create(true).open(seeds());
    if let Ok(mut file) = file {
        // A seed that cannot be kept is still told.
        drop(writeln!(file, "{name} {seed}"));
    }
}
