//! The truth of a job: which checkpoints there are, which attempt is the last one, whether it has ended.
//!
//! It is a chain of records, `pointer/<epoch>-<number>`, each of which carries all of it. A record can only be created,
//! never changed, and the last one counts:
//!
//! ```text
//! epoch 1   0 claim   1   2   3   4 seal          the leader of epoch 2 has sealed it
//! epoch 2   0 claim   1   2                       its leader would create number 3 next
//! ```
//!
//! A new leader *claims* the next epoch, by creating its number 0. Then it *seals* the epochs below, from the top: it
//! creates the number behind the last one; if somebody was there before, it adopts that record and tries the one after.
//! A seal repeats what it adopted. It stops at the first epoch that holds a truth; one that was claimed only is sealed
//! empty. Its own number 1 is what makes it the leader: before, it may do nothing.
//!
//! # Why of two leaders one loses
//! A leader's next number is either its own record or a seal, whichever is created first; so once it is sealed, its
//! next record fails, and it stops. Records are deleted, and a number that is gone could be created again: a leader
//! that slept would win what others have long moved beyond (slatedb RFC-0026). Three rules keep it from that.
//!
//! 1. *Claims, seals and what they seal are never deleted.* A leader that wakes meets the seal at its next number; if it
//!    was not sure whether its last record was created, it meets that, too.
//! 2. *A leader deletes a record only if the next epoch was not claimed when the record was past already.* Whoever
//!    seals has claimed first and listed then; all that is created behind what it has listed stays, for whoever deletes
//!    looks for a claim first. So it meets every one of these numbers, and seals the last.
//! 3. *Records of epochs below are deleted by a leader only, thus after everything below was sealed.* One that claimed
//!    and fell asleep before it sealed can then create a number among those that are gone. It adopts an old truth, but
//!    its own epoch was sealed, so that its number 1 fails.
//!
//! With each leader three records are added for good, and with checkpoints none.

mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{Body, Record};
pub(crate) use record::{Retained, Status, Truth};

use super::envelope::Broken;
use super::store::{Created, Store, StoreError, StorePath, pair};
use super::{CheckpointId, Epoch, Fence};

/// A leader's hold on the truth.
#[derive(Debug)]
pub(crate) struct Pointer {
    store: Arc<dyn Store>,
    epoch: Epoch,
    /// The last record of this epoch that is known to be there: 0 is the claim.
    number: u64,
    truth: Option<Truth>,
    /// The next record, which may be there or not.
    pending: Option<Truth>,
    /// True if the pending one may be there.
    is_unsure: bool,
    is_deposed: bool,
    /// Records that are past and were not deleted yet.
    past: BTreeSet<u64>,
    /// True if the records of the epochs below are deleted.
    is_below_clean: bool,
}

/// What came of [`Pointer::advance`].
#[derive(Debug)]
#[must_use]
pub(crate) enum Advance {
    /// It is the truth now.
    Won(CommitPermit),
    /// Somebody else leads the job: stop at once, delete nothing.
    Lost,
}

/// The right to make visible what sinks have prepared, up to a checkpoint. Only a truth that was won gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CommitPermit {
    fence: Fence,
    last: Option<CheckpointId>,
}

impl CommitPermit {
    /// Who may commit.
    #[cfg(test)]
    pub(crate) fn fence(&self) -> Fence {
        self.fence
    }

    /// True if what belongs to checkpoint `id`, or was carried into it, may be committed.
    pub(crate) fn covers(&self, id: CheckpointId) -> bool {
        self.last.is_some_and(|last| id <= last)
    }
}

/// Why the truth cannot be read or told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PointerError {
    /// The store does not do what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not what was written.
    #[error(
        "cannot tell which checkpoint is the last one: `{path}` cannot be used: {broken}\n\
         help: nothing was changed; {}", broken.help()
    )]
    Broken {
        /// Which.
        path: StorePath,
        /// Why.
        broken: Broken,
    },
    /// Others claim the job all the time, or it changes faster than it is read.
    #[error(
        "other processes keep on taking over this job\n\
         help: see that it is run once only; start it again when the others have stopped"
    )]
    Contended,
}

impl PointerError {
    /// True if it may have been done all the same: [`Pointer::settle`] tells. A record that cannot be used may be the
    /// one.
    pub(crate) fn is_outcome_unknown(&self) -> bool {
        match self {
            PointerError::Store(error) => error.is_outcome_unknown(),
            PointerError::Broken { .. } | PointerError::Contended => true,
        }
    }
}

/// As often as a step is tried against others, or against a store that does not say what it did.
const TRIES_MAX: usize = 100;
/// As often a create is repeated at once whose outcome is unknown.
const REPEATS_MAX: usize = 3;

impl Pointer {
    /// The truth as it is now, for whoever only looks. `None` if the job has never begun.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn look(store: &dyn Store) -> Result<Option<Truth>, PointerError> {
        'again: for _ in 0..TRIES_MAX {
            for (epoch, numbers) in list(store)?.into_iter().rev() {
                let Some(last) = numbers.last().copied().filter(|number| *number > 0) else {
                    continue;
                };
                let Some(record) = read(store, epoch, last)? else { continue 'again };
                if let Some(truth) = record.body.into_truth() {
                    return Ok(Some(truth));
                }
            }
            return Ok(None);
        }
        Err(PointerError::Contended)
    }

    /// Claims the job and seals what was before. The caller leads once it has won the first [`advance`](Self::advance),
    /// and may do nothing before.
    ///
    /// # Errors
    /// If the store does not answer, or others claim the job, too. It may be called again: each time with a new epoch.
    pub(crate) fn claim(store: Arc<dyn Store>) -> Result<Pointer, PointerError> {
        let last = list(&*store)?.last_key_value().map_or(Epoch(0), |(epoch, _)| *epoch);
        let mut epoch = last.next();
        let mut tries = 1;
        // One that exists may be this one's, if it was not sure: a claim that nobody acts on does no harm.
        while create(&*store, &path(epoch, 0), &claim_of(epoch))? == Created::Exists {
            if tries == TRIES_MAX {
                return Err(PointerError::Contended);
            }
            (epoch, tries) = (epoch.next(), tries + 1);
        }
        let mut truth = None;
        // Listed behind the claim, see rule 2.
        for (below, numbers) in list(&*store)?.into_iter().rev().filter(|(below, _)| *below < epoch)
        {
            truth = seal(&*store, below, numbers.last().copied().unwrap_or(0), epoch)?;
            if truth.is_some() {
                break;
            }
        }
        Ok(Pointer {
            store,
            epoch,
            number: 0,
            truth,
            pending: None,
            is_unsure: false,
            is_deposed: false,
            past: BTreeSet::new(),
            is_below_clean: false,
        })
    }

    /// The epoch that was claimed.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What was adopted, or won last. `None` if the job has never begun.
    pub(crate) fn truth(&self) -> Option<&Truth> {
        self.truth.as_ref()
    }

    /// False if it is not known what came of the last [`advance`](Self::advance).
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_none()
    }

    /// Makes `truth` the truth.
    ///
    /// # Errors
    /// If the store fails. If the outcome is unknown, [`settle`](Self::settle) has to tell it before anything else.
    ///
    /// # Panics
    /// If it goes back behind the truth that there is, or if that is not settled.
    pub(crate) fn advance(&mut self, truth: Truth) -> Result<Advance, PointerError> {
        assert!(self.pending.is_none(), "the truth before {truth:?} is not settled");
        truth.check(self.truth.as_ref());
        if self.is_deposed {
            return Ok(Advance::Lost);
        }
        self.pending = Some(truth);
        self.settle()
    }

    /// Finds out what became of the last [`advance`](Self::advance), by doing it again.
    ///
    /// # Errors
    /// As before.
    ///
    /// # Panics
    /// If nothing is to be settled.
    pub(crate) fn settle(&mut self) -> Result<Advance, PointerError> {
        let truth = self.pending.clone().expect("only what was begun can be settled");
        let number = self.number + 1;
        let place = path(self.epoch, number);
        let record = Record { epoch: self.epoch, number, body: Body::Truth(truth.clone()) };
        let bytes = record.encode().expect("a truth names a few checkpoints");
        let created = create(&*self.store, &place, &bytes).map_err(|error| self.unsure(error))?;
        let is_own = match created {
            Created::New => true,
            // Nobody but this leader creates truths of its epoch: either it is the one that was not sure, or a seal.
            Created::Exists => {
                self.is_unsure = true;
                let found = match read(&*self.store, self.epoch, number) {
                    Err(PointerError::Store(error)) => return Err(self.unsure(error).into()),
                    found => found?,
                };
                let found = found.unwrap_or_else(|| panic!("{place} was deleted under its leader"));
                matches!(found.body, Body::Truth(_))
            }
        };
        self.is_unsure = false;
        self.pending = None;
        if !is_own || cfg!(bug_25) && created == Created::Exists {
            self.is_deposed = true;
            return Ok(Advance::Lost);
        }
        if self.number > 0 {
            self.past.insert(self.number);
        }
        self.number = number;
        let fence = Fence { epoch: self.epoch, attempt: truth.attempt };
        let last = truth.checkpoints.last().map(|last| last.id);
        self.truth = Some(truth);
        Ok(Advance::Won(CommitPermit { fence, last }))
    }

    /// Deletes records that are past, and says how many. Does nothing before the first truth is won, or once somebody
    /// else has claimed the job.
    ///
    /// # Errors
    /// If the store fails: they are deleted the next time.
    pub(crate) fn collect(&mut self) -> Result<usize, PointerError> {
        if self.number == 0 || self.is_deposed || self.pending.is_some() {
            return Ok(0);
        }
        if self.store.size(&path(self.epoch.next(), 0))?.is_some() {
            return Ok(0); // Rule 2.
        }
        let mut deleted = 0;
        if !self.is_below_clean {
            deleted += self.clean_below()?;
            self.is_below_clean = true;
        }
        while let Some(number) = self.past.first().copied() {
            self.store.delete(&path(self.epoch, number))?;
            self.past.remove(&number);
            deleted += 1;
        }
        Ok(deleted)
    }

    /// Deletes the records of the epochs below but their claims, their seals, and the one before a seal.
    fn clean_below(&self) -> Result<usize, PointerError> {
        let mut deleted = 0;
        for (epoch, mut numbers) in list(&*self.store)? {
            if epoch < self.epoch {
                let seal = numbers.pop_last().unwrap_or(0);
                let kept = if cfg!(bug_26) { u64::MAX } else { seal.saturating_sub(1) };
                numbers.extend(cfg!(bug_26).then_some(seal));
                for number in numbers.into_iter().filter(|number| (1..kept).contains(number)) {
                    self.store.delete(&path(epoch, number))?;
                    deleted += 1;
                }
            }
        }
        Ok(deleted)
    }

    /// What an error says about the record that was to be created. Once it may be there, that it is not created now
    /// does not mean that it is not there.
    fn unsure(&mut self, error: StoreError) -> StoreError {
        self.is_unsure |= error.is_outcome_unknown();
        if self.is_unsure {
            return error.outcome_unknown();
        }
        self.pending = None;
        error
    }
}

fn path(epoch: Epoch, number: u64) -> StorePath {
    let path = format!("pointer/{epoch}-{number}");
    StorePath::parse(path).expect("numbers and a fixed word are segments of a path")
}

fn claim_of(epoch: Epoch) -> Vec<u8> {
    Record { epoch, number: 0, body: Body::Claim }.encode().expect("a claim is short")
}

/// The numbers of the records there are, by epoch.
fn list(store: &dyn Store) -> Result<BTreeMap<Epoch, BTreeSet<u64>>, StoreError> {
    let folder = StorePath::parse("pointer").expect("a word is a segment");
    let mut numbers: BTreeMap<Epoch, BTreeSet<u64>> = BTreeMap::new();
    for path in store.list(Some(&folder))? {
        let name = path.as_str().strip_prefix("pointer/");
        if let Some((epoch, number)) = name.and_then(pair) {
            numbers.entry(Epoch(epoch)).or_default().insert(number);
        }
    }
    Ok(numbers)
}

fn read(store: &dyn Store, epoch: Epoch, number: u64) -> Result<Option<Record>, PointerError> {
    let path = path(epoch, number);
    let Some(bytes) = store.read(&path, Some(0..Record::BYTES_MAX + 1))? else { return Ok(None) };
    let record = Record::decode(&bytes, epoch, number);
    record.map(Some).map_err(|broken| PointerError::Broken { path, broken })
}

/// Creates, and does so again as long as it is not known whether it was done.
fn create(store: &dyn Store, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError> {
    let mut repeats = 0;
    let mut was_unknown = false;
    loop {
        match store.create(path, bytes) {
            Err(error) if error.is_outcome_unknown() && repeats < REPEATS_MAX => {
                (repeats, was_unknown) = (repeats + 1, true);
            }
            // That this time it was not done says nothing about the time before.
            Err(error) if was_unknown => return Err(error.outcome_unknown()),
            outcome => return outcome,
        }
    }
}

/// Seals an epoch whose record `last` was listed, and adopts what it holds: `None` if that is no truth.
fn seal(
    store: &dyn Store,
    epoch: Epoch,
    last: u64,
    by: Epoch,
) -> Result<Option<Truth>, PointerError> {
    let mut number = last;
    let mut adopted = None;
    for _ in 0..TRIES_MAX {
        if number > 0 {
            let record = read(store, epoch, number)?.ok_or(PointerError::Contended)?;
            if let Body::Seal { adopted, .. } = record.body {
                return Ok(adopted);
            }
            adopted = record.body.into_truth();
        }
        number += 1;
        let body = Body::Seal { by, adopted: adopted.clone() };
        let place = path(epoch, number);
        let bytes = Record { epoch, number, body }
            .encode()
            .map_err(|broken| PointerError::Broken { path: place.clone(), broken })?;
        if create(store, &place, &bytes)? == Created::New {
            return Ok(adopted);
        }
    }
    Err(PointerError::Contended)
}
