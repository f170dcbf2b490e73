//! Leaders that stall, overlap and are told nothing, against the law: every truth follows the one before it.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use proptest::prelude::*;

use super::super::store::memory::{Injected, MemoryStore, Operation};
use super::super::store::{Fault, Upload};
use super::super::{Attempt, Digest};
use super::*;

fn retained(id: u64) -> Retained {
    let manifest = StorePath::parse(format!("chk-{id}/1-1/MANIFEST")).unwrap();
    Retained { id: CheckpointId(id), manifest, len: 10, digest: Digest::of(b""), commits: false }
}

fn truth(attempt: u64, ids: &[u64]) -> Truth {
    Truth {
        attempt: Attempt(attempt),
        id_high: CheckpointId(1000),
        checkpoints: ids.iter().map(|id| retained(*id)).collect(),
        status: Status::Running,
        parameters: String::new(),
    }
}

#[track_caller]
fn won(advance: Result<Advance, PointerError>) -> CommitPermit {
    match advance.unwrap() {
        Advance::Won(permit) => permit,
        Advance::Lost => panic!("lost"),
    }
}

#[track_caller]
fn lost(advance: Result<Advance, PointerError>) {
    assert!(matches!(advance.unwrap(), Advance::Lost));
}

fn names(store: &dyn Store) -> Vec<String> {
    let folder = StorePath::parse("pointer").unwrap();
    let listed = store.list(Some(&folder)).unwrap();
    listed.iter().map(|path| path.as_str().replace("pointer/", "")).collect()
}

fn claim(store: &MemoryStore) -> Pointer {
    Pointer::claim(Arc::new(store.clone())).unwrap()
}

#[test]
fn a_job_begins_goes_on_and_is_taken_over() {
    let store = MemoryStore::default();
    assert_eq!(Pointer::look(&store).unwrap(), None);
    let mut first = claim(&store);
    assert_eq!((first.epoch(), first.truth()), (Epoch(1), None));
    assert_eq!(Pointer::look(&store).unwrap(), None);
    assert!(!won(first.advance(truth(1, &[]))).covers(CheckpointId(1)));
    let permit = won(first.advance(truth(1, &[7])));
    assert!(permit.covers(CheckpointId(7)) && !permit.covers(CheckpointId(8)));
    assert_eq!(permit.fence(), Fence { epoch: Epoch(1), attempt: Attempt(1) });

    let mut second = claim(&store);
    assert_eq!(second.truth(), Some(&truth(1, &[7])));
    lost(first.advance(truth(1, &[7, 8])));
    lost(first.advance(truth(1, &[7, 9])));
    won(second.advance(truth(2, &[7])));
    assert_eq!(names(&store), ["1-0", "1-1", "1-2", "1-3", "2-0", "2-1"]);
    assert_eq!(Pointer::look(&store).unwrap(), Some(truth(2, &[7])));
}

#[test]
fn nothing_grows_with_the_number_of_checkpoints() {
    let store = MemoryStore::default();
    for leader in 1..=3 {
        let mut pointer = claim(&store);
        for id in 1..=20 {
            won(pointer.advance(truth(leader, &[leader * 100 + id])));
            pointer.collect().unwrap();
        }
        drop(pointer);
    }
    assert_eq!(names(&store), ["1-0", "1-20", "1-21", "2-0", "2-20", "2-21", "3-0", "3-20"]);
}

#[test]
fn a_leader_that_was_only_claimed_is_sealed() {
    let store = MemoryStore::default();
    won(claim(&store).advance(truth(1, &[4])));
    let mut asleep = claim(&store);
    let mut awake = claim(&store);
    assert_eq!(awake.truth(), Some(&truth(1, &[4])));
    lost(asleep.advance(truth(2, &[4])));
    assert_eq!(asleep.collect().unwrap(), 0);
    won(awake.advance(truth(2, &[4, 5])));
    assert_eq!(claim(&store).truth(), Some(&truth(2, &[4, 5])));
}

#[test]
fn bug_25_a_record_whose_creation_was_not_confirmed_is_found() {
    for injected in [Injected::Applied, Injected::Lost] {
        for times in [1, REPEATS_MAX + 1] {
            let store = MemoryStore::default();
            let mut pointer = claim(&store);
            won(pointer.advance(truth(1, &[1])));
            let mut left = times;
            store.inject(move |operation, _| {
                let fails = operation == Operation::Create && left > 0;
                left -= usize::from(fails);
                fails.then_some(injected)
            });
            let advance = pointer.advance(truth(1, &[1, 2]));
            if times == 1 {
                won(advance);
            } else {
                assert!(advance.unwrap_err().is_outcome_unknown());
                assert_eq!(pointer.truth(), Some(&truth(1, &[1])));
                assert_eq!(pointer.collect().unwrap(), 0, "nothing is deleted meanwhile");
                won(pointer.settle());
            }
            assert_eq!(Pointer::look(&store).unwrap(), Some(truth(1, &[1, 2])));
        }
    }
}

/// Whether at once, in the next try, or when what is there is read.
#[test]
fn a_definite_failure_does_not_undo_what_may_have_been_done() {
    use Injected::{Applied, NoSpace};
    for faults in [
        &[Some(Applied), Some(NoSpace)][..],
        &[Some(Applied), Some(NoSpace), Some(NoSpace), Some(NoSpace)],
        &[Some(Applied), None, Some(NoSpace)],
        &[Some(Applied), None, Some(NoSpace), Some(NoSpace), None, Some(NoSpace)],
    ] {
        let store = MemoryStore::default();
        let mut pointer = claim(&store);
        let mut faults = faults.iter().copied();
        store.inject(move |_, _| faults.next().flatten());
        let mut advance = pointer.advance(truth(1, &[1]));
        let mut tries = 0;
        while let Err(error) = &advance {
            assert!(error.is_outcome_unknown() && !pointer.is_settled(), "{error}");
            advance = pointer.settle();
            tries += 1;
        }
        assert!(tries > 0 && pointer.is_settled());
        won(advance);
    }
}

#[test]
fn a_successor_may_settle_what_its_predecessor_was_not_sure_of() {
    for (injected, expected) in
        [(Injected::Applied, truth(1, &[1, 2])), (Injected::Lost, truth(1, &[1]))]
    {
        let store = MemoryStore::default();
        let mut first = claim(&store);
        won(first.advance(truth(1, &[1])));
        store.inject(move |operation, _| (operation == Operation::Create).then_some(injected));
        assert!(first.advance(truth(1, &[1, 2])).unwrap_err().is_outcome_unknown());
        store.heal();
        let second = claim(&store);
        assert_eq!(second.truth(), Some(&expected));
        match injected {
            Injected::Applied => drop(won(first.settle())),
            _ => lost(first.settle()),
        }
        lost(first.advance(truth(1, &[1, 3])));
    }
}

#[test]
fn a_definite_failure_can_be_tried_anew() {
    let store = MemoryStore::default();
    let mut pointer = claim(&store);
    store.inject(|_, _| Some(Injected::NoSpace));
    assert!(!pointer.advance(truth(1, &[1])).unwrap_err().is_outcome_unknown());
    store.heal();
    won(pointer.advance(truth(1, &[])));
    assert_eq!(Pointer::look(&store).unwrap(), Some(truth(1, &[])));
}

#[test]
fn bug_26_a_leader_that_slept_through_collection_loses() {
    let store = MemoryStore::default();
    let mut slept = claim(&store);
    for id in 1..=3 {
        won(slept.advance(truth(1, &[id])));
    }
    for leader in 2..=3 {
        let mut pointer = claim(&store);
        for id in 1..=3 {
            won(pointer.advance(truth(leader, &[leader * 10 + id])));
            pointer.collect().unwrap();
        }
    }
    lost(slept.advance(truth(1, &[4])));
    assert_eq!(Pointer::look(&store).unwrap(), Some(truth(3, &[33])));
}

#[test]
fn a_damaged_record_stops_everyone() {
    let store = MemoryStore::default();
    let mut pointer = claim(&store);
    won(pointer.advance(truth(1, &[1])));
    store.damage(&path(Epoch(1), 1), |bytes| bytes[20] ^= 1);
    let text = Pointer::look(&store).unwrap_err().to_string();
    assert!(text.contains("`pointer/1-1` cannot be used: it is damaged"), "{text}");
    assert!(matches!(
        Pointer::claim(Arc::new(store.clone())),
        Err(PointerError::Broken { broken: Broken::Damaged, .. })
    ));
}

#[test]
fn a_record_under_another_name_is_not_believed() {
    let store = MemoryStore::default();
    won(claim(&store).advance(truth(1, &[1])));
    let bytes = store.read(&path(Epoch(1), 1), None).unwrap().unwrap();
    store.create(&path(Epoch(1), 2), &bytes).unwrap();
    assert!(matches!(
        Pointer::look(&store),
        Err(PointerError::Broken { broken: Broken::Senseless(_), .. })
    ));
}

#[test]
#[should_panic(expected = "goes back behind")]
fn checkpoints_never_go_back() {
    let mut pointer = claim(&MemoryStore::default());
    won(pointer.advance(truth(1, &[5])));
    drop(pointer.advance(truth(1, &[4])));
}

#[test]
#[should_panic(expected = "a finished job cannot change")]
fn a_finished_job_is_not_revived() {
    let store = MemoryStore::default();
    let mut pointer = claim(&store);
    let finished = Truth { status: Status::Finished { summary: 3.into() }, ..truth(1, &[5]) };
    won(pointer.advance(finished.clone()));
    assert_eq!(Pointer::look(&store).unwrap(), Some(finished));
    drop(claim(&store).advance(truth(2, &[5])));
}

/// A store in whose operations others act: before each, and behind it.
#[derive(Debug)]
struct World {
    this: Weak<World>,
    store: MemoryStore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    choices: VecDeque<u8>,
    /// None while it acts, or before it claims.
    leaders: [Option<Pointer>; 3],
    busy: [bool; 3],
    /// Serial numbers of the truths that were created, in order.
    created: Vec<u64>,
    serial: u64,
}

impl World {
    fn new(choices: Vec<u8>) -> Arc<World> {
        Arc::new_cyclic(|this| World {
            this: this.clone(),
            store: MemoryStore::default(),
            state: Mutex::new(State { choices: choices.into(), ..State::default() }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn choose(&self) -> u8 {
        self.state().choices.pop_front().unwrap_or(0)
    }

    /// Perhaps one of the leaders that are not busy does something.
    fn interleave(&self) {
        if self.choose() > 90 {
            self.act();
        }
    }

    fn act(&self) {
        let (who, what) = (usize::from(self.choose() % 3), self.choose() % 8);
        let mut state = self.state();
        if state.busy[who] {
            return;
        }
        state.busy[who] = true;
        let leader = state.leaders[who].take();
        drop(state);
        let leader = match (leader, what) {
            (None, _) | (_, 0) => Pointer::claim(self.this.upgrade().unwrap()).ok(),
            (Some(mut leader), 1..=4) => {
                self.advance(&mut leader);
                Some(leader)
            }
            (Some(mut leader), _) => {
                let _ = leader.collect();
                Some(leader)
            }
        };
        let mut state = self.state();
        (state.busy[who], state.leaders[who]) = (false, leader);
    }

    /// Each truth says its own serial number and that of the one it follows.
    fn advance(&self, leader: &mut Pointer) {
        let (serial, outcome) = match &leader.pending {
            Some(pending) => (serials(pending).1, leader.settle()),
            None => {
                let serial = {
                    let mut state = self.state();
                    state.serial += 1;
                    state.serial
                };
                let before = leader.truth().map_or(0, |before| serials(before).1);
                let parameters = format!("{before} {serial}");
                (serial, leader.advance(Truth { parameters, ..truth(1, &[]) }))
            }
        };
        let is_created = self.state().created.contains(&serial);
        match outcome {
            Ok(Advance::Won(_)) => assert!(is_created),
            Ok(Advance::Lost) => assert!(!is_created),
            Err(error) => assert!(error.is_outcome_unknown() || !is_created, "{error}"),
        }
    }

    fn last(&self) -> u64 {
        self.state().created.last().copied().unwrap_or(0)
    }

    fn created(&self, path: &StorePath) {
        let (epoch, number) = pair(path.as_str().strip_prefix("pointer/").unwrap()).unwrap();
        let record = super::read(&self.store, Epoch(epoch), number).unwrap().unwrap();
        if let Body::Truth(truth) = record.body {
            let (before, serial) = serials(&truth);
            assert_eq!(before, self.last(), "{path} does not follow the truth before it");
            self.state().created.push(serial);
        }
    }
}

fn serials(truth: &Truth) -> (u64, u64) {
    let (before, own) = truth.parameters.split_once(' ').unwrap();
    (before.parse().unwrap(), own.parse().unwrap())
}

impl Store for World {
    fn create(&self, path: &StorePath, bytes: &[u8]) -> Result<Created, StoreError> {
        self.interleave();
        let fault = self.choose();
        let unknown = || StoreError::new(Fault::Unreachable, "write", path).outcome_unknown();
        if (20..30).contains(&fault) {
            return Err(unknown());
        }
        let created = self.store.create(path, bytes)?;
        if created == Created::New {
            self.created(path);
        }
        self.interleave();
        if (30..40).contains(&fault) { Err(unknown()) } else { Ok(created) }
    }
    fn upload(&self, _: &StorePath) -> Result<Box<dyn Upload>, StoreError> {
        unreachable!("records are created")
    }
    fn read(
        &self,
        path: &StorePath,
        range: Option<Range<u64>>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.interleave();
        self.store.read(path, range)
    }
    fn size(&self, path: &StorePath) -> Result<Option<u64>, StoreError> {
        let size = self.store.size(path);
        self.interleave();
        size
    }
    fn list(&self, folder: Option<&StorePath>) -> Result<Vec<StorePath>, StoreError> {
        let listed = self.store.list(folder);
        self.interleave();
        listed
    }
    fn delete(&self, path: &StorePath) -> Result<(), StoreError> {
        self.interleave();
        self.store.delete(path)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_truth_follows_the_one_before(choices in prop::collection::vec(any::<u8>(), 400)) {
        let world = World::new(choices);
        while !world.state().choices.is_empty() {
            world.act();
            let look = Pointer::look(&world.store).unwrap();
            prop_assert_eq!(look.as_ref().map_or(0, |truth| serials(truth).1), world.last());
        }
    }
}
