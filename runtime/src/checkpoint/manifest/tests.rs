//! Manifests are read as they were written, or it is said what is wrong.

use proptest::prelude::*;
use serde_json::json;

use super::super::store::memory::{Injected, MemoryStore, Operation};
use super::super::{Attempt, Epoch, Folder};
use super::*;

const FENCE: Fence = Fence { epoch: Epoch(2), attempt: Attempt(3) };

fn place() -> Folder {
    Folder { id: CheckpointId(9), fence: FENCE }
}

fn manifest() -> Manifest {
    let block = Block {
        file: 0,
        offset: 4,
        len: 6,
        crc32c: 1,
        entries: 2,
        hashes: (1, u64::MAX),
        generation: 3,
    };
    let section = Section {
        name: "panes".to_owned(),
        layout: "(u64, i64, String, u64)".to_owned(),
        fingerprint: u64::MAX,
        entries: 2,
        blocks: vec![block],
    };
    Manifest {
        version: "0.1.0".to_owned(),
        job: "hot_items".to_owned(),
        id: CheckpointId(9),
        fence: FENCE,
        kind: Kind::Checkpoint,
        taken: Some(Taken { started_at_ms: -1, duration_ms: 700, alignment_ms: 30 }),
        key_groups: 128,
        hash: HASH.to_owned(),
        archives: ARCHIVES.to_owned(),
        operators: vec![OperatorState {
            notes: [("clock".to_owned(), 17)].into(),
            id: "counts".to_owned(),
            meaning: "tumbling(60s).count".to_owned(),
            watermark: i64::MIN,
            parallelism: 2,
            sections: vec![section],
        }],
        files: vec![FileRef { path: place().state(1, 0), len: 10 }],
        sources: vec![SourceState {
            id: "flights".to_owned(),
            parameters: "files(flights.csv).csv".to_owned(),
            splits: vec![SplitState {
                split: Split { id: "flights.csv@0..10".to_owned(), detail: json!([0, 10]) },
                position: Some(Position(json!({"bytes": u64::MAX}))),
                ended: false,
                times: vec![17, i64::MAX],
            }],
        }],
        sinks: vec![SinkState {
            id: "sums".to_owned(),
            parameters: "files(out).csv".to_owned(),
            committables: vec![Prepared {
                checkpoint: CheckpointId(8),
                task: 1,
                committable: json!({"part": "part-1-0.csv", "weight": 0.1}),
            }],
        }],
        finished: false,
    }
}

#[track_caller]
fn senseless(change: impl FnOnce(&mut Manifest), expected: &str) {
    let mut manifest = manifest();
    change(&mut manifest);
    let bytes = envelope::encode(DOCUMENT, &manifest).unwrap();
    match Manifest::decode(&bytes) {
        Err(Broken::Senseless(what)) => assert!(what.contains(expected), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read() {
    let store = MemoryStore::default();
    let retained = manifest().write(&store, place().manifest()).unwrap();
    assert_eq!(store.size(&retained.manifest).unwrap(), Some(retained.len));
    assert_eq!(Manifest::read(&store, &retained).unwrap(), manifest());
    assert_eq!(Manifest::open(&store, &retained.manifest).unwrap(), manifest());
    assert_eq!(manifest().files().collect::<Vec<_>>(), [&place().state(1, 0)]);
}

#[test]
fn it_is_written_once_and_can_be_tried_again() {
    let store = MemoryStore::default();
    let mut faults = [Some(Injected::Applied)].into_iter();
    store.inject(
        move |operation, _| {
            if operation == Operation::Create { faults.next().flatten() } else { None }
        },
    );
    let error = manifest().write(&store, place().manifest()).unwrap_err();
    assert!(!error.is_about_this_one(), "{error}");
    let retained = manifest().write(&store, place().manifest()).unwrap();
    assert_eq!(Manifest::read(&store, &retained).unwrap(), manifest());
    let other = Manifest { finished: true, ..manifest() };
    let error = other.write(&store, place().manifest()).unwrap_err();
    assert!(error.to_string().contains("it is there already"), "{error}");
}

#[test]
fn another_manifest_is_not_the_one() {
    let store = MemoryStore::default();
    let retained = manifest().write(&store, place().manifest()).unwrap();
    let missing =
        Retained { manifest: StorePath::parse("chk-1/1-1/MANIFEST").unwrap(), ..retained.clone() };
    let error = Manifest::read(&store, &missing).unwrap_err();
    assert!(matches!(error, ManifestError::Missing(_)) && error.is_about_this_one());

    let is_broken = |retained: &Retained, expected: Broken| {
        let error = Manifest::read(&store, retained).unwrap_err();
        assert!(error.to_string().contains("\nhelp: "), "{error}");
        assert!(
            matches!(&error, ManifestError::Broken { broken, .. } if *broken == expected),
            "{error}"
        );
    };
    let longer = Retained { len: retained.len + 1, ..retained.clone() };
    is_broken(&longer, Broken::Truncated { has: retained.len, wanted: retained.len + 1 });
    is_broken(&Retained { digest: Digest::of(b""), ..retained.clone() }, Broken::Damaged);
    let renumbered = Retained { id: CheckpointId(8), ..retained.clone() };
    is_broken(&renumbered, Broken::Senseless("it is of checkpoint 9, not 8".to_owned()));
    store.damage(&retained.manifest, |bytes| bytes[30] ^= 4);
    is_broken(&retained, Broken::Damaged);
    store.damage(&retained.manifest, |bytes| *bytes = vec![0; 80 << 20]);
    is_broken(&longer, Broken::TooLong(80 << 20));
}

#[test]
fn contradictions_are_found() {
    let section = |manifest: &mut Manifest, change: fn(&mut Block)| {
        change(&mut manifest.operators[0].sections[0].blocks[0]);
    };
    senseless(|m| section(m, |block| block.file = 1), "panes of `counts`: there is no file 1");
    senseless(|m| section(m, |block| block.offset = 5), "beyond the end of `chk-9/2-3/1-0.state`");
    senseless(|m| section(m, |block| block.offset = u64::MAX), "beyond the end");
    senseless(|m| section(m, |block| block.hashes = (2, 1)), "no hashes");
    senseless(|m| section(m, |block| block.entries = 3), "3 records in blocks, 2 in all");
    senseless(|m| m.key_groups = 0, "0 key groups");
    senseless(|m| m.key_groups = KEY_GROUPS_MAX + 1, "32769 key groups");
    senseless(|m| m.hash = "fnv".to_owned(), "hashed by `fnv`");
    senseless(|m| m.files.push(m.files[0].clone()), "file `chk-9/2-3/1-0.state` is there twice");
    senseless(|m| m.operators.push(m.operators[0].clone()), "operator `counts` is there twice");
    senseless(|m| m.sources.push(m.sources[0].clone()), "source `flights` is there twice");
    senseless(|m| m.sinks.push(m.sinks[0].clone()), "sink `sums` is there twice");
    senseless(
        |m| m.sinks[0].committables[0].checkpoint = CheckpointId(10),
        "output of checkpoint 10 in checkpoint 9",
    );
}

#[test]
fn a_path_that_climbs_is_refused() {
    for path in ["../../etc/passwd", "/etc/passwd", "chk-9/../x", ".lock", ""] {
        let mut json = serde_json::to_value(manifest()).unwrap();
        json["files"][0]["path"] = path.into();
        let bytes = envelope::encode(DOCUMENT, &json).unwrap();
        let error = Manifest::decode(&bytes).unwrap_err();
        assert!(
            matches!(&error, Broken::Senseless(what) if what.contains("not the path")),
            "{error}"
        );
    }
}

#[test]
fn a_field_that_is_not_known_is_not_ignored() {
    let mut json = serde_json::to_value(manifest()).unwrap();
    json["operators"][0]["timers"] = json!([]);
    let bytes = envelope::encode(DOCUMENT, &json).unwrap();
    let error = Manifest::decode(&bytes).unwrap_err();
    assert!(error.to_string().contains("unknown field `timers`"), "{error}");
}

/// The text of the manifest in every format; what has come since the first stands for `TAKEN`.
const TEXT: &str = concat!(
    r#"{"version":"0.1.0","job":"hot_items","id":9,"fence":{"epoch":2,"attempt":3},"#,
    r#""kind":"checkpoint",TAKEN"key_groups":128,"hash":"xxh3_64/0","archives":"packed/1","#,
    r#""operators":[{"id":"counts","meaning":"tumbling(60s).count","#,
    r#""watermark":-9223372036854775808,"parallelism":2,"notes":{"clock":17},"#,
    r#""sections":[{"name":"panes","#,
    r#""layout":"(u64, i64, String, u64)","fingerprint":18446744073709551615,"entries":2,"#,
    r#""blocks":[{"file":0,"offset":4,"len":6,"crc32c":1,"entries":2,"#,
    r#""hashes":[1,18446744073709551615],"generation":3}]}]}],"#,
    r#""files":[{"path":"chk-9/2-3/1-0.state","len":10}],"#,
    r#""sources":[{"id":"flights","parameters":"files(flights.csv).csv","#,
    r#""splits":[{"split":{"id":"flights.csv@0..10","detail":[0,10]},"#,
    r#""position":{"bytes":18446744073709551615},"ended":false,"#,
    r#""times":[17,9223372036854775807]}]}],"#,
    r#""sinks":[{"id":"sums","parameters":"files(out).csv","committables":[{"checkpoint":8,"#,
    r#""task":1,"committable":{"part":"part-1-0.csv","weight":0.1}}]}],"finished":false}"#,
);

#[test]
fn format_1_is_read() {
    let first: serde_json::Value = serde_json::from_str(&TEXT.replace("TAKEN", "")).unwrap();
    let first = envelope::encode(envelope::Kind { format: 1, ..DOCUMENT }, &first).unwrap();
    assert_eq!(Manifest::decode(&first).unwrap(), Manifest { taken: None, ..manifest() });
}

#[test]
fn format_2_stays_as_it_is() {
    let taken = r#""taken":{"started_at_ms":-1,"duration_ms":700,"alignment_ms":30},"#;
    assert_eq!(serde_json::to_string(&manifest()).unwrap(), TEXT.replace("TAKEN", taken));
}

#[test]
#[should_panic(expected = "contradicts itself: 0 key groups")]
fn what_contradicts_itself_is_not_written() {
    let broken = Manifest { key_groups: 0, ..manifest() };
    let _ = broken.write(&MemoryStore::default(), place().manifest());
}

proptest! {
    #[test]
    fn any_value_comes_back(
        watermark: i64, times: Vec<i64>, name: String, split: String, float: f64, hash: u64,
        texts: Vec<String>, ended: bool,
    ) {
        let mut expected = manifest();
        expected.operators[0].watermark = watermark;
        expected.operators[0].sections[0].layout = name;
        expected.operators[0].sections[0].blocks[0].hashes = (hash, u64::MAX);
        let state = &mut expected.sources[0].splits[0];
        (state.times, state.ended, state.split.id) = (times, ended, split);
        expected.sinks[0].committables[0].committable = json!({"float": float, "texts": texts});
        let read = Manifest::decode(&expected.encode().unwrap()).unwrap();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn what_is_damaged_is_never_believed(at in 0usize..2000, bit in 0u32..8, cut in 0usize..2000) {
        let bytes = manifest().encode().unwrap();
        let mut flipped = bytes.clone();
        flipped[at % bytes.len()] ^= 1 << bit;
        Manifest::decode(&flipped).unwrap_err();
        Manifest::decode(&bytes[..cut % bytes.len()]).unwrap_err();
    }
}

#[test]
fn bytes_of_key_groups_come_to_the_whole() {
    let block = |len, first, last| Block {
        file: 0,
        offset: 0,
        len,
        crc32c: 0,
        entries: 1,
        hashes: (first, last),
        generation: 0,
    };
    let quarter = 1u64 << 62;
    let blocks = vec![
        block(10, 0, quarter - 1),
        // Half of the second group's, and of two more.
        block(20, quarter + 5, u64::MAX),
        block(3, quarter, quarter),
    ];
    let (name, layout) = ("sums".to_owned(), String::new());
    let section = Section { name, layout, fingerprint: 0, entries: 3, blocks };
    assert_eq!(section.bytes(), 33);
    assert_eq!(section.bytes_by_group(4), [(0, 10), (1, 9), (2, 7), (3, 7)].into());
    assert_eq!(section.bytes_by_group(1), [(0, 33)].into());
}
