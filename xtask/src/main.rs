//! Chores of the project that are neither the library nor its tests.
//!
//! ```text
//! cargo xtask tidy     what clippy cannot check: length of files, layers, words, where `unsafe` may be
//! cargo xtask docs     writes docs/operators.md from the doc comments of the typed surface
//! cargo xtask editor   rust-analyzer's errors over the workspace, if the machine has rust-analyzer
//! cargo xtask ledger   kills a job many times and verifies that its output is exact
//! cargo xtask sim      runs jobs on one thread with everything that can go wrong, seed by seed
//! cargo xtask mutants  plants each known bug in the engine and runs its tests, which must fail
//! ```

#![forbid(unsafe_code)]

mod docs;
mod editor;
mod ledger;
mod mutants;
mod sim;
mod source;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::SystemTime;

use ledger::options::{Backend, Sink};

fn main() -> ExitCode {
    if let Ok(bug) = std::env::var(mutants::wrapper::BUG) {
        let arguments: Vec<_> = std::env::args_os().skip(1).collect();
        return mutants::wrapper::run(&bug, &arguments);
    }
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy(),
        ["docs"] => docs(),
        ["editor"] => editor(),
        ["ledger", ref options @ ..] => ledger(options),
        ["mutants", ref numbers @ ..] => mutants(numbers),
        ["sim", ref options @ ..] => sim(options),
        _ => {
            eprintln!("usage: cargo xtask tidy|docs|editor|ledger [..]|mutants [NN..]|sim [..]");
            ExitCode::from(2)
        }
    }
}

fn tidy() -> ExitCode {
    let findings = tidy::check(root());
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{} to tidy up", findings.len());
    ExitCode::FAILURE
}

fn docs() -> ExitCode {
    let page = root().join(docs::PAGE);
    let written = page.parent().map_or(Ok(()), std::fs::create_dir_all);
    match written.and_then(|()| std::fs::write(&page, docs::operators(root()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} cannot be written: {error}", page.display());
            ExitCode::FAILURE
        }
    }
}

fn editor() -> ExitCode {
    match editor::check(root()) {
        Ok(editor::Answer::Missing) => {
            eprintln!(
                "not checked: there is no rust-analyzer here\n\
                 help: rustup component add rust-analyzer rust-src"
            );
            ExitCode::SUCCESS
        }
        Ok(editor::Answer::Errors(errors)) if errors.is_empty() => ExitCode::SUCCESS,
        Ok(editor::Answer::Errors(errors)) => {
            errors.iter().for_each(|error| eprintln!("{error}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("rust-analyzer cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}

fn mutants(numbers: &[&str]) -> ExitCode {
    match mutants::run(root(), numbers) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn sim(options: &[&str]) -> ExitCode {
    let ran = match sim::Options::parse(options) {
        Ok(options) => sim::run(root(), &options),
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    match ran {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nothing can be simulated: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ledger(options: &[&str]) -> ExitCode {
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed = seed.map_or(0, |since| since.as_nanos() as u64 % 1_000_000);
    let options = match ledger::options::Options::parse(options, seed) {
        Ok(options) => options,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    println!("seed {}: --seed {0} repeats the plan, not the moments", options.seed);
    let folder = options.folder.clone().unwrap_or_else(|| {
        std::env::temp_dir().join(format!("thalweg-ledger-{}", std::process::id()))
    });
    let report = ledger_job(&options).and_then(|program| {
        std::fs::create_dir_all(&folder)?;
        ledger::run(&options, &program, &folder)
    });
    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("the ledger cannot be kept in {}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    println!("{}", report.remarks);
    report.findings.iter().for_each(|finding| println!("{finding}"));
    println!("{}", report.summary());
    if !report.is_exact() {
        println!("everything is left in {}", folder.display());
        return ExitCode::FAILURE;
    }
    if options.folder.is_none() {
        // In a directory for what is temporary, it may stay if it cannot be removed.
        let _ = std::fs::remove_dir_all(&folder);
    }
    ExitCode::SUCCESS
}

/// Builds the job whose books are kept, and says where it is.
fn ledger_job(options: &ledger::options::Options) -> std::io::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let (name, mut features) = match options.sink {
        Sink::Files => ("ledger_job", vec![]),
        Sink::Postgres => ("ledger_postgres_job", vec!["--features", "postgres"]),
    };
    if options.backend == Backend::RocksDb {
        features.extend(["--features", "rocksdb"]);
    }
    let arguments = ["build", "--quiet", "--release", "-p", "thalweg-tests", "--bin", name];
    let mut command = Command::new(cargo);
    command.args(arguments).args(&features).arg("--message-format=json-render-diagnostics");
    let output = command.current_dir(root()).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let programs = said.split("\"executable\":\"").skip(1).filter_map(|it| it.split('"').next());
    let job = programs.map(PathBuf::from).find(|path| path.ends_with(name));
    job.ok_or_else(|| std::io::Error::other("the job cannot be built"))
}

/// The workspace's folder.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}
