//! Where state is held, as users choose it.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use thalweg::job::{Backend, CheckpointOptions, Job, StateOptions};
use thalweg::prelude::*;

/// Counts each key, and what comes of the last of its records.
#[pipeline]
fn counts(records: u64, keys: u64, output: String) {
    source(generate(records, |i| i))
        .key_by(move |i| i.wrapping_mul(7919) % keys)
        .aggregate(|w| (w.key(), w.count()))
        .filter(move |(_, count)| count == records / keys)
        .sink(files(&output).csv().overwrite());
}

/// Windows, whose keys come twice in each, and sessions. All are far larger than the budget.
#[cfg(feature = "rocksdb")]
#[pipeline]
fn windows(records: u64, keys: u64, output: String) {
    let timed = source(generate(records, |i| i))
        .event_time(|i| Timestamp::from_millis((i / 2) as i64))
        .watermarks(bounded(millis(1000)));
    let keyed = timed.key_by(move |i| i.wrapping_mul(7919) % keys);
    keyed
        .window(tumbling(millis(6_000)).allowed_lateness(millis(6_000)))
        .aggregate(|w| (w.key(), w.window().start.0, w.count(), w.sum(|i| i)))
        .sink(files(format!("{output}/tumbling")).csv().overwrite());
    keyed
        .window(sliding(millis(12_000), millis(6_000)))
        .aggregate(|w| (w.key(), w.window().start.0, w.first()))
        .sink(files(format!("{output}/sliding")).csv().overwrite());
    keyed
        .window(sliding(millis(12_000), millis(2_500)).allowed_lateness(millis(3_000)))
        .aggregate(|w| (w.key(), w.window().start.0, w.count(), w.sum(|i| i)))
        .sink(files(format!("{output}/panes")).csv().overwrite());
    keyed
        .window(session(millis(4_000)))
        .aggregate(|w| (w.key(), w.window().start.0, w.count(), w.sum(|i| i)))
        .sink(files(format!("{output}/sessions")).csv().overwrite());
}

/// Joins by time, by window and with what held, whose right records come three seconds behind their left ones, or never.
#[cfg(feature = "rocksdb")]
#[pipeline]
fn joins(records: u64, keys: u64, output: String) {
    let timed = source(generate(records, |i| i))
        .event_time(|i| Timestamp::from_millis((i / 2) as i64))
        .watermarks(bounded(millis(1000)));
    let lefts = timed.map(move |i| (i.wrapping_mul(7919) % keys, format!("left {i}")));
    let rights = timed
        .filter(move |i| i >= keys && i % 3 > 0)
        .map(move |i| ((i - keys).wrapping_mul(7919) % keys, i));
    lefts
        .left_join(rights)
        .on(|(key, _)| key, |(key, _)| key)
        .within(millis(0)..=millis(6_000))
        .map(|((key, left), right)| (key, left, right.map(|(_, right)| right)))
        .sink(files(format!("{output}/interval")).csv().overwrite());
    lefts
        .full_join(rights)
        .on(|(key, _)| key, |(key, _)| key)
        .window(tumbling(millis(8_000)))
        .map(|(left, right)| (left.map(|(_, left)| left), right.map(|(_, right)| right)))
        .sink(files(format!("{output}/window")).csv().overwrite());
    lefts
        .left_join(rights)
        .on(|(key, _)| key, |(key, _)| key)
        .as_of()
        .map(|((_, left), right)| (left, right.map(|(_, right)| right)))
        .sink(files(format!("{output}/as_of")).csv().overwrite());
}

fn job(dir: &std::path::Path, records: u64, state: StateOptions) -> Job {
    Job::new(counts)
        .arg("records", records)
        .arg("keys", 20_000)
        .arg("output", dir.join("out").display())
        .state(state)
}

#[test]
fn the_backend_memory_refuses_to_save_more_than_its_budget() {
    let dir = tempfile::tempdir().unwrap();
    let run = |budget| {
        let state = StateOptions { backend: Backend::Memory, budget, ..StateOptions::default() };
        let checkpoints = dir.path().join("checkpoints").display().to_string();
        let checkpoints =
            CheckpointOptions { fresh: true, restarts: 0, ..CheckpointOptions::new(checkpoints) };
        job(dir.path(), 40_000, state).checkpoints(checkpoints).run()
    };
    let error = run(10_000).unwrap_err().to_string();
    for part in ["and the backend `memory` saves 10000 at most", "backend = \"fs\""] {
        assert!(error.contains(part), "{error}");
    }
    run(10_000_000).unwrap();
}

#[cfg(not(feature = "rocksdb"))]
#[test]
fn a_backend_that_was_not_built_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let state = StateOptions { backend: Backend::RocksDb, ..StateOptions::default() };
    let error = job(dir.path(), 1, state).run().unwrap_err().to_string();
    assert!(error.contains("turn on the feature `rocksdb`"), "{error}");
}

#[cfg(feature = "rocksdb")]
mod rocksdb {
    use super::*;

    fn rows(out: &std::path::Path) -> Vec<String> {
        let parts = std::fs::read_dir(out).unwrap();
        let parts = parts.map(|part| std::fs::read_to_string(part.unwrap().path()).unwrap());
        let mut rows: Vec<_> = parts
            .flat_map(|part| part.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        rows.sort();
        rows
    }

    #[test]
    fn state_that_has_no_room_in_memory_is_as_right_as_any() {
        let [hot, cold] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        job(hot.path(), 200_000, StateOptions::default()).parallelism(2).run().unwrap();
        let state = StateOptions {
            backend: Backend::RocksDb,
            budget: 100_000,
            dir: Some(cold.path().join("state")),
            rocksdb: vec![("compression".to_owned(), "kNoCompression".to_owned())],
        };
        job(cold.path(), 200_000, state).parallelism(2).run().unwrap();
        let (hot, cold_rows) = (rows(&hot.path().join("out")), rows(&cold.path().join("out")));
        assert_eq!((hot.len(), cold_rows.len()), (20_000, 20_000));
        assert!(hot == cold_rows);
        let left = std::fs::read_dir(cold.path().join("state")).unwrap().count();
        assert_eq!(left, 0, "what is on disk goes with the job");
    }

    /// Runs a pipeline with all its state in memory, and with next to nothing there.
    fn check(pipeline: impl Fn() -> thalweg::__private::Definition + Copy, outputs: &[&str]) {
        let run = |dir: &std::path::Path, state| {
            let job = Job::new(pipeline).arg("records", 60_000).arg("keys", 6_000);
            let job = job.arg("output", dir.join("out").display()).state(state);
            job.parallelism(2).run().unwrap();
        };
        let [hot, cold] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        run(hot.path(), StateOptions::default());
        let dir = Some(cold.path().join("state"));
        let (backend, budget) = (Backend::RocksDb, 100_000);
        run(cold.path(), StateOptions { backend, budget, dir, ..StateOptions::default() });
        for output in outputs {
            let of = |dir: &tempfile::TempDir| rows(&dir.path().join("out").join(output));
            let (hot, cold) = (of(&hot), of(&cold));
            assert!(hot.len() >= 6_000, "{output}: {}", hot.len());
            assert!(hot == cold, "{output}: {} and {}", hot.len(), cold.len());
        }
        let left = std::fs::read_dir(cold.path().join("state")).unwrap().count();
        assert_eq!(left, 0, "what is on disk goes with the job");
    }

    #[test]
    fn windows_that_have_no_room_in_memory_are_as_right_as_any() {
        // Six windows of 6000 keys and as many sessions take more than a megabyte.
        check(windows, &["tumbling", "sliding", "panes", "sessions"]);
    }

    #[test]
    fn joins_that_have_no_room_in_memory_are_as_right_as_any() {
        // Six seconds of records take more than a megabyte.
        check(joins, &["interval", "window", "as_of"]);
    }

    #[test]
    fn what_rocksdb_does_not_take_is_told_before_the_job_starts() {
        let dir = tempfile::tempdir().unwrap();
        let refused = |state| job(dir.path(), 1, state).run().unwrap_err().to_string();
        let rocksdb = || StateOptions { backend: Backend::RocksDb, ..StateOptions::default() };
        let setting = vec![("write_bufer_size".to_owned(), "1".to_owned())];
        let error = refused(StateOptions { rocksdb: setting, ..rocksdb() });
        assert!(error.contains("does not take `write_bufer_size=1`"), "{error}");
        let error = refused(StateOptions { dir: Some("/proc/nothing".into()), ..rocksdb() });
        assert!(error.contains("/proc/nothing") && error.contains("[state] dir"), "{error}");
    }
}
