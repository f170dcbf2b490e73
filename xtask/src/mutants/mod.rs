//! Whether the tests of known bugs find them: builds the engine with each bug planted, and runs its tests.
//!
//! A test `bug_NN_*` is there for one bug. The mistake itself stands in the engine behind `cfg!(bug_NN)`, at the place
//! where it would be made; a test that passes in spite of it finds nothing. Dependencies are built once, in a folder of
//! their own, and the engine incrementally: see [`wrapper`].

mod programs;
mod sources;
pub mod wrapper;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use programs::{Programs, Verdict};
use sources::Bug;

/// Plants the bugs of these numbers, or all, and runs their tests. Prints a table; true if every bug was found.
///
/// # Errors
/// If a bug has no test or is planted nowhere, if a test fails without it, or if something cannot be built or run.
pub fn run(root: &Path, numbers: &[&str]) -> Result<bool, Trouble> {
    let mut bugs = sources::bugs(root);
    if let Some(unknown) = numbers.iter().find(|number| !bugs.contains_key(**number)) {
        return Err(Trouble(format!("there is no test `bug_{unknown}_*`")));
    }
    bugs.retain(|number, _| numbers.is_empty() || numbers.contains(&number.as_str()));
    if let Some(number) = sources::lonely(&bugs).first() {
        return Err(Trouble(format!("bug {number} has a test or a `cfg!`, but not both")));
    }
    let programs = Programs::of_this_program()?;
    pass_without(&programs, &bugs)?;
    println!("NN | test | caught");
    let mut survivors = Vec::new();
    for (number, bug) in &bugs {
        let verdicts = programs.verdicts(Some(number), &bug.targets, &format!("bug_{number}_"))?;
        for (test, verdict) in &verdicts {
            println!("{number} | {test} | {verdict}");
        }
        if verdicts.values().all(|verdict| *verdict == Verdict::Passed) {
            survivors.push(number.as_str());
        }
    }
    if !survivors.is_empty() {
        eprintln!("not found by any test: {}", survivors.join(", "));
    }
    Ok(survivors.is_empty())
}

/// The tests must hold where no bug is planted; else their failures say nothing.
fn pass_without(programs: &Programs, bugs: &BTreeMap<String, Bug>) -> Result<(), Trouble> {
    let targets = bugs.values().flat_map(|bug| bug.targets.clone()).collect();
    let mut verdicts = programs.verdicts(None, &targets, "bug_")?;
    verdicts.retain(|test, _| bugs.keys().any(|number| test.contains(&format!("bug_{number}_"))));
    match verdicts.iter().find(|(_, verdict)| **verdict != Verdict::Passed) {
        Some((test, _)) => Err(Trouble(format!("{test} fails without any bug"))),
        None => Ok(()),
    }
}

/// Why nothing can be said.
#[derive(Debug)]
pub struct Trouble(String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for Trouble {
    fn from(error: std::io::Error) -> Self {
        Trouble(error.to_string())
    }
}
