//! The job binary: what [`main`] makes of a pipeline.
//!
//! ```text
//!   argv, environment, job.toml ── request ──▶ Request ──┬── plan ──▶ text, JSON, DOT or SVG on standard output
//!                                     │                  └── run  ──▶ executor, progress, metrics, summary
//!                                     └──▶ help, or one line per mistake
//! ```
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. Records may go to standard output, so all that the
//! binary itself says goes to standard error.

mod ask;
mod checkpoints;
mod command;
mod diff;
mod figures;
mod inspect;
mod interrupt;
mod logs;
mod options;
mod progress;
mod report;
mod request;
mod run;
mod screen;
mod summary;

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use request::{Format, Request, Stop, Verb};
use screen::Screen;

use crate::job::{ArgumentError, Jobs, RunError, prepare};
use crate::render::{Picture, dot, json, svg, text};
use crate::task::Options;

const EXIT_FAILED: u8 = 1;
const EXIT_USAGE: u8 = 2;
const EXIT_INTERRUPTED: u8 = 130;

/// The `main` of a job binary: runs the pipelines of `jobs` as the command line says.
///
/// `jobs` is a pipeline, or a tuple of up to eight.
///
/// ```no_run
/// use thalweg::prelude::*;
///
/// /// Isolates error lines.
/// #[pipeline]
/// fn errors(
///     /// A log file.
///     input: String,
/// ) {
///     source(files(&input).text()).filter(|line| line.contains("ERROR")).sink(print());
/// }
///
/// fn main() -> ExitCode {
///     thalweg::main(errors)
/// }
/// ```
///
/// ```text
/// ./job --input app.log                     runs it; `run` may be left out
/// ./job plan --input app.log --format svg   prints what would run: text, json, dot or svg
/// ./job checkpoints --checkpoint-dir DIR      lists the checkpoints there
/// ./job savepoint --checkpoint-dir DIR --savepoint-dir DIR    asks the running job for a savepoint
/// ./job stop [--drain] --checkpoint-dir DIR   stops it, to go on later
/// ./job plan --diff SAVEPOINT --input app.log   what would become of its state: kept, changed, dropped, refused
/// ./job state inspect SAVEPOINT [--operator ID] [--key KEY]   what is saved, as a table or --json
/// ./job --help                              lists parameters and options, from the doc comments
/// ./job PIPELINE run --input app.log        where the binary has several pipelines
/// ```
///
/// A parameter or option is taken from the command line, else from the environment (`THALWEG_INPUT`), else from the file
/// that `--config` or `THALWEG_CONFIG` names (`input = ".."` under `[args]` or `[args.errors]`), else it is its default.
/// Everything that is missing, wrong or unknown is told at once.
///
/// The exit code is 0 when the job is done, 1 when it failed, 2 when it was started wrongly, and 130 when it was
/// interrupted: the first Ctrl-C (or SIGTERM) stops it at a record boundary, the second aborts it.
pub fn main(jobs: impl Jobs) -> ExitCode {
    let screen = Screen::stderr();
    let environment = |name: &str| std::env::var(name).ok();
    let request =
        arguments().and_then(|argv| request::read(jobs.definitions(), argv, &environment));
    let code = match request {
        Ok(request) => match request.verb {
            Verb::Run => run::run(&request, &screen),
            Verb::Plan(format) => plan(&request, format, &screen),
            Verb::Ask(ref wanted) => ask::ask(&request, wanted, &screen),
            Verb::Diff(ref place, format) => diff::diff(&request, place, format, &screen),
            Verb::Inspect(ref wanted) => inspect::inspect(wanted, &screen),
            Verb::Checkpoints => checkpoints::list(&request, &screen),
        },
        Err(Stop::Help(text)) => print(&text, &screen),
        Err(Stop::Usage(errors)) => {
            for error in &errors {
                report(&screen, error);
            }
            EXIT_USAGE
        }
        Err(Stop::Definition(errors)) => {
            report(&screen, &RunError::Definition(errors));
            EXIT_FAILED
        }
    };
    ExitCode::from(code)
}

fn arguments() -> Result<Vec<String>, Stop> {
    let words = std::env::args_os().map(|word| {
        let wrong = |word: std::ffi::OsString| {
            let text = format!("the argument `{}` is not UTF-8", word.to_string_lossy());
            Stop::Usage(vec![ArgumentError::Other(text)])
        };
        word.into_string().map_err(wrong)
    });
    words.collect()
}

/// Prints the plan.
fn plan(request: &Request, format: Format, screen: &Screen) -> u8 {
    let definition = &request.definition;
    let plan = match prepare(definition, &request.arguments, &request.operators) {
        Ok(plan) => plan,
        Err(error) => return refuse(&error, screen),
    };
    let parallelism = request.options.parallelism.unwrap_or_else(cores);
    let names = (definition.name, definition.function);
    let picture = Picture::new(&plan, names, parallelism, &request.operators);
    let rendered = match format {
        Format::Text => text(&picture),
        Format::Json => json(&picture),
        Format::Dot => dot(&picture),
        Format::Svg => svg(&picture),
    };
    print(&rendered, screen)
}

/// Reports why a job is not started.
fn refuse(error: &RunError, screen: &Screen) -> u8 {
    match error {
        RunError::Arguments(errors) => {
            for error in &errors.0 {
                report(screen, error);
            }
            EXIT_USAGE
        }
        other => {
            report(screen, other);
            EXIT_FAILED
        }
    }
}

/// As many as the machine lets this process use, and state can be spread over.
fn cores() -> usize {
    let most = Options::default().key_groups as usize;
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(most))
}

/// Prints to standard output. Whoever reads it may have seen enough, which is no error.
fn print(text: &str, screen: &Screen) -> u8 {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            screen.print(&format!("error: cannot write to standard output: {error}\n"));
            EXIT_FAILED
        }
        _ => 0,
    }
}

/// What was tried; nothing if it failed, which is reported: the command ends with [`EXIT_FAILED`].
fn opened<T, E: std::error::Error + 'static>(tried: Result<T, E>, screen: &Screen) -> Option<T> {
    tried.map_err(|error| report(screen, &error)).ok()
}

fn report(screen: &Screen, error: &(dyn std::error::Error + 'static)) {
    screen.print(&format!("{}\n", report::line(error)));
}
