//! Which checkpoint an attempt goes on from: the last one, as long as it can be used.
//!
//! An older one would do, too, but for what sinks have made visible since: it would become visible again. So it is
//! gone back to only if no checkpoint behind it had anything to commit; else a person has to decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::checkpoint::CheckpointId;
use crate::checkpoint::manifest::Manifest;
use crate::checkpoint::pointer::Retained;
use crate::checkpoint::store::Store;
use crate::checkpoint::{CheckpointError, Reason};

/// What there is to go on from.
pub(super) struct Chosen {
    /// None if the job begins afresh.
    pub(super) manifest: Option<Manifest>,
    /// The checkpoints whose manifests can be read, from the oldest.
    pub(super) usable: Vec<(Retained, Manifest)>,
    /// All of them can be.
    pub(super) all: bool,
}

/// Chooses from what the pointer retains, from the oldest. `damaged` are those that were tried in vain, and why.
pub(super) fn choose(
    store: &Arc<dyn Store>,
    retained: &[Retained],
    damaged: &BTreeMap<CheckpointId, String>,
) -> Result<Chosen, CheckpointError> {
    let (mut manifest, mut usable, mut fault) = (None, Vec::new(), None);
    let mut all = true;
    for one in retained.iter().rev() {
        let read = match damaged.get(&one.id) {
            Some(why) => Err(why.clone()),
            None => read(&**store, one, manifest.is_none())?,
        };
        match read {
            Ok(read) => {
                manifest.get_or_insert_with(|| read.clone());
                usable.push((one.clone(), read));
            }
            Err(why) => {
                all = false;
                if manifest.is_none() && one.commits {
                    return Err(Reason::Committed { id: one.id, why }.into());
                }
                tracing::warn!(id = %one.id, why, "a checkpoint cannot be used");
                fault.get_or_insert((one.id, why));
            }
        }
    }
    match (&manifest, fault) {
        (None, Some((id, why))) => return Err(Reason::NoOther { id, why }.into()),
        (Some(older), Some((id, _))) if older.id < id => {
            tracing::warn!(id = %older.id, "going on from an older checkpoint");
        }
        _ => {}
    }
    usable.reverse();
    Ok(Chosen { manifest, usable, all })
}

/// Reads a manifest, and looks at its files if it is to be gone on from. The inner error is about this checkpoint, the
/// outer one about the store.
fn read(
    store: &dyn Store,
    retained: &Retained,
    with_files: bool,
) -> Result<Result<Manifest, String>, CheckpointError> {
    let manifest = match Manifest::read(store, retained) {
        Ok(manifest) => manifest,
        Err(error) if error.is_about_this_one() => return Ok(Err(without_help(&error))),
        Err(error) => return Err(error.into()),
    };
    let files = if with_files { &manifest.files[..] } else { &[] };
    for file in files {
        let fault = match store.size(&file.path)? {
            Some(len) if len == file.len => continue,
            Some(len) => format!("is damaged: it has {len} bytes, not {}", file.len),
            None => "is missing".to_owned(),
        };
        return Ok(Err(format!("the state file `{}` {fault}", file.path)));
    }
    Ok(Ok(manifest))
}

/// What an error says, without what it advises: somebody else has better advice.
pub(super) fn without_help(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    text.split("\nhelp: ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
