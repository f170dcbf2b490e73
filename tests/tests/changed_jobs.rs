//! Jobs that were changed since their checkpoint: what is missing is named, and dropped only if that is asked for.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use thalweg::job::{CheckpointOptions, Job};
use thalweg::prelude::*;
use thalweg::task::Control;

const ENTRIES: u64 = 40_000;

/// Counts windows, and knows which numbers came.
#[pipeline]
fn whole(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    let known = numbers.key_by(|i| i % 100).dedup().uid("known");
    known.map(|i| i).sink(files(format!("{dir}/known")).json());
    let counts = numbers.key_by(|i| i % 7).window(tumbling(secs(1))).count().uid("counts");
    counts.map(|count| (count.key, count.value)).sink(files(format!("{dir}/counts")).json());
}

/// The same without what knows the numbers.
#[pipeline]
fn without_known(dir: String, rate: f64) {
    let numbers = source(generate(ENTRIES, |i| i).rate(rate))
        .event_time(|i| Timestamp::from_millis(i as i64))
        .watermarks(monotonic());
    let counts = numbers.key_by(|i| i % 7).window(tumbling(secs(1))).count().uid("counts");
    counts.map(|count| (count.key, count.value)).sink(files(format!("{dir}/counts")).json());
}

fn job(pipeline: impl Fn() -> thalweg::job::Definition, dir: &Path, rate: f64) -> Job {
    Job::new(pipeline).arg("dir", dir.display()).arg("rate", rate)
}

fn options(dir: &Path) -> CheckpointOptions {
    let interval = Duration::from_millis(50);
    CheckpointOptions { interval, ..CheckpointOptions::new(dir.join("c").display().to_string()) }
}

/// The sum of all counts that are visible.
fn counted(dir: &Path) -> u64 {
    let parts = fs::read_dir(dir.join("counts")).unwrap().map(|entry| entry.unwrap().path());
    let visible =
        parts.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("part-"));
    let rows = visible.flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    rows.map(|row| serde_json::from_str::<(u64, u64)>(&row).unwrap().1).sum()
}

#[test]
fn state_that_a_job_does_not_have_is_refused_unless_it_may_be_dropped() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path();
    let control = Control::new();
    let first = job(whole, dir, 20_000.0).checkpoints(options(dir)).control(&control);
    let running = thread::spawn(move || first.run());
    let end = Instant::now() + Duration::from_secs(60);
    while fs::read_dir(dir.join("counts")).map_or(0, Iterator::count) < 2 {
        assert!(Instant::now() < end, "the job makes nothing visible");
        thread::sleep(Duration::from_millis(5));
    }
    control.stop();
    running.join().unwrap().unwrap();
    let some = counted(dir);
    assert!(some < ENTRIES);

    let refused = job(without_known, dir, 1e9).checkpoints(options(dir)).run().unwrap_err();
    let refused = refused.to_string();
    assert!(refused.contains("`known`") && refused.contains("`counts`"), "{refused}");
    assert_eq!(counted(dir), some);

    let dropping = CheckpointOptions { allow_dropped_state: true, ..options(dir) };
    job(without_known, dir, 1e9).checkpoints(dropping).run().unwrap();
    assert_eq!(counted(dir), ENTRIES, "what is left goes on");
}
