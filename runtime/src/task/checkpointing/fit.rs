//! What becomes of a checkpoint in a job that may have been changed since: what is kept, migrated, dropped and refused.
//!
//! Whoever only wants to know it, and whoever goes on from the checkpoint, asks here. States answer themselves: each is
//! given its part as in a restore, but for the entries.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::checkpoint::manifest::{Manifest, OperatorState, SinkState, SourceState};
use crate::checkpoint::{CheckpointError, Reason};
use crate::state::{LoadError, Saved, SavedBlock};
use crate::task::CheckpointOptions;
use crate::task::restored::RestoredState;
use crate::task::snapshot::Connector;
use crate::task::survey::Survey;
use crate::time::Timestamp;

/// What becomes of all parts of a checkpoint.
pub(crate) struct Fit {
    pub(crate) parts: Vec<Part>,
    /// The operators of the job.
    operators: Vec<String>,
}

/// A part of a checkpoint, or of the job.
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    pub(crate) id: String,
    /// Entries that are saved.
    pub(crate) entries: u64,
    pub(crate) fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PartKind {
    Operator,
    Source,
    Sink,
}

/// What becomes of a part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Kept,
    /// With these changes.
    Migrated(Vec<String>),
    /// There is nothing of it in the checkpoint: it begins empty.
    Added,
    /// The job has no place for it: only if that is allowed.
    Dropped,
    /// And why.
    Refused(String),
}

/// What a job goes on from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum From {
    /// A checkpoint of its own: it is the same job.
    Checkpoint,
    /// A savepoint: of this job, or of another one.
    Savepoint,
}

impl Fit {
    /// Whether the job can go on from it.
    ///
    /// # Errors
    /// If it cannot: all that is in the way.
    pub(crate) fn check(&self, may_drop: bool) -> Result<(), CheckpointError> {
        let refused = self.parts.iter().filter_map(|part| match &part.fate {
            Fate::Refused(why) => Some(why.clone()),
            _ => None,
        });
        let refused: Vec<String> = refused.collect();
        if !refused.is_empty() {
            return Err(Reason::Refused(all_of(&refused)).into());
        }
        let dropped = self.parts.iter().filter(|part| part.fate == Fate::Dropped);
        let dropped: Vec<String> = dropped.map(Part::words).collect();
        if dropped.is_empty() || may_drop {
            return Ok(());
        }
        let now = self.operators.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        Err(Reason::Unknown { saved: dropped.join(", "), now }.into())
    }
}

/// Several errors as one: what is wrong, then all advice.
fn all_of(errors: &[String]) -> String {
    let (mut wrong, mut advice) = (Vec::new(), Vec::new());
    for error in errors {
        let mut parts = error.split("\nhelp: ");
        wrong.extend(parts.next());
        advice.extend(parts);
    }
    advice.dedup();
    let advice = advice.iter().map(|advice| format!("\nhelp: {advice}"));
    wrong.join("\n") + &advice.collect::<String>()
}

impl Part {
    fn words(&self) -> String {
        match self.kind {
            PartKind::Operator => format!("state of the operator `{}`", self.id),
            PartKind::Source => format!("unread input of the source `{}`", self.id),
            PartKind::Sink => format!("output of the sink `{}`", self.id),
        }
    }
}

/// Says what becomes of a checkpoint, and makes of it what the job goes on from: with the names that it uses now.
///
/// # Errors
/// If it is divided in another way, or a name that is given up is not there.
pub(crate) fn fit(
    mut manifest: Manifest,
    from: From,
    survey: &Survey,
    key_groups: u32,
    options: &CheckpointOptions,
) -> Result<(Manifest, Fit), CheckpointError> {
    if manifest.key_groups != key_groups {
        return Err(Reason::KeyGroups { saved: manifest.key_groups, now: key_groups }.into());
    }
    for (old, new) in &options.renames {
        rename(&mut manifest, survey, old, new)?;
    }
    let mut parts: Vec<Part> =
        manifest.operators.iter().filter_map(|operator| of_operator(operator, survey)).collect();
    let saved: BTreeSet<&str> = manifest.operators.iter().map(|it| it.id.as_str()).collect();
    let added = survey.states.keys().filter(|id| !saved.contains(id.as_str()));
    parts.extend(added.map(|id| Part::new(PartKind::Operator, id, 0, Fate::Added)));
    for source in &mut manifest.sources {
        parts.extend(of_source(source, survey, options.allow_changed_source));
    }
    for sink in &mut manifest.sinks {
        parts.extend(of_sink(sink, survey, from));
    }
    let operators = survey.states.keys().cloned().collect();
    Ok((manifest, Fit { parts, operators }))
}

impl Part {
    fn new(kind: PartKind, id: &str, entries: u64, fate: Fate) -> Part {
        Part { kind, id: id.to_owned(), entries, fate }
    }
}

/// Gives an operator of the checkpoint the name that it has now. Checkpoints that were taken since have the new one.
fn rename(
    manifest: &mut Manifest,
    survey: &Survey,
    old: &str,
    new: &str,
) -> Result<(), CheckpointError> {
    let (old_id, new_id) = (old.to_owned(), new.to_owned());
    let refuse = |what| Err(Reason::Rename { old: old_id, new: new_id, what }.into());
    let has = |id: &str| manifest.operators.iter().any(|operator| operator.id == id);
    if !survey.states.contains_key(new) {
        return refuse("the job has no operator of the new name");
    }
    match (has(old), has(new)) {
        (false, false) => refuse("the checkpoint has no operator of the old name"),
        (true, true) => refuse("the checkpoint has an operator of the new name already"),
        (false, true) => Ok(()),
        (true, false) => {
            for operator in manifest.operators.iter_mut().filter(|operator| operator.id == old) {
                new.clone_into(&mut operator.id);
            }
            Ok(())
        }
    }
}

fn of_operator(operator: &OperatorState, survey: &Survey) -> Option<Part> {
    let entries = operator.sections.iter().map(|section| section.entries).sum();
    let part = |fate| Some(Part::new(PartKind::Operator, &operator.id, entries, fate));
    let Some(state) = survey.states.get(&operator.id) else {
        // What is empty is missed by nobody.
        return if entries == 0 { None } else { part(Fate::Dropped) };
    };
    let hollow = Arc::new(Hollow::new(operator.clone()));
    let restored = RestoredState {
        meaning: operator.meaning.clone(),
        saved: hollow.clone(),
        watermark: Timestamp(operator.watermark),
    };
    let given = restored.give_to(&mut *state.borrow_mut(), 0..=u64::MAX, Timestamp::MIN);
    if let Err(error) = given {
        let id = &operator.id;
        return part(Fate::Refused(format!("the state of `{id}` cannot be restored: {error}")));
    }
    let (asked, changes) = hollow.answers();
    let unread = operator.sections.iter().find(|it| it.entries > 0 && !asked.contains(&it.name));
    if let Some(section) = unread {
        let (id, name) = (&operator.id, &section.name);
        let why = format!(
            "the state of `{id}` cannot be restored: the operator has no use for what was saved as `{name}`\n\
             help: write the operator as it was; or give it another `.uid(..)`, and drop what was saved with --allow-dropped-state"
        );
        return part(Fate::Refused(why));
    }
    part(if changes.is_empty() { Fate::Kept } else { Fate::Migrated(changes) })
}

fn of_source(source: &mut SourceState, survey: &Survey, may_change: bool) -> Option<Part> {
    let part = |id: &str, fate| Some(Part::new(PartKind::Source, id, 0, fate));
    let is_read = source.splits.iter().all(|split| split.ended);
    let Some(now) = survey.connectors.get(&(Connector::Source, source.id.clone())) else {
        return if is_read { None } else { part(&source.id, Fate::Dropped) };
    };
    if source.parameters == *now {
        return part(&source.id, Fate::Kept);
    }
    if !may_change {
        let why = another("source", &source.id, &source.parameters, now);
        let help = "help: start the job as before, or go on at the same places of this one with --allow-changed-source";
        return part(&source.id, Fate::Refused(format!("{why}\n{help}")));
    }
    now.clone_into(&mut source.parameters);
    part(&source.id, Fate::Migrated(vec!["it reads elsewhere, at the same places".to_owned()]))
}

/// What a savepoint has prepared belongs to the job that made it, which makes it visible: in another place it is not
/// shown again. A job's own checkpoint goes on with all that it has prepared.
fn of_sink(sink: &mut SinkState, survey: &Survey, from: From) -> Option<Part> {
    let part = |id: &str, fate| Some(Part::new(PartKind::Sink, id, 0, fate));
    let Some(now) = survey.connectors.get(&(Connector::Sink, sink.id.clone())) else {
        return if sink.committables.is_empty() { None } else { part(&sink.id, Fate::Dropped) };
    };
    if sink.parameters == *now {
        return part(&sink.id, Fate::Kept);
    }
    if from == From::Checkpoint {
        let why = another("sink", &sink.id, &sink.parameters, now);
        let help = "help: start the job as before, or begin from a savepoint with another checkpoint directory";
        return part(&sink.id, Fate::Refused(format!("{why}\n{help}")));
    }
    sink.committables.clear();
    now.clone_into(&mut sink.parameters);
    part(&sink.id, Fate::Migrated(vec!["it writes elsewhere from here on".to_owned()]))
}

fn another(what: &str, id: &str, saved: &str, now: &str) -> String {
    format!(
        "the {what} `{id}` is not the one that the checkpoint was taken with\n  checkpoint: {saved}\n  now:        {now}"
    )
}

/// A saved state without its entries, which takes note of what it is asked for.
struct Hollow {
    operator: OperatorState,
    /// The sections that were asked for, and what is changed in them.
    answers: Mutex<(BTreeSet<String>, Vec<String>)>,
}

impl Hollow {
    fn new(operator: OperatorState) -> Hollow {
        Hollow { operator, answers: Mutex::default() }
    }

    fn answers(&self) -> (BTreeSet<String>, Vec<String>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Saved for Hollow {
    fn layout(&self, section: &str) -> Option<&str> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.0.insert(section.to_owned());
        let section = self.operator.sections.iter().find(|known| known.name == section);
        section.map(|section| section.layout.as_str())
    }

    fn blocks(&self, _: &str) -> Vec<SavedBlock> {
        Vec::new()
    }

    fn generations(&self) -> u32 {
        1
    }

    fn note(&self, name: &str) -> Option<i64> {
        self.operator.notes.get(name).copied()
    }

    fn migrates(&self, _: &str, changes: &[String]) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            if !answers.1.contains(change) {
                answers.1.push(change.clone());
            }
        }
    }

    fn read(&self, section: &str, _: usize) -> Result<Vec<u8>, LoadError> {
        unreachable!("`{section}` has no blocks here")
    }
}
