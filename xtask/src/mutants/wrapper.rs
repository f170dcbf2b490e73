//! This program in the place of rustc: passes everything on, and plants a bug in the engine.
//!
//! Flags for all crates would build all dependencies again for each bug. Cargo calls a workspace wrapper for members of
//! the workspace only, and this one adds to the flags of a single crate.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// The variable that says which bug is planted. Where it is set, this program is a wrapper.
pub const BUG: &str = "THALWEG_BUG";

/// What it says if none is.
pub const NO_BUG: &str = "none";

/// The crate that bugs are planted in.
const ENGINE: &str = "thalweg";

/// Calls rustc: `arguments` are its path and its arguments.
pub fn run(bug: &str, arguments: &[OsString]) -> ExitCode {
    let Some((rustc, arguments)) = arguments.split_first() else { return ExitCode::FAILURE };
    let is_engine = behind(arguments, "--crate-name").is_some_and(|name| name == ENGINE);
    let mut rustc = Command::new(rustc);
    rustc.args(arguments);
    if is_engine && bug != NO_BUG {
        rustc.args(["--cfg", &format!("bug_{bug}")]);
    }
    match rustc.status() {
        Ok(status) if status.success() => {}
        Ok(_) => return ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rustc cannot be run: {error}");
            return ExitCode::FAILURE;
        }
    }
    if !is_engine {
        return ExitCode::SUCCESS;
    }
    match depends_on_bug(bug, arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo cannot be told of the bug: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Tells cargo, in rustc's own words, that the crate is to be built again when the bug is another.
fn depends_on_bug(bug: &str, arguments: &[OsString]) -> std::io::Result<()> {
    let Some(told) = dep_info(arguments) else { return Ok(()) };
    let mut told = std::fs::OpenOptions::new().append(true).open(told)?;
    writeln!(told, "\n# env-dep:{BUG}={bug}")
}

/// The file in which rustc tells what a crate was built from.
fn dep_info(arguments: &[OsString]) -> Option<PathBuf> {
    let name = behind(arguments, "--crate-name")?.to_str()?;
    let extra =
        arguments.iter().find_map(|argument| argument.to_str()?.strip_prefix("extra-filename="))?;
    let folder = behind(arguments, "--out-dir")?;
    Some(PathBuf::from(folder).join(format!("{name}{extra}.d")))
}

fn behind<'a>(arguments: &'a [OsString], word: &str) -> Option<&'a OsStr> {
    let at = arguments.iter().position(|argument| argument == word)?;
    arguments.get(at + 1).map(OsString::as_os_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_stands_beside_what_is_built() {
        let arguments = [
            "--crate-name",
            "thalweg",
            "src/lib.rs",
            "-C",
            "metadata=1",
            "-C",
            "extra-filename=-2f",
            "--out-dir",
            "/t/deps",
        ];
        let arguments = arguments.map(OsString::from);
        assert_eq!(dep_info(&arguments), Some("/t/deps/thalweg-2f.d".into()));
        assert_eq!(dep_info(&arguments[..2]), None, "where cargo asks what rustc is");
    }
}
