//! Savepoints of real jobs: made while they run, by stopping them, gone on from elsewhere.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const ENTRIES: u64 = 60_000;
const KEYS: u64 = 50;

/// A directory with a job's input and output.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new() -> Place {
        Place { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The job, so slow that it is still running when something is asked of it.
    fn job(&self, checkpoints: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sums_job"));
        command.args(["--entries", &ENTRIES.to_string(), "--keys", &KEYS.to_string()]);
        command.arg("--totals").arg(self.path("totals")).arg("--lines").arg(self.path("lines"));
        command.arg("--checkpoint-dir").arg(self.path(checkpoints));
        command.args(["--checkpoint-interval", "50ms"]).args(more);
        command
    }

    fn start(&self) -> Child {
        let mut job = self.job("checkpoints", &["--rate", "20000", "--parallelism", "2"]);
        let child = job.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It runs once it has made a part visible.
        let end = Instant::now() + Duration::from_secs(60);
        while fs::read_dir(self.path("totals")).map_or(0, Iterator::count) < 2 {
            assert!(Instant::now() < end, "the job makes nothing visible");
            thread::sleep(Duration::from_millis(5));
        }
        child
    }

    /// Asks the running job.
    fn ask(&self, words: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sums_job"));
        command.args(words).arg("--checkpoint-dir").arg(self.path("checkpoints"));
        command.output().unwrap()
    }

    /// The sum of counts and of ids over all rows that were made visible.
    fn totals(&self) -> (u64, u64) {
        let mut totals = BTreeMap::new();
        for (name, text) in files(&self.path("totals")) {
            for row in text.lines().skip(1) {
                let fields: Vec<&str> = row.split(',').collect();
                let before = totals.insert((fields[0].to_owned(), fields[1].to_owned()), {
                    let number = |at: usize| fields[at].parse::<u64>().unwrap();
                    (number(2), number(3))
                });
                assert_eq!(before, None, "{name} has a window again: {row}");
            }
        }
        totals.values().fold((0, 0), |(count, sum), row| (count + row.0, sum + row.1))
    }
}

fn files(dir: &Path) -> Vec<(String, String)> {
    let visible = |path: &PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    let paths = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(visible);
    paths.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

const ALL: (u64, u64) = (ENTRIES, ENTRIES * (ENTRIES - 1) / 2);

#[test]
fn a_job_that_was_stopped_goes_on_with_another_parallelism() {
    let place = Place::new();
    let running = place.start();
    let stopped = place.ask(&["stop"]);
    assert!(stopped.status.success(), "{}", text(&stopped));
    assert!(text(&stopped).starts_with("stopped with checkpoint "), "{}", text(&stopped));
    let ended = running.wait_with_output().unwrap();
    assert!(ended.status.success() && text(&ended).contains("stopped after"), "{}", text(&ended));
    assert!(place.totals().0 < ENTRIES, "windows stay open");
    let listed = place.ask(&["checkpoints"]);
    let list = text(&listed);
    assert!(list.contains("would go on from the last one"), "{list}");
    let last = list.lines().rev().nth(1).unwrap();
    assert!(last.contains("Z ") && last.matches(" ms ").count() == 2, "when, how long: {list}");
    let rest = place.job("checkpoints", &["--rate", "1e9", "--parallelism", "3"]).output().unwrap();
    assert!(rest.status.success(), "{}", text(&rest));
    assert_eq!(place.totals(), ALL);
    let again = place.ask(&["stop"]);
    assert!(
        !again.status.success() && text(&again).contains("no job is running"),
        "{}",
        text(&again)
    );
}

#[test]
fn a_drained_job_has_fired_its_windows_and_is_finished() {
    let place = Place::new();
    let running = place.start();
    let drained = place.ask(&["stop", "--drain"]);
    assert!(drained.status.success(), "{}", text(&drained));
    assert!(running.wait_with_output().unwrap().status.success());
    let (count, sum) = place.totals();
    assert!(0 < count && count < ENTRIES);
    // What was read are the first entries of each of the two stripes, each once.
    let lines: u64 =
        files(&place.path("lines")).iter().map(|(_, text)| text.lines().count() as u64 - 1).sum();
    assert!(lines > 0 && sum > 0);
    let again = place.job("checkpoints", &["--rate", "1e9"]).output().unwrap();
    assert!(
        again.status.success() && text(&again).contains("has finished before"),
        "{}",
        text(&again)
    );
    assert_eq!(place.totals(), (count, sum));
}

#[test]
fn a_savepoint_is_moved_and_gone_on_from() {
    let place = Place::new();
    let running = place.start();
    let to = place.path("savepoints");
    let to = ["--savepoint-dir", to.to_str().unwrap()];
    let made = place.ask(&[&["savepoint"][..], &to].concat());
    assert!(made.status.success(), "{}", text(&made));
    let early = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
    let made = place.ask(&[&["stop"][..], &to].concat());
    assert!(made.status.success(), "{}", text(&made));
    let last = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
    assert!(running.wait_with_output().unwrap().status.success());
    assert!(early.join("MANIFEST").exists() && last.join("MANIFEST").exists() && early != last);
    let moved = place.path("moved");
    fs::rename(&last, &moved).unwrap();
    fs::remove_dir_all(place.path("checkpoints")).unwrap();
    let missing = place.path("nowhere");
    let words = ["--rate", "1e9", "--restore", missing.to_str().unwrap()];
    let refused = place.job("third", &words).output().unwrap();
    assert!(text(&refused).contains("there is no checkpoint at"), "{}", text(&refused));
    let words = ["--rate", "1e9", "--parallelism", "3", "--restore", moved.to_str().unwrap()];
    let rest = place.job("other", &words).output().unwrap();
    assert!(rest.status.success(), "{}", text(&rest));
    assert_eq!(place.totals(), ALL);
}

#[test]
fn nobody_is_asked_without_a_directory() {
    let output = Command::new(env!("CARGO_BIN_EXE_sums_job")).arg("stop").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("--checkpoint-dir"), "{}", text(&output));
}
