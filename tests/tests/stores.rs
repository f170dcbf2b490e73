//! Checkpoints and savepoints in object stores and HDFS, as users of a job binary meet them. The servers are real:
//! `tests/servers/s3.sh` and `hdfs.sh` start them.
#![cfg(any(feature = "s3", feature = "hdfs"))]
#![cfg(not(rust_analyzer))] // It does not follow a path into another package.

use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[allow(dead_code, reason = "the command line is for xtask")]
#[path = "../../xtask/src/ledger/mod.rs"]
mod ledger;

use ledger::entries::Entries;
use ledger::verify::verify;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ledger_job");
const FAST: &str = "1e9";
/// It lasts half a minute, which is longer than it takes to ask it for something.
const SLOW: &str = "1000";

/// A job with directories of its own, and a place for its checkpoints.
struct Bench {
    dir: TempDir,
    place: String,
    entries: Entries,
}

/// One for each kind of store.
fn benches() -> Vec<Bench> {
    let server = |name: &str, script: &str| {
        std::env::var(name).unwrap_or_else(|_| {
            panic!("a server is needed: export $(tests/servers/{script} start DIR)")
        })
    };
    let mut servers = Vec::new();
    if cfg!(feature = "s3") {
        server("AWS_ENDPOINT_URL", "s3.sh");
        servers.push("s3://test".to_owned());
    }
    if cfg!(feature = "hdfs") {
        servers.push(server("TEST_HDFS", "hdfs.sh"));
    }
    servers.iter().map(|server| Bench::new(server)).collect()
}

impl Bench {
    fn new(server: &str) -> Bench {
        let dir = TempDir::new().expect("a directory");
        let name = dir.path().file_name().and_then(|name| name.to_str()).expect("UTF-8");
        let place =
            format!("{server}/jobs/{}-{}", std::process::id(), name.trim_start_matches('.'));
        let entries = Entries { records: 30_000, keys: 50 };
        entries.write_files(&dir.path().join("input")).expect("files");
        Bench { dir, place, entries }
    }

    fn command(&self, words: &[&str], checkpoints: &str) -> Command {
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THALWEG_")) {
            command.env_remove(name);
        }
        command.args(words).arg("--checkpoint-dir").arg(format!("{}/{checkpoints}", self.place));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, rate: &str, checkpoints: &str, more: &[&str]) -> Child {
        let path = |name: &str| self.dir.path().join(name);
        let mut command = self.command(&[], checkpoints);
        command
            .args(["--entries", &self.entries.generated().to_string()])
            .args(["--keys", &self.entries.keys.to_string(), "--rate", rate])
            .arg("--input")
            .arg(path("input"))
            .arg("--output")
            .arg(path("output"))
            .args(["--checkpoint-interval", "50ms", "--parallelism", "2", "--quiet"])
            .args(more);
        command.spawn().expect("the job starts")
    }

    /// Parts that can be seen.
    fn shown(&self) -> usize {
        let listed = fs::read_dir(self.dir.path().join("output/lines")).into_iter().flatten();
        let names = listed.flatten().map(|entry| entry.file_name());
        names.filter(|name| !name.to_string_lossy().starts_with('.')).count()
    }

    /// Waits until more can be seen than before.
    fn wait_for_more(&self, child: &mut Child, before: usize) {
        let started = Instant::now();
        while self.shown() <= before {
            assert!(child.try_wait().expect("a child").is_none(), "the job has ended");
            assert!(started.elapsed() < Duration::from_secs(120), "nothing new is shown");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn check_books(&self) {
        let verdict = verify(self.entries, &self.dir.path().join("output")).expect("books");
        let found = (verdict.lost, verdict.duplicated, &verdict.differences[..]);
        assert_eq!(found, (0, 0, &[][..]));
    }
}

/// What it prints, if all is well.
fn done(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

#[test]
fn a_job_that_is_killed_goes_on_from_its_last_checkpoint() {
    for bench in benches() {
        for _ in 0..3 {
            let before = bench.shown();
            let mut job = bench.start(SLOW, "main", &[]);
            bench.wait_for_more(&mut job, before);
            job.kill().expect("it runs");
            job.wait().expect("it ends");
        }
        done(bench.start(FAST, "main", &[]).wait_with_output().expect("it ends"));
        bench.check_books();
        let listed = done(bench.command(&["checkpoints"], "main").output().expect("it answers"));
        assert!(listed.contains("the job has finished"), "{listed}");
        let again = done(bench.start(FAST, "main", &[]).wait_with_output().expect("it ends"));
        bench.check_books();
        assert_eq!(again, "");
    }
}

#[test]
fn a_savepoint_is_asked_for_made_and_begun_from_there() {
    for bench in benches() {
        let mut job = bench.start(SLOW, "first", &[]);
        bench.wait_for_more(&mut job, 0);
        let kept = format!("{}/kept", bench.place);
        let mut ask = bench.command(&["savepoint", "--savepoint-dir", &kept], "first");
        let savepoint = done(ask.output().expect("it answers"));
        assert!(savepoint.starts_with(&kept), "{savepoint}");
        let mut ask = bench.command(&["stop", "--savepoint-dir", &kept], "first");
        let stopped = done(ask.output().expect("it answers"));
        assert!(stopped.starts_with(&kept) && stopped != savepoint, "{stopped}");
        done(job.wait_with_output().expect("it ends"));
        let more = ["--restore", stopped.as_str()];
        done(bench.start(FAST, "second", &more).wait_with_output().expect("it ends"));
        bench.check_books();
    }
}

#[test]
fn a_job_does_not_begin_anew_where_another_may_run() {
    for bench in benches() {
        let mut job = bench.start(SLOW, "main", &[]);
        bench.wait_for_more(&mut job, 0);
        let fresh = bench.start(FAST, "main", &["--fresh"]).wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&fresh.stderr);
        assert!(fresh.status.code() != Some(0) && said.contains("cannot be emptied"), "{said}");
        assert!(said.contains(&bench.place), "{said}");
        job.kill().expect("it runs");
        job.wait().expect("it ends");
    }
}

#[test]
fn a_place_that_is_not_there_is_told() {
    for bench in benches() {
        let nowhere =
            if bench.place.starts_with("s3") { "s3://nowhere/x" } else { "hdfs://127.0.0.1:1/x" };
        let mut command = Command::new(PROGRAM);
        let output = command.args(["checkpoints", "--checkpoint-dir", nowhere]).output();
        let output = output.expect("it answers");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() != Some(0) && said.contains(nowhere), "{said}");
        assert!(said.contains("help: "), "{said}");
    }
}
