//! Manifests and files that are damaged, with and without something committed.

use super::*;
use crate::checkpoint::manifest::{FileRef, Kind, Prepared, SinkState};
use crate::checkpoint::store::StorePath;
use crate::checkpoint::store::memory::MemoryStore;
use crate::checkpoint::{Attempt, Epoch, Fence, Folder};

fn fence() -> Fence {
    Fence { epoch: Epoch(1), attempt: Attempt(1) }
}

fn state(id: u64) -> StorePath {
    Folder { id: CheckpointId(id), fence: fence() }.state(0, 0)
}

/// Takes a checkpoint with a state file of four bytes.
fn take(store: &dyn Store, id: u64, commits: bool) -> Retained {
    let id = CheckpointId(id);
    store.create(&state(id.0), b"1234").unwrap();
    let committed = Prepared { checkpoint: id, task: 0, committable: serde_json::Value::Null };
    let committables = if commits { vec![committed] } else { Vec::new() };
    let sink = SinkState { id: "sink".to_owned(), parameters: String::new(), committables };
    let manifest = Manifest {
        files: vec![FileRef { path: state(id.0), len: 4 }],
        sinks: vec![sink],
        ..Manifest::empty("job", (id, fence(), Kind::Checkpoint), 128)
    };
    let retained = manifest.write(store, Folder { id, fence: fence() }.manifest()).unwrap();
    assert_eq!(retained.commits, commits);
    retained
}

/// Checkpoints 1 to 3, of which 3 has something to commit or not.
fn three(commits: bool) -> (Arc<MemoryStore>, Arc<dyn Store>, Vec<Retained>) {
    let memory = Arc::new(MemoryStore::default());
    let store: Arc<dyn Store> = memory.clone();
    let retained = vec![take(&*store, 1, true), take(&*store, 2, true), take(&*store, 3, commits)];
    (memory, store, retained)
}

fn chosen(store: &Arc<dyn Store>, retained: &[Retained]) -> Result<u64, String> {
    let chosen = choose(store, retained, &BTreeMap::new()).map_err(|error| error.to_string())?;
    Ok(chosen.manifest.expect("there are some").id.0)
}

#[test]
fn the_last_one_is_chosen_whatever_is_wrong_with_others() {
    let (memory, store, retained) = three(true);
    assert_eq!(chosen(&store, &retained), Ok(3));
    memory.damage(&retained[0].manifest, |bytes| bytes[9] ^= 1);
    store.delete(&state(2)).unwrap();
    let chosen = choose(&store, &retained, &BTreeMap::new()).unwrap();
    let usable: Vec<_> = chosen.usable.iter().map(|(one, _)| one.id.0).collect();
    assert_eq!((usable, chosen.all), (vec![2, 3], false));
}

#[test]
fn an_older_one_does_only_if_nothing_was_shown_since() {
    let damages: [fn(&MemoryStore, &Retained); 5] = [
        |store, last| store.damage(&last.manifest, |bytes| bytes.truncate(10)),
        |store, last| store.damage(&last.manifest, |bytes| bytes[50] ^= 4),
        |store, last| store.delete(&last.manifest).unwrap(),
        |store, _| store.damage(&state(3), |bytes| bytes.truncate(3)),
        |store, _| store.delete(&state(3)).unwrap(),
    ];
    for damage in damages {
        let (memory, store, retained) = three(false);
        damage(&memory, &retained[2]);
        assert_eq!(chosen(&store, &retained), Ok(2));
        let (memory, store, retained) = three(true);
        damage(&memory, &retained[2]);
        let refused = chosen(&store, &retained).unwrap_err();
        assert!(refused.starts_with("checkpoint 3 cannot be used: "), "{refused}");
        assert!(refused.contains("shown again\nhelp: put the file back"), "{refused}");
    }
}

#[test]
fn what_was_shown_in_between_counts_too() {
    let (memory, store, retained) = three(false);
    memory.damage(&retained[2].manifest, |bytes| bytes.truncate(10));
    memory.damage(&retained[1].manifest, |bytes| bytes.truncate(10));
    let refused = chosen(&store, &retained).unwrap_err();
    assert!(refused.starts_with("checkpoint 2 cannot be used: "), "{refused}");
}

#[test]
fn one_that_was_tried_in_vain_is_not_tried_again() {
    let (_, store, retained) = three(false);
    let mut damaged = BTreeMap::from([(CheckpointId(3), "a flipped bit".to_owned())]);
    let chosen = choose(&store, &retained, &damaged).unwrap();
    assert_eq!(chosen.manifest.unwrap().id, CheckpointId(2));
    damaged.insert(CheckpointId(2), "another".to_owned());
    assert!(choose(&store, &retained, &damaged).is_err());
}

#[test]
fn without_any_other_the_job_stops() {
    let (memory, store, retained) = three(false);
    memory.damage(&retained[2].manifest, |bytes| bytes.truncate(10));
    let refused = chosen(&store, &retained[2..]).unwrap_err();
    assert!(refused.contains(", and there is no other\nhelp: put the file back"), "{refused}");
    assert!(choose(&store, &[], &BTreeMap::new()).unwrap().manifest.is_none());
}
