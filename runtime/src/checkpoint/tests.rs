//! Names and digests; and all parts together, in [`life`].

mod life;

use super::*;

#[test]
fn a_path_tells_its_checkpoint() {
    let fence = Fence { epoch: Epoch(3), attempt: Attempt(17) };
    let folder = Folder { id: CheckpointId(5), fence };
    assert_eq!(folder.manifest().as_str(), "chk-5/3-17/MANIFEST");
    assert_eq!(folder.state(2, 11).as_str(), "chk-5/3-17/2-11.state");
    assert_eq!(Folder::of(&folder.state(2, 11)), Some(folder));
    for foreign in ["pointer/3-17", "chk-5", "chk-5/3-17", "chk-x/3-17/a", "chk-5/3-017/a"] {
        assert_eq!(Folder::of(&StorePath::parse(foreign).unwrap()), None, "{foreign}");
    }
    assert_eq!(Folder::of(&StorePath::parse("chk-5/3-17/a/b").unwrap()), None);
}

#[test]
fn a_later_leader_is_greater() {
    let fence = Fence { epoch: Epoch(3), attempt: Attempt(17) };
    let restarted = Fence { attempt: fence.attempt.next(), ..fence };
    let taken_over = Fence { epoch: fence.epoch.next(), ..fence };
    assert!(fence < restarted && restarted < taken_over);
    assert_eq!(CheckpointId(1).next(), CheckpointId(2));
}

#[test]
fn a_digest_is_read_as_it_is_written() {
    let digest = Digest::of(b"rows");
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
    assert!(serde_json::from_str::<Digest>(&json.replace('"', "\"0")).is_err());
}
