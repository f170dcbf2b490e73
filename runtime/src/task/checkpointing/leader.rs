//! Who leads a job from a directory: the store and the truth, between attempts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::choose::{Chosen, choose};
use super::fit::From;
use super::outline::Outline;
use super::restore::damage;
use super::savepoint;
use super::surroundings::Surroundings;
use crate::checkpoint::collect::{Collector, objects};
use crate::checkpoint::coordinator::{self, IDS, Outcome, Publication};
use crate::checkpoint::manifest::Manifest;
use crate::checkpoint::pointer::{
    Advance, CommitPermit, Pointer, PointerError, Retained, Status, Truth,
};
use crate::checkpoint::store::{Place, Store};
use crate::checkpoint::{Attempt, CheckpointError, CheckpointId, Fence, Reason};
use crate::error::JobError;
use crate::metrics::CheckpointLog;
use crate::task::CheckpointOptions;

/// The store and the truth of a job.
pub(in crate::task) struct Leader {
    pub(super) options: CheckpointOptions,
    pub(super) store: Arc<dyn Store>,
    pub(super) collector: Collector,
    pub(super) place: Place,
    pub(super) surroundings: Arc<dyn Surroundings>,
    pub(in crate::task) log: CheckpointLog,
    pointer: Pointer,
    /// What the last truth allows.
    permit: Option<CommitPermit>,
    /// The checkpoint that the last attempt went on from.
    chosen: Option<CheckpointId>,
    /// Those whose state cannot be read, and why.
    damaged: BTreeMap<CheckpointId, String>,
}

/// How a job begins in a directory.
pub(in crate::task) enum Begin {
    /// With an attempt.
    Lead(Box<Leader>),
    /// Not at all: it has finished before.
    Finished,
}

/// A checkpoint, and the store that it is in.
type Found = (Manifest, Arc<dyn Store>);

/// An attempt that was begun durably.
pub(in crate::task) struct Begun {
    pub(super) fence: Fence,
    /// What it goes on from, and where that is.
    pub(super) from: Option<Found>,
    pub(super) start: coordinator::Start,
}

impl Leader {
    /// Takes the lead of the job in a directory.
    pub(in crate::task) fn begin(
        options: &CheckpointOptions,
        surroundings: Arc<dyn Surroundings>,
    ) -> Result<Begin, CheckpointError> {
        let place = Place::parse(&options.dir)?;
        let store = surroundings.store(&place)?;
        if options.fresh {
            if place.directory().is_none() && !store.list(None)?.is_empty() {
                return Err(Reason::Fresh(place).into());
            }
            // Nobody else can look: the directory is locked.
            for path in store.list(None)? {
                store.delete(&path)?;
            }
        }
        let pointer = Pointer::claim(store.clone())?;
        let finished = |truth: &Truth| matches!(truth.status, Status::Finished { .. });
        if pointer.truth().is_some_and(finished) {
            return Ok(Begin::Finished);
        }
        Ok(Begin::Lead(Box::new(Leader {
            options: options.clone(),
            store,
            collector: Collector::default(),
            place,
            surroundings,
            log: CheckpointLog::default(),
            pointer,
            permit: None,
            chosen: None,
            damaged: BTreeMap::new(),
        })))
    }

    /// Begins the next attempt, from the last checkpoint if there is one.
    pub(in crate::task) fn attempt(
        &mut self,
        tasks: usize,
        outline: &Outline<'_>,
    ) -> Result<Begun, CheckpointError> {
        self.find_out()?;
        if self.is_finished() {
            return Err(Reason::Finished.into());
        }
        let mut truth = self.pointer.truth().cloned().unwrap_or(Truth {
            attempt: Attempt(0),
            id_high: CheckpointId(0),
            checkpoints: Vec::new(),
            status: Status::Running,
            parameters: String::new(),
        });
        let savepoint = self.savepoint(&truth)?;
        if let Some((savepoint, _)) = &savepoint {
            // What the job that left it has numbered is known to the targets of its sinks.
            truth.attempt = truth.attempt.max(savepoint.fence.attempt);
            truth.id_high = truth.id_high.max(savepoint.id);
        }
        let next_id = truth.id_high.next();
        truth.attempt = truth.attempt.next();
        truth.id_high = CheckpointId(truth.id_high.0 + IDS);
        let (retained, id_high, attempt) =
            (truth.checkpoints.clone(), truth.id_high, truth.attempt);
        match self.pointer.advance(truth)? {
            Advance::Won(_) => {}
            Advance::Lost => return Err(Reason::Deposed.into()),
        }
        let Chosen { manifest, usable, .. } = self.choose(&retained, attempt)?;
        let retained = usable.into_iter().map(|(one, _)| one).collect();
        let finished = manifest.as_ref().is_some_and(|own| own.finished);
        let own = manifest.map(|own| (own, self.store.clone(), From::Checkpoint));
        let savepoint = savepoint.map(|(manifest, store)| (manifest, store, From::Savepoint));
        let from = if cfg!(bug_30) { savepoint.or(own) } else { own.or(savepoint) };
        let adapted = from.map(|(manifest, store, from)| {
            outline.adapt(manifest, from, &self.options).map(|manifest| (manifest, store))
        });
        let from = adapted.transpose()?;
        let fence = Fence { epoch: self.pointer.epoch(), attempt };
        let tasks = u32::try_from(tasks).expect("tasks are threads' work: far fewer than 2^32");
        let start = coordinator::Start { fence, tasks, next_id, id_high, retained, finished };
        Ok(Begun { fence, from, start })
    }

    /// The savepoint to begin from, if there is no checkpoint yet.
    fn savepoint(&self, truth: &Truth) -> Result<Option<Found>, CheckpointError> {
        let Some(place) = &self.options.restore else { return Ok(None) };
        if !truth.checkpoints.is_empty() && !cfg!(bug_30) {
            tracing::info!("there are checkpoints, which go before the savepoint");
            return Ok(None);
        }
        Ok(Some(savepoint::open(&Place::parse(place)?, &*self.surroundings)?))
    }

    /// True if the truth is that the job never runs again.
    pub(in crate::task) fn is_finished(&self) -> bool {
        self.pointer.truth().is_some_and(|truth| matches!(truth.status, Status::Finished { .. }))
    }

    /// Finds out what became of the last publication of the attempt before.
    fn find_out(&mut self) -> Result<(), CheckpointError> {
        for _ in 0..Self::TRIES {
            if self.pointer.is_settled() {
                return Ok(());
            }
            match self.pointer.settle() {
                Ok(Advance::Won(_)) => {}
                Ok(Advance::Lost) => return Err(Reason::Deposed.into()),
                Err(error) if error.is_outcome_unknown() => self.surroundings.sleep(Self::RETRY),
                Err(error) => return Err(error.into()),
            }
        }
        Err(Reason::Unsettled.into())
    }

    /// How often that is tried.
    const TRIES: u32 = 100;
    const RETRY: std::time::Duration = std::time::Duration::from_millis(100);

    /// What to go on from. The files of these checkpoints stay, those of attempts that were given up go.
    fn choose(
        &mut self,
        retained: &[Retained],
        attempt: Attempt,
    ) -> Result<Chosen, CheckpointError> {
        let chosen = choose(&self.store, retained, &self.damaged)?;
        for (one, manifest) in &chosen.usable {
            self.collector.retain(one.id, objects(one, manifest));
        }
        if chosen.all
            && let Err(error) = self.collector.sweep(&*self.store, attempt)
        {
            tracing::warn!(%error, "files of earlier attempts stay");
        }
        self.chosen = chosen.manifest.as_ref().map(|manifest| manifest.id);
        Ok(chosen)
    }

    /// An attempt has failed before its tasks were open. True if that was because of what it went on from, which will
    /// not be gone on from again.
    pub(in crate::task) fn distrust(&mut self, error: &JobError) -> bool {
        let (Some(id), Some(why)) = (self.chosen, damage(error)) else { return false };
        self.damaged.insert(id, why).is_none()
    }

    /// Says what the coordinator wants to be the truth.
    pub(super) fn publish(&mut self, publication: Publication) -> Outcome {
        let truth = self.pointer.truth().expect("an attempt was begun");
        let status = if publication.finished {
            Status::Finished { summary: serde_json::Value::Null }
        } else {
            truth.status.clone()
        };
        let truth = Truth {
            id_high: publication.id_high,
            checkpoints: publication.checkpoints,
            status,
            ..truth.clone()
        };
        let advanced = self.pointer.advance(truth);
        self.outcome(advanced)
    }

    /// Finds out what became of the last publication.
    pub(super) fn settle(&mut self) -> Outcome {
        let settled = self.pointer.settle();
        self.outcome(settled)
    }

    fn outcome(&mut self, advanced: Result<Advance, PointerError>) -> Outcome {
        match advanced {
            Ok(Advance::Won(permit)) => {
                self.permit = Some(permit);
                Outcome::Won
            }
            Ok(Advance::Lost) => Outcome::Lost,
            Err(error) if error.is_outcome_unknown() => Outcome::Unknown,
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// What may be committed.
    ///
    /// # Panics
    /// Before a truth is won.
    pub(super) fn permit(&self) -> CommitPermit {
        self.permit.expect("what is committed was published")
    }

    /// Deletes some of what is not needed any more.
    pub(super) fn clean(&mut self) {
        if self.collector.waiting() == 0 {
            return;
        }
        if let Err(error) = self.collector.collect(&*self.store, Self::CLEANED) {
            tracing::warn!(%error, "files of past checkpoints stay for now");
        }
        if let Err(error) = self.pointer.collect() {
            tracing::warn!(%error, "records that are past stay for now");
        }
    }

    /// Files that are deleted at once.
    const CLEANED: usize = 64;
}

#[cfg(test)]
mod tests;
