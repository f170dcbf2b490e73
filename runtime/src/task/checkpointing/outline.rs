//! What a job consists of, by the names under which its checkpoints know it.

use std::collections::BTreeSet;

use crate::checkpoint::manifest::Manifest;
use crate::checkpoint::{CheckpointError, Reason};
use crate::plan::Plan;

/// The names of a job's parts.
pub(in crate::task) struct Outline {
    pub(super) job: String,
    pub(super) key_groups: u32,
    operators: BTreeSet<String>,
    sources: BTreeSet<String>,
    sinks: BTreeSet<String>,
}

impl Outline {
    /// Those of a plan.
    pub(in crate::task) fn of(plan: &Plan, job: &str, key_groups: u32) -> Outline {
        let operators = plan.chains().iter().flat_map(|chain| &chain.spec.operators);
        let ids = operators.map(|operator| operator.id.to_string()).filter(|id| !id.is_empty());
        let labels = |is_source| {
            let labels = plan.labels().iter().filter(move |label| label.is_source == is_source);
            labels.map(|label| label.name.clone()).collect()
        };
        let (sources, sinks) = (labels(true), labels(false));
        Outline { job: job.to_owned(), key_groups, operators: ids.collect(), sources, sinks }
    }

    /// Whether this job can go on from a checkpoint: what that one holds is some part's, unless it may be dropped.
    pub(super) fn check(&self, manifest: &Manifest, may_drop: bool) -> Result<(), CheckpointError> {
        if manifest.key_groups != self.key_groups {
            let saved = manifest.key_groups;
            return Err(Reason::KeyGroups { saved, now: self.key_groups }.into());
        }
        if may_drop {
            return Ok(());
        }
        let operators = manifest.operators.iter().map(|operator| &operator.id);
        refuse("state of the operator", operators, &self.operators)?;
        let sources = manifest.sources.iter().filter(|it| it.splits.iter().any(|it| !it.ended));
        refuse("unread input of the source", sources.map(|source| &source.id), &self.sources)?;
        let sinks = manifest.sinks.iter().filter(|sink| !sink.committables.is_empty());
        refuse("output of the sink", sinks.map(|sink| &sink.id), &self.sinks)
    }
}

fn refuse<'m>(
    what: &'static str,
    saved: impl Iterator<Item = &'m String>,
    now: &BTreeSet<String>,
) -> Result<(), CheckpointError> {
    let quoted = |names: Vec<&String>| {
        names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let unknown: Vec<_> = saved.filter(|name| !now.contains(*name)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let (saved, now) = (quoted(unknown), quoted(now.iter().collect()));
    Err(Reason::Unknown { what, saved, now }.into())
}
