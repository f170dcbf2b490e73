//! Simulates jobs: builds the program that does, runs it, and says what it found.
//!
//! With `--bug NN` it is built with that bug planted, which it should find; with `--planted`, with one after the other of
//! those that [`FOUND`] lists.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::mutants::wrapper;

/// The planted bugs that the simulation finds, among as many seeds as are tried by default. The others are in what it
/// leaves out, such as files and firing late, or what its pipelines do not do.
const FOUND: [&str; 15] =
    ["01", "15", "16", "18", "19", "20", "21", "23", "24", "25", "26", "30", "38", "39", "40"];

/// What can be said on the command line.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    from: u64,
    seeds: u64,
    /// One seed, whose steps are told.
    traced: bool,
    bug: Option<String>,
    /// Each of [`FOUND`].
    planted: bool,
    /// Checkpoints are taken in this mode: records may come twice, and none is lost.
    at_least_once: bool,
}

pub const USAGE: &str = "usage: cargo xtask sim [--seeds N] [--from S] [--seed S [--trace]] [--bug NN | --planted] [--at-least-once]";

impl Options {
    /// Reads the command line.
    pub fn parse(arguments: &[&str]) -> Result<Options, String> {
        let (traced, planted, at_least_once) = (false, false, false);
        let mut options =
            Options { from: 0, seeds: 2_000, traced, bug: None, planted, at_least_once };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            match *name {
                "--trace" => options.traced = true,
                "--planted" => options.planted = true,
                "--at-least-once" => options.at_least_once = true,
                _ => {}
            }
            if matches!(*name, "--trace" | "--planted" | "--at-least-once") {
                continue;
            }
            let value = *arguments.next().ok_or_else(|| USAGE.to_owned())?;
            let number =
                || value.parse::<u64>().map_err(|error| format!("{name} {value}: {error}"));
            match *name {
                "--seeds" => options.seeds = number()?,
                "--from" => options.from = number()?,
                "--seed" => (options.from, options.seeds) = (number()?, 1),
                "--bug" => options.bug = Some(value.to_owned()),
                _ => return Err(USAGE.to_owned()),
            }
        }
        if options.traced && options.seeds != 1 {
            return Err("only one seed can be traced: --seed S --trace".to_owned());
        }
        Ok(options)
    }
}

/// Runs the seeds; false if any has found something.
///
/// # Errors
/// If it cannot be built or run.
pub fn run(root: &Path, options: &Options) -> io::Result<bool> {
    if options.planted {
        return find_planted(root, options);
    }
    let mut program = program(root, options.bug.as_deref())?;
    program.args(options.at_least_once.then_some("--at-least-once"));
    program.arg(options.from.to_string());
    if options.traced {
        program.arg("--trace");
    } else {
        program.arg(options.seeds.to_string());
    }
    Ok(program.status()?.success())
}

/// Prints which bugs are found; false if any is not.
fn find_planted(root: &Path, options: &Options) -> io::Result<bool> {
    println!("NN | found by the simulation");
    let mut all = true;
    for bug in FOUND {
        let mut program = program(root, Some(bug))?;
        program.args([options.from, options.seeds].map(|number| number.to_string()));
        let output = program.output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let first = said.lines().find(|line| line.starts_with("seed "));
        let first: Option<String> = first.map(|line| line.chars().take(100).collect());
        all &= first.is_some();
        println!("{bug} | {}", first.as_deref().unwrap_or("no"));
    }
    Ok(all)
}

/// The program, built with a bug planted or none.
fn program(root: &Path, bug: Option<&str>) -> io::Result<Command> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "-p", "thalweg-tests", "--bin", "simulate"]);
    cargo.arg("--message-format=json-render-diagnostics").current_dir(root);
    if let Some(bug) = bug {
        // Not optimised: what is built for one bug is run for seconds.
        let own = std::env::current_exe()?;
        let built = own.parent().and_then(Path::parent).unwrap_or(root);
        cargo.arg("--target-dir").arg(built.join("mutants"));
        cargo.env("RUSTC_WORKSPACE_WRAPPER", &own).env(wrapper::BUG, bug);
        cargo.env("CARGO_INCREMENTAL", "1");
    } else {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let programs = said.split("\"executable\":\"").skip(1).filter_map(|it| it.split('"').next());
    let program = programs.map(Path::new).find(|path| path.ends_with("simulate"));
    program.map(Command::new).ok_or_else(|| io::Error::other("the program cannot be built"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_is_traced() {
        let parsed = Options::parse(&["--seed", "7", "--trace"]);
        let (bug, planted, at_least_once) = (None, false, false);
        let expected = Options { from: 7, seeds: 1, traced: true, bug, planted, at_least_once };
        assert_eq!(parsed, Ok(expected));
        for wrong in [&["--trace"][..], &["--seeds"], &["--seeds", "x"], &["--what", "1"]] {
            assert!(Options::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
