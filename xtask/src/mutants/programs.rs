//! Builds test programs with a bug planted, and runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Trouble;
use super::sources::Target;
use super::wrapper;

/// The tests of one program take seconds; a bug may make them wait for ever.
const LONGEST: Duration = Duration::from_secs(120);

/// How often is looked whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// What a test said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It saw nothing wrong.
    Passed,
    /// It failed.
    Failed,
    /// It did not end, or ended its program.
    Broke,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Passed => "no",
            Verdict::Failed => "yes",
            Verdict::Broke => "yes, it did not end",
        })
    }
}

/// Where programs are built, and by what.
pub struct Programs {
    wrapper: PathBuf,
    folder: PathBuf,
}

impl Programs {
    /// Built with this program as wrapper, below the folder that it was built in.
    ///
    /// # Errors
    /// If this program does not know where it is.
    pub fn of_this_program() -> Result<Programs, Trouble> {
        let wrapper = std::env::current_exe()?;
        let built = wrapper.parent().and_then(Path::parent);
        let built = built.ok_or_else(|| Trouble("there is no folder to build in".to_owned()))?;
        let folder = built.join("mutants");
        fs::create_dir_all(&folder)?;
        Ok(Programs { wrapper, folder })
    }

    /// Builds targets with a bug, or none, and runs the tests whose names hold `filter`.
    ///
    /// # Errors
    /// If they cannot be built, or none of a target is called so.
    pub fn verdicts(
        &self,
        bug: Option<&str>,
        targets: &BTreeSet<Target>,
        filter: &str,
    ) -> Result<BTreeMap<String, Verdict>, Trouble> {
        let mut verdicts = BTreeMap::new();
        for target in targets {
            let program = self.build(bug, target)?;
            let found = self.run(&program, filter)?;
            if found.is_empty() {
                return Err(Trouble(format!("{target} has no test `{filter}*`")));
            }
            verdicts.extend(found);
        }
        Ok(verdicts)
    }

    fn build(&self, bug: Option<&str>, target: &Target) -> Result<PathBuf, Trouble> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["test", "--no-run", "--locked", "--target-dir"]).arg(&self.folder);
        match target {
            Target::Units => cargo.args(["-p", "thalweg", "--lib"]),
            Target::Integration(name) => cargo.args(["-p", "thalweg-tests", "--test", name]),
        };
        cargo.env("RUSTC_WORKSPACE_WRAPPER", &self.wrapper).env("CARGO_INCREMENTAL", "1");
        cargo.env(wrapper::BUG, bug.unwrap_or(wrapper::NO_BUG)).env("CARGO_TERM_COLOR", "never");
        let built = cargo.output()?;
        let told = String::from_utf8_lossy(&built.stderr);
        if !built.status.success() {
            return Err(Trouble(format!("{target} is not built with bug {bug:?}:\n{told}")));
        }
        program_in(&told).ok_or_else(|| Trouble(format!("cargo names no program:\n{told}")))
    }

    fn run(&self, program: &Path, filter: &str) -> Result<BTreeMap<String, Verdict>, Trouble> {
        // A file, because a pipe that nobody empties stops who writes to it.
        let told = self.folder.join("told.txt");
        let mut child = Command::new(program)
            .args([filter, "--test-threads=1"])
            // What fails with a planted bug is no seed to keep.
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
            .stdout(File::create(&told)?)
            .stderr(Stdio::null())
            .spawn()?;
        let start = Instant::now();
        while child.try_wait()?.is_none() {
            if start.elapsed() > LONGEST {
                child.kill()?;
                child.wait()?;
                break;
            }
            std::thread::sleep(LOOK);
        }
        Ok(verdicts_in(&fs::read_to_string(&told)?))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Units => f.write_str("the engine"),
            Target::Integration(name) => write!(f, "tests/tests/{name}.rs"),
        }
    }
}

/// The program that cargo says it has built.
fn program_in(told: &str) -> Option<PathBuf> {
    let line = told.lines().find(|line| line.trim_start().starts_with("Executable "))?;
    let (_, path) = line.rsplit_once('(')?;
    Some(path.trim_end().strip_suffix(')')?.into())
}

/// What the tests said, each by name. One that has begun and says no more, broke.
fn verdicts_in(told: &str) -> BTreeMap<String, Verdict> {
    let tests = told.lines().filter_map(|line| {
        let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
        let verdict = match verdict {
            "ok" => Verdict::Passed,
            "FAILED" => Verdict::Failed,
            _ => Verdict::Broke,
        };
        Some((name.trim().to_owned(), verdict))
    });
    tests.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_is_what_cargo_names() {
        let told = "   Compiling a v0.1.0 (/w/a)\n  Executable tests/b.rs (/t/debug/deps/b-1f)\n";
        assert_eq!(program_in(told), Some("/t/debug/deps/b-1f".into()));
        assert_eq!(program_in("   Compiling a v0.1.0 (/w/a)\n"), None);
    }

    #[test]
    fn tests_pass_fail_or_break() {
        let told = "running 3 tests\ntest a::bug_01_x ... ok\ntest bug_01_y ... FAILED\n\
                    test bug_01_z ... ";
        let verdicts = verdicts_in(told);
        assert_eq!(verdicts["a::bug_01_x"], Verdict::Passed);
        assert_eq!(verdicts["bug_01_y"], Verdict::Failed);
        assert_eq!(verdicts["bug_01_z"], Verdict::Broke);
        assert_eq!(verdicts.len(), 3);
    }
}
