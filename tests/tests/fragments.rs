//! Fragments: compiled where they stand, called from another crate and from another module, with sides, closures,
//! private helpers, exchanges and state of their own.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thalweg::connector::{Sink, callback};
use thalweg::job::Job;
use thalweg::prelude::*;
use thalweg_tests::{numbers, per_second, reasons, tally_lines, totals};

/// What the sinks of this file's pipelines were given, by name.
static SEEN: Mutex<BTreeMap<&str, Vec<String>>> = Mutex::new(BTreeMap::new());

fn seen() -> MutexGuard<'static, BTreeMap<&'static str, Vec<String>>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(name: &str) -> Vec<String> {
    let mut lines = seen().remove(name).unwrap_or_default();
    lines.sort();
    lines
}

/// Remembers the debug text of every record.
fn remember<T: Record>(name: &'static str) -> impl Sink<T>
where
    for<'a> T::View<'a>: std::fmt::Debug,
{
    callback::<T, (), _, _>(
        |_| (),
        move |_, _, view| seen().entry(name).or_default().push(format!("{view:?}")),
    )
}

fn lines() -> impl IntoIterator<Item = String> {
    ["1", "x", "", "11", "21", "2", "7x"].map(str::to_owned)
}

mod nested {
    use thalweg::prelude::*;

    fn shout(text: &str) -> String {
        text.to_uppercase()
    }

    #[operator]
    pub fn shouted(lines: Stream<String>, suffix: String) -> Stream<String> {
        lines.map(|line| format!("{}{suffix}", shout(line)))
    }
}
use nested::shouted;

#[pipeline]
fn calls_another_crate(least: usize) {
    let bad = side();
    let all = numbers(source(collection(lines())), bad, move |line: &str| line.len() >= least);
    all.filter(|n| n > 1).sink(remember("numbers"));
    bad.map(|failed| format!("{}: {}", failed.record, failed.error)).sink(remember("bad numbers"));
}

#[pipeline]
fn calls_another_module() {
    shouted(source(collection(lines())).filter(|line| line.contains('x')), "!".to_owned())
        .sink(remember("shouted"));
}

#[pipeline]
fn nests_and_exchanges() {
    let bad = side();
    tally_lines(source(collection(lines())), bad).sink(remember("tally"));
    bad.map(|failed| failed.record).sink(remember("bad tally"));
}

#[pipeline]
fn keeps_event_time() {
    let times = source(collection(0u64..40))
        .event_time(|n| Timestamp(n as i64 * 100))
        .watermarks(monotonic());
    per_second(times).sink(remember("seconds"));
}

#[pipeline]
fn keeps_the_key() {
    totals(source(collection(lines())).key_by(|line| line.len() as u64)).sink(remember("totals"));
}

#[pipeline]
fn passes_a_side() {
    let bad = side();
    numbers(source(collection(lines())), bad, |_: &str| true).sink(remember("passed"));
    reasons(bad).sink(remember("reasons"));
}

fn at_all_parallelisms(job: impl Fn() -> Job, check: impl Fn()) {
    for parallelism in [1, 2, 3] {
        job().parallelism(parallelism).run().unwrap();
        check();
    }
}

#[test]
fn a_fragment_of_another_crate_has_a_side_a_closure_and_a_private_helper() {
    at_all_parallelisms(
        || Job::new(calls_another_crate).arg("least", 1),
        || {
            assert_eq!(take("numbers"), ["11", "2", "21"]);
            let bad = take("bad numbers");
            assert_eq!(bad.len(), 2);
            assert!(bad[0].contains("7x: invalid digit"), "{bad:?}");
        },
    );
}

#[test]
fn a_fragment_of_another_module_keeps_its_privacy() {
    at_all_parallelisms(
        || Job::new(calls_another_module),
        || assert_eq!(take("shouted"), ["\"7X!\"", "\"X!\""]),
    );
}

#[test]
fn fragments_nest_and_have_exchanges_of_their_own() {
    at_all_parallelisms(
        || Job::new(nests_and_exchanges),
        || {
            assert_eq!(take("tally"), ["(1, 2)", "(1, 3)"]);
            assert_eq!(take("bad tally"), ["\"7x\"", "\"x\""]);
        },
    );
}

#[test]
fn event_time_goes_through_a_fragment() {
    at_all_parallelisms(
        || Job::new(keeps_event_time),
        || {
            let mut expected = vec!["(0, 5)"; 4];
            expected.extend(["(1, 5)"; 4]);
            assert_eq!(take("seconds"), expected);
        },
    );
}

#[test]
fn the_key_goes_through_a_fragment() {
    at_all_parallelisms(
        || Job::new(keeps_the_key),
        || {
            let expected = ["(0, 0)", "(1, 1)", "(1, 2)", "(1, 3)", "(2, 2)", "(2, 4)", "(2, 6)"];
            assert_eq!(take("totals"), expected);
        },
    );
}

#[test]
fn a_side_is_a_stream_like_any_other() {
    at_all_parallelisms(
        || Job::new(passes_a_side),
        || {
            let wrong = "\"invalid digit found in string\"";
            assert_eq!(
                take("reasons"),
                ["\"cannot parse integer from empty string\"", wrong, wrong]
            );
            assert_eq!(take("passed").len(), 4);
        },
    );
}
