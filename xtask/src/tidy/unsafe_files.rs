//! Unsafe code stands in few files: each says why, and the architecture's document lists them.

use std::collections::BTreeSet;

use super::{ARCHITECTURE, Finding, quoted, section};
use crate::source::Source;

const HEADING: &str = "Unsafe code";

/// In two parts, so that this file is not one of them.
const PERMISSION: &str = concat!("allow(", "unsafe_code");

pub(super) fn check(files: &[Source]) -> Vec<Finding> {
    let rows = section(files, HEADING).lines().filter(|line| line.starts_with('|'));
    let listed: BTreeSet<_> =
        rows.filter_map(|row| quoted(row).next()).filter(|path| path.ends_with(".rs")).collect();
    let mut findings = Vec::new();
    let mut found = BTreeSet::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let Some((line, text)) = permission(file) else { continue };
        found.insert(file.path.as_str());
        if !text.contains("//") && !text.contains("reason") {
            findings.push(Finding::new(&file.path, line, "does not say why it needs `unsafe`"));
        }
        if !listed.contains(file.path.as_str()) {
            let what = format!("has `unsafe`, but {ARCHITECTURE} does not list it ({HEADING})");
            findings.push(Finding::new(&file.path, line, what));
        }
    }
    for path in listed.difference(&found) {
        let what = format!("lists `{path}` under {HEADING}, which has none");
        findings.push(Finding::new(ARCHITECTURE, 0, what));
    }
    findings
}

/// The line that permits unsafe code in the file or in a part of it.
fn permission(file: &Source) -> Option<(usize, &str)> {
    let mut lines = file.text.lines().enumerate();
    lines.find(|(_, line)| line.contains(PERMISSION)).map(|(index, line)| (index + 1, line))
}
