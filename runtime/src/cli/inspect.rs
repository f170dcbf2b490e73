//! `state inspect`: what is saved, read by its layouts alone, so that any job of this program can look at it.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write};
use std::ops::ControlFlow;

use super::screen::Screen;
use super::{EXIT_FAILED, opened, print, report};
use crate::checkpoint::manifest::{Manifest, OperatorState};
use crate::job::ArgumentError;
use crate::nearest::nearest;
use crate::task::Named;

/// What is to be shown.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Inspection {
    /// A savepoint, or a checkpoint directory.
    pub(crate) place: String,
    /// The operators are listed if none is named.
    pub(crate) operator: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) json: bool,
    pub(crate) limit: Option<u64>,
}

/// Entries that a table has if nothing else is said.
const SCREENFUL: u64 = 100;

/// Prints the operators of what is in a directory, or the entries of one.
pub(super) fn inspect(wanted: &Inspection, screen: &Screen) -> u8 {
    let Some(named) = opened(Named::open(&wanted.place), screen) else { return EXIT_FAILED };
    let operators = &named.manifest.operators;
    let Some(id) = &wanted.operator else {
        return print(&list(&named.manifest, wanted.json), screen);
    };
    match operators.iter().find(|operator| operator.id == *id) {
        Some(operator) => entries(&named, operator, wanted, screen),
        None => {
            report(screen, &unknown(id, operators));
            EXIT_FAILED
        }
    }
}

fn unknown(id: &str, operators: &[OperatorState]) -> ArgumentError {
    let help = match nearest(id, operators.iter().map(|operator| operator.id.as_str())) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "without --operator all are listed".to_owned(),
    };
    ArgumentError::Other(format!("nothing was saved of an operator `{id}`\nhelp: {help}"))
}

fn list(manifest: &Manifest, json: bool) -> String {
    let operators = &manifest.operators;
    let sections = operators
        .iter()
        .flat_map(|operator| operator.sections.iter().map(move |section| (operator, section)));
    let mut text = String::new();
    if json {
        for (operator, section) in sections {
            let row = serde_json::json!({
                "operator": operator.id, "meaning": operator.meaning, "section": section.name,
                "entries": section.entries, "bytes": section.bytes(), "layout": section.layout,
                "key_groups": section.bytes_by_group(manifest.key_groups),
            });
            let _ = writeln!(text, "{row}");
        }
        return text;
    }
    for operator in operators {
        let _ = writeln!(text, "{}: {}", operator.id, operator.meaning);
        for section in &operator.sections {
            let (name, entries, layout) = (&section.name, section.entries, &section.layout);
            let bytes = section.bytes();
            let _ =
                writeln!(text, "  {name:<16}  {entries:>12} entries  {bytes:>12} bytes  {layout}");
        }
    }
    text
}

/// Prints entries as they are read.
fn entries(named: &Named, operator: &OperatorState, wanted: &Inspection, screen: &Screen) -> u8 {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let limit = wanted.limit.unwrap_or(if wanted.json { u64::MAX } else { SCREENFUL });
    let (mut shown, mut failed, mut more) = (0, None, false);
    let read = named.entries(operator, wanted.key.as_deref(), &mut |section, generation, entry| {
        if shown == limit {
            more = true;
            return ControlFlow::Break(());
        }
        shown += 1;
        let line = if wanted.json {
            let mut row = serde_json::json!({ "section": section.name, "entry": entry });
            if generation > 0 {
                row["generation"] = generation.into();
            }
            row.to_string()
        } else if generation > 0 {
            row(&format!("{} +{generation}", section.name), &entry)
        } else {
            row(&section.name, &entry)
        };
        failed = writeln!(out, "{line}").err();
        if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let failed = failed.or(out.flush().err()).filter(|error| error.kind() != ErrorKind::BrokenPipe);
    if let Some(error) = failed {
        screen.print(&format!("error: cannot write to standard output: {error}\n"));
        return EXIT_FAILED;
    }
    if let Err(error) = read {
        report(screen, &error);
        return EXIT_FAILED;
    }
    if more && !wanted.json {
        screen.print(&format!("the first {limit} entries; --limit N shows more\n"));
    }
    0
}

/// The parts of an entry side by side.
fn row(section: &str, entry: &serde_json::Value) -> String {
    let parts: Vec<String> = match entry {
        serde_json::Value::Array(parts) => parts.iter().map(ToString::to_string).collect(),
        whole => vec![whole.to_string()],
    };
    format!("{section:<16}  {}", parts.join("  "))
}
