//! Rules of the house that clippy has no lint for. Each file of this module is one rule.
//!
//! A rule is a function from the files to what it found, so it is tested on files made up for the
//! purpose; one test runs all rules on the workspace itself.

mod layers;
mod length;
#[cfg(test)]
mod tests;
mod unsafe_files;
mod words;

use std::fmt;
use std::path::Path;

use crate::source::{self, Source};

/// The document that the layers and the unsafe files are read from.
const ARCHITECTURE: &str = "ARCHITECTURE.md";

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the workspace.
    path: String,
    /// From 1; 0 speaks of the whole file.
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Applies every rule to the workspace at `root`.
///
/// # Panics
///
/// If a file cannot be read.
pub fn check(root: &Path) -> Vec<Finding> {
    check_files(&source::read_all(root))
}

fn check_files(files: &[Source]) -> Vec<Finding> {
    let rules = [length::check, words::check, unsafe_files::check, layers::check];
    let mut findings: Vec<_> = rules.iter().flat_map(|rule| rule(files)).collect();
    findings.sort();
    findings
}

/// The text of the architecture's document from `heading` to the next one; empty if there is none.
fn section<'a>(files: &'a [Source], heading: &str) -> &'a str {
    let document = files.iter().find(|file| file.path == ARCHITECTURE);
    let text = document.map_or("", |file| file.text.as_str());
    let after = text.split_once(&format!("\n## {heading}\n")).map_or("", |(_, after)| after);
    after.split("\n## ").next().unwrap_or("")
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}
