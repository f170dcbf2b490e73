//! `plan --diff`: what would become of a savepoint in this job, before it is started.

use std::fmt::Write;

use super::request::{Format, Request};
use super::screen::Screen;
use super::{EXIT_FAILED, cores, opened, print, refuse};
use crate::job::{RunError, prepare};
use crate::task::{Fate, Fit, Named, Options, PartKind};

/// Prints what would become of what is in `place`. Fails if the job could not go on from it.
pub(super) fn diff(request: &Request, place: &str, format: Format, screen: &Screen) -> u8 {
    let plan = match prepare(&request.definition, &request.arguments, &request.operators) {
        Ok(plan) => plan,
        Err(error) => return refuse(&error, screen),
    };
    let Some(named) = opened(Named::open(place), screen) else { return EXIT_FAILED };
    let parallelism = request.options.parallelism.unwrap_or_else(cores);
    let options = Options { parallelism, ..Options::default() };
    let terms = &request.options.terms;
    let fit = match named.fit(&plan, &options, terms) {
        Ok(fit) => fit,
        Err(error) => return refuse(&RunError::Job(error), screen),
    };
    let works = fit.check(terms.allow_dropped_state).is_ok();
    let text = match format {
        Format::Json => json(&fit, works),
        _ => table(&named, &fit, works, terms.allow_dropped_state),
    };
    let printed = print(&text, screen);
    if works { printed } else { EXIT_FAILED }
}

fn table(named: &Named, fit: &Fit, works: bool, may_drop: bool) -> String {
    let what = if named.is_savepoint() { "savepoint" } else { "checkpoint" };
    let mut text = format!("{what} {} of the job `{}`\n\n", named.manifest.id, named.manifest.job);
    let width = fit.parts.iter().map(|part| part.id.chars().count()).max().unwrap_or(0).max(2);
    let _ = writeln!(text, "{:<8}  {:<width$}  {:>9}  in this job", "", "id", "entries");
    for part in &fit.parts {
        let entries = match part.kind {
            PartKind::Operator => part.entries.to_string(),
            PartKind::Source | PartKind::Sink => String::new(),
        };
        let fate = words(&part.fate, may_drop).replace('\n', "\n    ");
        let _ = writeln!(text, "{:<8}  {:<width$}  {entries:>9}  {fate}", kind(part.kind), part.id);
    }
    text.push_str(if works {
        "\nthe job can go on from it\n"
    } else {
        "\nthe job cannot go on from it\n"
    });
    text
}

fn kind(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Operator => "operator",
        PartKind::Source => "source",
        PartKind::Sink => "sink",
    }
}

fn words(fate: &Fate, may_drop: bool) -> String {
    match fate {
        Fate::Kept => "kept".to_owned(),
        Fate::Migrated(changes) => format!("changed: {}", changes.join("; ")),
        Fate::Added => "new: begins empty".to_owned(),
        Fate::Dropped if may_drop => "dropped".to_owned(),
        Fate::Dropped => {
            "refused: the job has no such part; --allow-dropped-state drops it".to_owned()
        }
        Fate::Refused(why) => format!("refused: {why}"),
    }
}

fn json(fit: &Fit, works: bool) -> String {
    let parts = fit.parts.iter().map(|part| {
        let (fate, notes) = match &part.fate {
            Fate::Kept => ("kept", Vec::new()),
            Fate::Migrated(changes) => ("changed", changes.clone()),
            Fate::Added => ("new", Vec::new()),
            Fate::Dropped => ("dropped", Vec::new()),
            Fate::Refused(why) => ("refused", vec![why.clone()]),
        };
        serde_json::json!({
            "kind": kind(part.kind), "id": part.id, "entries": part.entries, "fate": fate, "notes": notes,
        })
    });
    let parts: Vec<_> = parts.collect();
    format!("{}\n", serde_json::json!({ "works": works, "parts": parts }))
}
