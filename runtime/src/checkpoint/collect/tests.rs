//! Everything that is retained can be restored, and nothing else stays.

use proptest::prelude::*;

use super::super::manifest::{FileRef, Kind};
use super::super::store::local::LocalStore;
use super::super::store::memory::{Injected, MemoryStore, Operation};
use super::super::{Epoch, Fence};
use super::*;

fn fence(attempt: u64) -> Fence {
    Fence { epoch: Epoch(1), attempt: Attempt(attempt) }
}

/// Writes a checkpoint of one file of its own and the `shared` ones.
fn take(store: &dyn Store, id: u64, attempt: u64, shared: &[StorePath]) -> (Retained, Manifest) {
    let folder = Folder { id: CheckpointId(id), fence: fence(attempt) };
    let own = folder.state(0, 0);
    store.create(&own, b"state").unwrap();
    let files = [&[own], shared].concat();
    let manifest = Manifest {
        files: files.into_iter().map(|path| FileRef { path, len: 5 }).collect(),
        ..Manifest::empty("job", (folder.id, folder.fence, Kind::Checkpoint), 128)
    };
    (manifest.write(store, folder.manifest()).unwrap(), manifest)
}

fn keep(collector: &mut Collector, (retained, manifest): &(Retained, Manifest)) {
    collector.retain(retained.id, objects(retained, manifest));
}

fn names(store: &dyn Store) -> Vec<String> {
    store.list(None).unwrap().iter().map(ToString::to_string).collect()
}

#[track_caller]
fn assert_restorable(store: &dyn Store, retained: &Retained) {
    let manifest = Manifest::read(store, retained).unwrap();
    for file in &manifest.files {
        assert_eq!(store.size(&file.path).unwrap(), Some(file.len), "{}", file.path);
    }
}

#[test]
fn bug_23_a_shared_file_stays_with_the_last_that_refers_to_it() {
    let store = MemoryStore::default();
    let mut collector = Collector::default();
    let first = take(&store, 1, 1, &[]);
    let shared = first.1.files[0].path.clone();
    let second = take(&store, 2, 1, std::slice::from_ref(&shared));
    keep(&mut collector, &first);
    keep(&mut collector, &second);
    collector.release(CheckpointId(1));
    // A checkpoint that was given up had the file, too.
    collector.discard(CheckpointId(3), [shared]);
    assert_eq!(collector.collect(&store, 100).unwrap(), 1);
    assert_restorable(&store, &second.0);
    assert_eq!(names(&store), ["chk-1/1-1/0-0.state", "chk-2/1-1/0-0.state", "chk-2/1-1/MANIFEST"]);
    collector.release(CheckpointId(2));
    collector.collect(&store, 100).unwrap();
    assert_eq!(names(&store), [""; 0]);
}

#[test]
fn earlier_attempts_are_swept_and_strangers_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = LocalStore::open(folder.path()).unwrap();
    let kept = take(&store, 4, 1, &[]);
    take(&store, 5, 1, &[]);
    take(&store, 6, 2, &[]);
    take(&store, 7, 3, &[]);
    for stranger in ["pointer/1-0", "chk-5/notes", "chk-05/1-1/a", "other/1-1/0-0.state"] {
        store.create(&StorePath::parse(stranger).unwrap(), b"").unwrap();
    }
    let mut collector = Collector::default();
    keep(&mut collector, &kept);
    collector.sweep(&store, Attempt(3)).unwrap();
    assert_eq!(collector.collect(&store, 100).unwrap(), 4);
    assert_restorable(&store, &kept.0);
    assert_eq!(
        names(&store),
        [
            "chk-05/1-1/a",
            "chk-4/1-1/0-0.state",
            "chk-4/1-1/MANIFEST",
            "chk-5/notes",
            "chk-7/1-3/0-0.state",
            "chk-7/1-3/MANIFEST",
            "other/1-1/0-0.state",
            "pointer/1-0",
        ]
    );
    assert!(!folder.path().join("chk-6").exists(), "empty folders go, too");
}

#[test]
fn it_is_done_bit_by_bit_and_again_after_an_error() {
    let store = MemoryStore::default();
    let mut collector = Collector::default();
    for id in 1..=3 {
        keep(&mut collector, &take(&store, id, 1, &[]));
        collector.release(CheckpointId(id));
    }
    assert_eq!(collector.waiting(), 6);
    assert_eq!(collector.collect(&store, 4).unwrap(), 4);
    store.inject(|operation, _| (operation == Operation::Delete).then_some(Injected::Lost));
    collector.collect(&store, 4).unwrap_err();
    assert_eq!(collector.waiting(), 2);
    store.heal();
    assert_eq!(collector.collect(&store, 4).unwrap(), 2);
    assert_eq!((collector.waiting(), names(&store).len()), (0, 0));
}

#[test]
#[should_panic(expected = "checkpoint 1 is published and not kept")]
fn what_is_published_is_kept_before() {
    let (retained, _) = take(&MemoryStore::default(), 1, 1, &[]);
    let (checkpoints, id_high) = (vec![retained], CheckpointId(9));
    Collector::default().check(&Publication { checkpoints, id_high, finished: false });
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Checkpoints share files with the one before, are completed, given up and subsumed; leaders change.
    #[test]
    fn what_is_retained_can_be_restored(choices in prop::collection::vec(0u8..8, 1..60)) {
        let store = MemoryStore::default();
        let mut collector = Collector::default();
        let mut kept: Vec<(Retained, Manifest)> = Vec::new();
        let mut attempt = 1;
        for (id, choice) in (1..).zip(choices) {
            let shared: Vec<_> = match kept.last() {
                Some((_, last)) if choice % 2 == 0 => last.files().cloned().collect(),
                _ => Vec::new(),
            };
            let taken = take(&store, id, attempt, &shared);
            match choice {
                0..=3 => {
                    keep(&mut collector, &taken);
                    kept.push(taken);
                    if kept.len() > 3 {
                        collector.release(kept.remove(0).0.id);
                    }
                }
                4..=5 => collector.discard(taken.0.id, objects(&taken.0, &taken.1)),
                // The process is killed: what it was about to delete and had not published is left.
                _ => {
                    attempt += 1;
                    collector = Collector::default();
                    kept.iter().for_each(|one| keep(&mut collector, one));
                    collector.sweep(&store, Attempt(attempt)).unwrap();
                }
            }
            collector.collect(&store, 3).unwrap();
            for (retained, _) in &kept {
                assert_restorable(&store, retained);
            }
        }
        collector.sweep(&store, Attempt(attempt + 1)).unwrap();
        collector.collect(&store, usize::MAX).unwrap();
        let needed: BTreeSet<_> = kept.iter().flat_map(|(at, one)| objects(at, one)).collect();
        prop_assert!(store.list(None).unwrap().iter().eq(&needed));
    }
}
