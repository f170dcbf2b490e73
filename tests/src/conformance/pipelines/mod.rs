//! The pipelines that cases are replayed through, and which case goes through which.

mod all;
mod connected;
mod errors;
mod functions;
mod joins;
mod process;
mod rolling;
mod time;
mod windows;

use thalweg::testing::Setup;

use super::Case;
use super::replay::{Ports, Step, replay};

/// What a pipeline answered.
pub enum Answer {
    /// Step by step.
    Steps(Vec<Step>),
    /// Two pipelines of one meaning did, step by step.
    Either(Vec<Step>, Vec<Step>),
    /// As a whole: how it differs, if it does.
    Whole(Option<String>),
    /// There is no such pipeline.
    NotBuilt,
}

/// Replays a case through the pipeline that it is about.
pub fn answer(case: &Case) -> Answer {
    match case.word("op") {
        "window" => windows::answer(case),
        "keyed_process" => process::keyed(case),
        "connect" => connected::connect(case),
        "broadcast" => connected::broadcast(case),
        "rolling" => rolling::answer(case),
        "join" | "cogroup" => joins::by_window(case),
        "interval_join" => joins::by_interval(case),
        "watermark_valve" => time::valve(case),
        "watermark_generator" => time::generator(case),
        "assign" => time::assigner(case),
        "merge_windows" => all::merged(case),
        "windowAll" => all::window_all(case),
        "chain" => all::chain(case),
        _ if case.config.is_string() => errors::answer(case),
        _ => Answer::NotBuilt,
    }
}

/// A pipeline with the numbers of the case as arguments, zero where it has none.
fn with(setup: Setup, case: &Case, names: &[&str]) -> Setup {
    names.iter().fold(setup, |setup, name| setup.arg(name, case.number(name).unwrap_or(0)))
}

/// A pipeline with those numbers of windows that it has parameters for.
fn numbered(setup: Setup, case: &Case) -> Setup {
    let known = setup.parameters();
    let is_known = |name: &&str| known.contains(name);
    let names: Vec<&str> = NUMBERS.iter().copied().filter(is_known).collect();
    with(setup, case, &names)
}

const NUMBERS: &[&str] = &[
    "size",
    "slide",
    "gap",
    "offset",
    "lateness",
    "second_size",
    "second_lateness",
    "trigger_count",
    "trigger_interval",
    "trigger_threshold",
    "evictor_count",
    "evictor_ms",
    "evictor_threshold",
    "lower",
    "upper",
];

/// Replays step by step.
fn steps(setup: Setup, case: &Case, ports: &Ports) -> Answer {
    Answer::Steps(replay(setup, case, ports))
}
