//! What an editor sees: rust-analyzer's own errors over the workspace, pipelines' bodies among them.
//!
//! rust-analyzer sets `cfg(rust_analyzer)`, so it checks the bodies as they stand against the typed surface, and it
//! expands macros and infers types in its own way: what rustc accepts may still be unknown to it.

use std::path::Path;
use std::process::Command;

/// rust-analyzer's answer.
pub enum Answer {
    /// It is not on this machine.
    Missing,
    /// The errors it found.
    Errors(Vec<String>),
}

/// Runs rust-analyzer over the workspace at `root`; about a minute, and 1.6 GB of memory.
///
/// # Errors
/// If it cannot be started or does not get to the end.
pub fn check(root: &Path) -> std::io::Result<Answer> {
    let version = Command::new("rust-analyzer").arg("--version").output();
    if !version.is_ok_and(|version| version.status.success()) {
        return Ok(Answer::Missing);
    }
    let run = Command::new("rust-analyzer")
        .args(["diagnostics", "--severity", "error"])
        .arg(root)
        .output()?;
    let text = String::from_utf8_lossy(&run.stdout);
    if !text.contains("diagnostic scan complete") {
        let trouble = String::from_utf8_lossy(&run.stderr);
        return Err(std::io::Error::other(format!("it stopped early: {trouble}")));
    }
    Ok(Answer::Errors(errors(&text)))
}

/// The errors in the output; the rest is a progress bar.
fn errors(output: &str) -> Vec<String> {
    let found = output.lines().filter_map(|line| line.split_once("at crate "));
    found.map(|(_, error)| error.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_from_progress() {
        let output = "8/225 processing a.rs   at crate a, file a.rs: Error X: no method\n9/225\n";
        assert_eq!(errors(output), ["a, file a.rs: Error X: no method"]);
    }
}
