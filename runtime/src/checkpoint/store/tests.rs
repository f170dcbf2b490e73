//! What every store promises, and what only one does.

use std::path::Path;
use std::sync::Barrier;
use std::thread;

use super::local::LocalStore;
use super::memory::{Injected, MemoryStore, Operation};
use super::*;

fn path(text: &str) -> StorePath {
    StorePath::parse(text).unwrap()
}

/// Runs a law against each store.
fn check(law: impl Fn(&dyn Store)) {
    law(&MemoryStore::default());
    let folder = tempfile::tempdir().unwrap();
    law(&LocalStore::open(&folder.path().join("made/on/demand")).unwrap());
    #[cfg(any(feature = "s3", feature = "hdfs"))]
    remote().iter().for_each(|place| law(&*place.open().unwrap()));
}

/// Places on real servers, each used once.
#[cfg(any(feature = "s3", feature = "hdfs"))]
fn remote() -> Vec<Place> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("laws/{}-{number}", std::process::id());
    let mut places = Vec::new();
    if cfg!(feature = "s3") {
        let server = std::env::var("AWS_ENDPOINT_URL");
        server.expect("a server is needed: export $(tests/servers/s3.sh start /tmp/s3)");
        places.push(Place::parse(&format!("s3://test/{name}")).unwrap());
    }
    if cfg!(feature = "hdfs") {
        let server = std::env::var("TEST_HDFS")
            .expect("a server is needed: export $(tests/servers/hdfs.sh start /tmp/hdfs)");
        places.push(Place::parse(&format!("{server}/{name}")).unwrap());
    }
    places
}

#[cfg(any(feature = "s3", feature = "hdfs"))]
#[test]
fn objects_of_several_parts_come_back_whole() {
    let whole: Vec<u8> = (0..40_000_000u32).map(|number| (number >> 3) as u8).collect();
    for place in remote() {
        let store = place.open().unwrap();
        let at = path("large");
        let write = |upload: &mut Box<dyn Upload>| {
            whole.chunks(999_999).for_each(|piece| upload.write(piece).unwrap());
        };
        let mut upload = store.upload(&at).unwrap();
        write(&mut upload);
        assert!(store.list(None).unwrap().is_empty());
        drop(upload);
        let mut upload = store.upload(&at).unwrap();
        write(&mut upload);
        upload.finish().unwrap();
        assert!(store.read(&at, None).unwrap().unwrap() == whole);
        let middle = store.read(&at, Some(20_000_000..20_000_100)).unwrap().unwrap();
        assert_eq!(middle, whole[20_000_000..20_000_100]);
        let mut again = store.upload(&at).unwrap();
        write(&mut again);
        assert_eq!(again.finish().unwrap_err().fault, Fault::Taken);
        // Those who only look see it, too.
        assert_eq!(names(&place.look().unwrap().list(None).unwrap()), ["large"]);
    }
}

fn names(listed: &[StorePath]) -> Vec<&str> {
    listed.iter().map(StorePath::as_str).collect()
}

#[test]
fn an_object_is_created_once() {
    check(|store| {
        let at = path("a/b/c");
        assert_eq!(store.read(&at, None).unwrap(), None);
        assert_eq!(store.size(&at).unwrap(), None);
        assert_eq!(store.create(&at, b"first").unwrap(), Created::New);
        assert_eq!(store.create(&at, b"second").unwrap(), Created::Exists);
        assert_eq!(store.read(&at, None).unwrap().unwrap(), b"first");
        assert_eq!(store.size(&at).unwrap(), Some(5));
        assert_eq!(store.size(&path("a/b")).unwrap(), None);
    });
}

#[test]
fn of_two_racing_creators_one_loses() {
    check(|store| {
        for round in 0..20 {
            let (at, start) = (path(&format!("race/{round}")), Barrier::new(4));
            let wins: Vec<bool> = thread::scope(|scope| {
                let racers = [0u8, 1, 2, 3].map(|racer| {
                    let (at, start) = (&at, &start);
                    scope.spawn(move || {
                        start.wait();
                        store.create(at, &[racer; 10]).unwrap() == Created::New
                    })
                });
                racers.into_iter().map(|racer| racer.join().unwrap()).collect()
            });
            let winner = wins.iter().position(|won| *won).unwrap();
            assert_eq!(wins.iter().filter(|won| **won).count(), 1);
            assert_eq!(store.read(&at, None).unwrap().unwrap(), [winner as u8; 10]);
            store.delete(&at).unwrap();
        }
    });
}

#[test]
fn an_upload_is_seen_when_it_is_finished() {
    check(|store| {
        let at = path("chk-1/1-1/0-0.state");
        let mut dropped = store.upload(&at).unwrap();
        dropped.write(b"half").unwrap();
        assert!(store.list(None).unwrap().is_empty());
        drop(dropped);
        let mut upload = store.upload(&at).unwrap();
        upload.write(b"who").unwrap();
        upload.write(b"le").unwrap();
        assert_eq!(store.read(&at, None).unwrap(), None);
        upload.finish().unwrap();
        assert_eq!(store.read(&at, None).unwrap().unwrap(), b"whole");
        let again = store.upload(&at).unwrap().finish().unwrap_err();
        assert_eq!(again.fault, Fault::Taken);
        assert_eq!(store.read(&at, None).unwrap().unwrap(), b"whole");
    });
}

#[test]
fn ranges_end_with_the_object() {
    check(|store| {
        let at = path("object");
        store.create(&at, b"0123456789").unwrap();
        let read = |range| store.read(&at, Some(range)).unwrap().unwrap();
        assert_eq!(read(2..5), b"234");
        assert_eq!(read(0..0), b"");
        assert_eq!(read(8..100), b"89");
        assert_eq!(read(10..11), b"");
        assert_eq!(read(u64::MAX - 1..u64::MAX), b"");
        #[expect(clippy::reversed_empty_ranges, reason = "as a broken manifest may say")]
        let reversed = read(5..2);
        assert_eq!(reversed, b"");
        assert_eq!(store.read(&path("none"), Some(0..1)).unwrap(), None);
    });
}

#[test]
fn lists_are_sorted_and_of_one_folder() {
    check(|store| {
        for name in ["b/2", "b/10", "a", "b/c/d", "bb/1"] {
            store.create(&path(name), b"").unwrap();
        }
        assert_eq!(names(&store.list(None).unwrap()), ["a", "b/10", "b/2", "b/c/d", "bb/1"]);
        assert_eq!(names(&store.list(Some(&path("b"))).unwrap()), ["b/10", "b/2", "b/c/d"]);
        assert!(store.list(Some(&path("none"))).unwrap().is_empty());
    });
}

#[test]
fn what_is_deleted_is_gone_and_can_be_created() {
    check(|store| {
        let at = path("x/y/z");
        store.delete(&at).unwrap();
        store.create(&at, b"1").unwrap();
        store.delete(&at).unwrap();
        assert!(store.list(None).unwrap().is_empty());
        assert_eq!(store.create(&at, b"2").unwrap(), Created::New);
        assert_eq!(store.read(&at, None).unwrap().unwrap(), b"2");
    });
}

#[test]
fn folders_come_and_go_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = &LocalStore::open(folder.path()).unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            scope.spawn(move || {
                for round in 0..50 {
                    let at = path(&format!("shared/folder/{writer}-{round}"));
                    assert_eq!(store.create(&at, b"").unwrap(), Created::New);
                    store.delete(&at).unwrap();
                }
            });
        }
    });
    assert_eq!(visible(folder.path()), Vec::<String>::new());
}

/// Names in a directory that are not hidden.
fn visible(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
fn a_directory_has_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let first = LocalStore::open(folder.path()).unwrap();
    let refused = LocalStore::open(folder.path()).unwrap_err();
    assert_eq!(refused.fault, Fault::InUse(Some(format!("pid {}", std::process::id()))));
    let text = refused.to_string();
    assert!(text.starts_with("another process (pid ") && text.contains("\nhelp: stop"), "{text}");

    first.create(&path("a"), b"1").unwrap();
    let look = LocalStore::look(folder.path());
    assert_eq!(look.read(&path("a"), None).unwrap().unwrap(), b"1");
    assert_eq!(look.create(&path("b"), b"").unwrap_err().fault, Fault::ReadOnly);
    assert_eq!(look.delete(&path("a")).unwrap_err().fault, Fault::ReadOnly);
    assert!(LocalStore::look(&folder.path().join("absent")).list(None).unwrap().is_empty());

    drop(first);
    LocalStore::open(folder.path()).unwrap();
}

#[test]
fn what_a_killed_process_left_is_cleared_and_strangers_are_not() {
    let folder = tempfile::tempdir().unwrap();
    drop(LocalStore::open(folder.path()).unwrap());
    let hidden = folder.path().join(".tmp");
    std::fs::write(hidden.join("0"), "half an object").unwrap();
    std::fs::write(folder.path().join("my notes.txt"), "notes").unwrap();
    for empty in ["chk-7/1-1", "mine"] {
        std::fs::create_dir_all(folder.path().join(empty)).unwrap();
    }
    let store = LocalStore::open(folder.path()).unwrap();
    assert_eq!(std::fs::read_dir(hidden).unwrap().count(), 0);
    assert!(store.list(None).unwrap().is_empty());
    assert_eq!(store.create(&path("chk-8/1-2/a"), b"").unwrap(), Created::New);
    drop(store);
    drop(LocalStore::open(folder.path()).unwrap());
    assert_eq!(visible(folder.path()), ["chk-8", "mine", "my notes.txt"]);
}

#[test]
fn a_folder_that_is_a_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = LocalStore::open(&file).unwrap_err();
    assert!(error.to_string().contains("cannot keep checkpoints in"), "{error}");
    let store = LocalStore::open(folder.path()).unwrap();
    let error = store.create(&path("file/below"), b"").unwrap_err();
    assert_eq!((&error.fault, error.is_outcome_unknown()), (&Fault::NotFolder, false));
}

#[test]
fn errors_of_the_system_are_sorted() {
    use std::io::{Error, ErrorKind};
    let fault = |kind| StoreError::io(Error::from(kind), "write", "x").fault;
    assert_eq!(fault(ErrorKind::StorageFull), Fault::NoSpace);
    assert_eq!(fault(ErrorKind::QuotaExceeded), Fault::NoSpace);
    assert_eq!(fault(ErrorKind::PermissionDenied), Fault::Denied);
    assert_eq!(fault(ErrorKind::ReadOnlyFilesystem), Fault::ReadOnly);
    assert_eq!(fault(ErrorKind::TimedOut), Fault::Unreachable);
    assert_eq!(fault(ErrorKind::InvalidData), Fault::Other);
}

#[test]
fn faults_do_what_they_say() {
    let store = MemoryStore::default();
    let mut next =
        [Some(Injected::Applied), Some(Injected::Lost), Some(Injected::NoSpace)].into_iter();
    store.inject(
        move |operation, _| {
            if operation == Operation::Create { next.next().flatten() } else { None }
        },
    );
    let (a, b, c) = (path("a"), path("b"), path("c"));
    assert!(store.create(&a, b"").unwrap_err().is_outcome_unknown());
    assert!(store.create(&b, b"").unwrap_err().is_outcome_unknown());
    let full = store.create(&c, b"").unwrap_err();
    assert_eq!((&full.fault, full.is_outcome_unknown()), (&Fault::NoSpace, false));
    assert_eq!(names(&store.list(None).unwrap()), ["a"]);

    let mut upload = store.upload(&b).unwrap();
    upload.write(b"half").unwrap();
    store.crash();
    assert_eq!(upload.finish().unwrap_err().fault, Fault::GivenUp);
    assert_eq!(names(&store.list(None).unwrap()), ["a"]);
}
