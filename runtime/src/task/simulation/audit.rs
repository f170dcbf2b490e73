//! Looks at a directory behind each change: the truth never goes back, and what it retains is there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::checkpoint::collect::objects;
use crate::checkpoint::manifest::Manifest;
use crate::checkpoint::pointer::{Pointer, Status, Truth};
use crate::checkpoint::store::memory::MemoryStore;
use crate::checkpoint::store::{Store, StorePath};
use crate::connector::Position;
use crate::task::dice::Dice;

/// A split that was not read to its end, and how far it was.
pub(super) type Unread = (String, Option<Position>);

/// What is known of a directory.
#[derive(Default)]
pub(super) struct Audit {
    truth: Option<Truth>,
    /// The objects of the checkpoints that the truth retains, by manifest.
    needed: BTreeMap<StorePath, BTreeSet<StorePath>>,
    /// What was not read to its end in the last checkpoint.
    pub(super) unread: Vec<Unread>,
    /// The process that was the last to claim the job.
    pub(super) claimed_by: Option<usize>,
    /// Objects were damaged: what should be there may not be, by no fault of the job.
    pub(super) is_damaged: bool,
    pub(super) violations: Vec<String>,
}

impl Audit {
    /// Damages an object that a retained checkpoint needs, if there is one: flips a bit of it, or cuts it off.
    pub(super) fn damage(&mut self, store: &MemoryStore, dice: &mut Dice) -> Option<StorePath> {
        let needed: Vec<_> = self.needed.values().flatten().collect();
        let path = needed.get(dice.below(needed.len())).copied()?.clone();
        let (at, cuts) = (dice.next() as usize, dice.below(2) == 0);
        store.damage(&path, |bytes| match (bytes.len(), cuts) {
            (0, _) => {}
            (len, true) => bytes.truncate(at % len),
            (len, false) => bytes[at % len] ^= 1 << (at >> 32 & 7),
        });
        self.is_damaged = true;
        Some(path)
    }

    /// The last checkpoint that is the truth.
    pub(super) fn last(&self) -> Option<u64> {
        self.truth.as_ref()?.checkpoints.last().map(|last| last.id.0)
    }

    /// A record of the pointer was created.
    pub(super) fn pointer_changed(&mut self, store: &MemoryStore) {
        let truth = match Pointer::look(store) {
            Ok(truth) => truth,
            Err(error) => return self.violations.push(format!("C1: the truth is gone: {error}")),
        };
        if truth == self.truth {
            return;
        }
        if let Some(what) = goes_back(self.truth.as_ref(), truth.as_ref()) {
            self.violations.push(format!("C1: {what}: {:?}, then {truth:?}", self.truth));
        }
        self.truth = truth;
        let retained = self.truth.iter().flat_map(|truth| &truth.checkpoints);
        let retained: Vec<_> = retained.cloned().collect();
        self.needed.retain(|manifest, _| retained.iter().any(|one| one.manifest == *manifest));
        for one in retained {
            let Entry::Vacant(place) = self.needed.entry(one.manifest.clone()) else { continue };
            let mut violation =
                |what: String| self.violations.push(format!("C3: checkpoint {}: {what}", one.id));
            match Manifest::read(store, &one) {
                Ok(manifest) => {
                    let whole = are_there(store, &manifest);
                    whole.err().filter(|_| !self.is_damaged).into_iter().for_each(&mut violation);
                    place.insert(objects(&one, &manifest));
                    self.unread = unread(manifest);
                }
                Err(_) if self.is_damaged => {}
                Err(error) => violation(error.to_string()),
            }
        }
    }

    /// A savepoint is said to be there.
    pub(super) fn look_at_savepoint(&mut self, store: &MemoryStore) {
        let path = StorePath::parse("MANIFEST").expect("a word is a path");
        let checked = match Manifest::open(store, &path) {
            Ok(manifest) => are_there(store, &manifest),
            Err(error) => Err(error.to_string()),
        };
        if let Err(what) = checked {
            self.violations.push(format!("a savepoint is not whole: {what}"));
        }
    }

    /// An object was deleted.
    pub(super) fn deleted(&mut self, store: &MemoryStore, path: &StorePath) {
        if self.needed.values().any(|objects| objects.contains(path)) {
            self.violations.push(format!("C3: {path} is deleted, and retained"));
        }
        if path.as_str().starts_with("pointer/") {
            let before = self.truth.clone();
            self.pointer_changed(store);
            if before != self.truth {
                self.violations.push(format!("C1: the truth goes with {path}"));
            }
        }
    }
}

/// In what a truth goes back behind the one before.
fn goes_back(before: Option<&Truth>, now: Option<&Truth>) -> Option<&'static str> {
    let before = before?;
    let Some(now) = now else { return Some("there is no truth any more") };
    let last = |truth: &Truth| truth.checkpoints.last().map(|last| last.id);
    let is_finished = |truth: &Truth| matches!(truth.status, Status::Finished { .. });
    if last(now) < last(before) {
        Some("the last checkpoint goes back")
    } else if now.attempt < before.attempt || now.id_high < before.id_high {
        Some("numbers go back")
    } else if is_finished(before) && !is_finished(now) {
        Some("a finished job runs again")
    } else {
        None
    }
}

fn unread(manifest: Manifest) -> Vec<Unread> {
    let splits = manifest.sources.into_iter().flat_map(|source| source.splits);
    let unread = splits.filter(|split| !split.ended);
    unread.map(|split| (split.split.id, split.position)).collect()
}

/// Whether a manifest's files are there, and as long as it says.
fn are_there(store: &MemoryStore, manifest: &Manifest) -> Result<(), String> {
    for file in &manifest.files {
        match store.size(&file.path) {
            Ok(Some(len)) if len == file.len => {}
            size => return Err(format!("{} is {size:?}, not {} bytes", file.path, file.len)),
        }
    }
    Ok(())
}
