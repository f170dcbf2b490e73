//! Numbers that are never used again, and jobs that never run again.

use super::*;
use crate::checkpoint::Epoch;
use crate::checkpoint::manifest::Kind;
use crate::checkpoint::store::StorePath;
use crate::checkpoint::store::local::LocalStore;
use crate::task::checkpointing::{Driver, Machine};
use crate::task::survey::Survey;

fn outline() -> Outline<'static> {
    Outline { job: "job".to_owned(), key_groups: 128, survey: &|| Ok(Survey::default()) }
}

fn lead(options: &CheckpointOptions) -> Leader {
    match Leader::begin(options, Arc::new(Machine)).unwrap() {
        Begin::Lead(leader) => *leader,
        Begin::Finished => panic!("it has not finished"),
    }
}

/// What checkpoint 17 of attempt 5 has left, of a job without state.
fn savepoint(place: &std::path::Path) {
    let fence = Fence { epoch: Epoch(3), attempt: Attempt(5) };
    let manifest = Manifest::empty("job", (CheckpointId(17), fence, Kind::Stop), 128);
    let store = LocalStore::open(place).unwrap();
    manifest.write(&store, StorePath::parse("MANIFEST").unwrap()).unwrap();
}

/// The numbers name what sinks have prepared: the target knows those of the job that was stopped.
#[test]
fn a_job_that_goes_on_from_a_savepoint_uses_no_number_again() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    savepoint(folder.path().join("savepoint").as_path());
    let restore = Some(place("savepoint"));
    let options = CheckpointOptions { restore, ..CheckpointOptions::new(place("own")) };
    for attempt in 6..9 {
        let begun = lead(&options).attempt(1, &outline()).unwrap();
        assert_eq!(begun.fence.attempt, Attempt(attempt));
        assert!(begun.start.next_id > CheckpointId(17), "{:?}", begun.start);
        assert!(begun.from.is_some());
    }
}

/// Once there is a checkpoint of its own, a job needs the savepoint no more.
#[test]
fn bug_30_a_savepoint_may_go_once_there_is_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    savepoint(folder.path().join("savepoint").as_path());
    let restore = Some(place("savepoint"));
    let options = CheckpointOptions { restore, ..CheckpointOptions::new(place("own")) };
    let mut leader = lead(&options);
    let begun = leader.attempt(1, &outline()).unwrap();
    let (mut manifest, _) = begun.from.unwrap();
    (manifest.id, manifest.fence) = (begun.start.next_id, begun.fence);
    let own = manifest.write(&*leader.store, StorePath::parse("own").unwrap()).unwrap();
    let checkpoints = vec![own];
    let next = Publication { checkpoints, id_high: begun.start.id_high, finished: false };
    assert_eq!(leader.publish(next), Outcome::Won);
    drop(leader);
    std::fs::remove_dir_all(place("savepoint")).unwrap();
    let begun = lead(&options).attempt(1, &outline()).unwrap();
    assert_eq!(begun.from.unwrap().0.id, manifest.id);
}

/// What was drained has fired its windows: what sources have left would be late.
#[test]
fn behind_its_last_checkpoint_a_job_reads_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let options = CheckpointOptions::new(folder.path().join("own").to_str().unwrap());
    savepoint(&folder.path().join("savepoint"));
    let restore = Some(folder.path().join("savepoint").to_str().unwrap().to_owned());
    let mut leader = lead(&CheckpointOptions { restore, ..options.clone() });
    let begun = leader.attempt(1, &outline()).unwrap();
    assert!(!begun.start.finished);
    let (mut manifest, _) = begun.from.unwrap();
    (manifest.id, manifest.fence) = (begun.start.next_id, begun.fence);
    (manifest.kind, manifest.finished) = (Kind::Drain, true);
    let own = manifest.write(&*leader.store, StorePath::parse("own").unwrap()).unwrap();
    let next =
        Publication { checkpoints: vec![own], id_high: begun.start.id_high, finished: false };
    assert_eq!(leader.publish(next), Outcome::Won);
    drop(leader);
    let begun = Driver::new(Box::new(lead(&options)), &[1], &outline());
    let driver = begun.map_err(|(_, error)| error).unwrap();
    assert!(driver.recovery().checkpoints.unwrap().drains());
}

#[test]
fn a_job_that_has_finished_begins_no_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let options = CheckpointOptions::new(folder.path().to_str().unwrap());
    let mut leader = lead(&options);
    let begun = leader.attempt(1, &outline()).unwrap();
    let (checkpoints, id_high) = (Vec::new(), begun.start.id_high);
    let end = Publication { checkpoints, id_high, finished: true };
    assert_eq!(leader.publish(end), Outcome::Won);
    assert!(leader.is_finished());
    let again = leader.attempt(1, &outline()).err().unwrap();
    assert!(again.to_string().contains("has finished"), "{again}");
}
