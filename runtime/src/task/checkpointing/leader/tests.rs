//! Jobs that never run again.

use super::*;
use crate::plan::Plan;
use crate::task::checkpointing::Machine;

fn outline() -> Outline {
    Outline::of(&Plan::default(), "job", 128)
}

fn lead(options: &CheckpointOptions) -> Leader {
    match Leader::begin(options, Arc::new(Machine)).unwrap() {
        Begin::Lead(leader) => *leader,
        Begin::Finished => panic!("it has not finished"),
    }
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
