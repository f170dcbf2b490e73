//! Checkpoints as users of a job binary meet them: kills, stops, failures, and storage that is not what it should be.
#![cfg(not(rust_analyzer))] // It does not follow a path into another package.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

#[allow(dead_code, reason = "the command line is for xtask")]
#[path = "../../xtask/src/ledger/mod.rs"]
mod ledger;

use ledger::entries::Entries;
use ledger::options::{Backend, Options, Sink};
use ledger::verify::verify;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ledger_job");

/// So many entries are made as fast as may be; slowly, they last longer than any test.
const FAST: &str = "1e9";
const SLOW: &str = "2000";

/// A job with directories of its own.
struct Bench {
    dir: TempDir,
    entries: Entries,
}

impl Bench {
    fn new() -> Bench {
        let dir = TempDir::new().expect("a directory");
        let entries = Entries { records: 40_000, keys: 50 };
        entries.write_files(&dir.path().join("input")).expect("files");
        Bench { dir, entries }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    /// The job with its usual directories; what is given in `more` counts last.
    fn job(&self, rate: &str, more: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("THALWEG_")) {
            command.env_remove(name);
        }
        let usual = [
            ("--entries", self.entries.generated().to_string()),
            ("--keys", self.entries.keys.to_string()),
            ("--rate", rate.to_owned()),
            ("--input", self.text("input")),
            ("--output", self.text("output")),
            ("--checkpoint-dir", self.text("checkpoints")),
            ("--checkpoint-interval", "20ms".to_owned()),
            ("--parallelism", "2".to_owned()),
            ("--quiet", String::new()),
        ];
        for (name, value) in usual.iter().filter(|(name, _)| !more.contains(name)) {
            command.arg(name);
            command.args((!value.is_empty()).then_some(value));
        }
        command.args(more).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end: exit code and what it says.
    fn run(&self, rate: &str, more: &[&str]) -> (Option<i32>, String) {
        ended(self.job(rate, more).output().expect("the job starts"))
    }

    /// Runs it slowly until `enough`, then sends a signal: exit code and what it says.
    fn run_until(
        &self,
        more: &[&str],
        signal: &str,
        enough: impl Fn(&Bench) -> bool,
    ) -> (Option<i32>, String) {
        let child = self.job(SLOW, more).spawn().expect("the job starts");
        self.wait_for(&child, enough);
        send(&child, signal);
        ended(child.wait_with_output().expect("it ends"))
    }

    /// Waits until something is so, which it will be.
    fn wait_for(&self, child: &Child, enough: impl Fn(&Bench) -> bool) {
        let started = Instant::now();
        while !enough(self) {
            let (pid, waited) = (child.id(), started.elapsed());
            assert!(waited < Duration::from_secs(60), "what process {pid} should do, it does not");
            std::thread::yield_now();
        }
    }

    fn check_books(&self) {
        let verdict = verify(self.entries, &self.path("output")).expect("books");
        let found = (verdict.lost, verdict.duplicated, &verdict.differences[..]);
        assert_eq!(found, (0, 0, &[][..]));
    }

    /// The manifest of the last checkpoint.
    fn manifest(&self) -> PathBuf {
        self.manifests().pop().expect("there are checkpoints").1
    }

    /// Manifests by the numbers of their checkpoints.
    fn manifests(&self) -> Vec<(u64, PathBuf)> {
        let number = |path: &Path| {
            let name = path.file_name()?.to_str()?.strip_prefix("chk-")?;
            name.parse().ok()
        };
        let mut found = Vec::new();
        for folder in files(&self.path("checkpoints")) {
            let Some(number) = number(&folder) else { continue };
            for attempt in files(&folder) {
                let manifest = attempt.join("MANIFEST");
                found.extend(manifest.exists().then_some((number, manifest)));
            }
        }
        found.sort();
        found
    }

    /// A file of the last checkpoint's state.
    fn state(&self) -> PathBuf {
        let folder = self.manifest().parent().expect("a folder").to_owned();
        let mut states = files(&folder);
        states.retain(|path| path.extension().is_some_and(|it| it == "state"));
        states.sort_by_key(|path| fs::metadata(path).expect("it is there").size());
        states.pop().expect("there is state")
    }

    /// There is output.
    fn has_shown(&self) -> bool {
        files(&self.path("output/lines")).iter().any(|path| !is_hidden(path))
    }

    /// There is something that no checkpoint has.
    fn has_begun(&self) -> bool {
        files(&self.path("output/lines")).iter().any(|path| is_hidden(path))
    }

    /// Output was shown with a checkpoint, and no retained checkpoint since has anything to show.
    fn is_quiet(&self) -> bool {
        let commits = |path: &Path| {
            let manifest = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&manifest).contains("\"committables\":[{")
        };
        let manifests = self.manifests();
        self.has_shown()
            && manifests.len() >= 3
            && !manifests.iter().any(|(_, path)| !path.exists() || commits(path))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).into_iter().flatten().flatten();
    listed.map(|entry| entry.path()).collect()
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with('.'))
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

fn ended(output: Output) -> (Option<i32>, String) {
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// Expects a job to have ended so, and to have said all this.
fn check((code, said): (Option<i32>, String), expected: i32, parts: &[&str]) {
    assert_eq!(code, Some(expected), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part}\n--- not in ---\n{said}");
    }
}

#[test]
fn a_job_that_is_killed_keeps_exact_books() {
    keep_exact_books(Backend::Fs);
}

#[cfg(feature = "rocksdb")]
#[test]
fn a_job_that_is_killed_keeps_exact_books_on_disk() {
    keep_exact_books(Backend::RocksDb);
}

fn keep_exact_books(backend: Backend) {
    let dir = TempDir::new().expect("a directory");
    let (kills, records, keys, seed) = (5, 200_000, 200, 20);
    let life = Duration::from_millis(400);
    let (folder, sink) = (None, Sink::Files);
    let options = Options { kills, records, keys, seed, life, folder, backend, sink };
    let report = ledger::run(&options, Path::new(PROGRAM), dir.path()).expect("it can be tried");
    assert!(report.is_exact(), "{report:#?}");
    assert_eq!(report.summary(), "200000 records, 5 kills, 0 lost, 0 duplicated");
}

#[test]
fn a_job_that_has_finished_says_so_and_begins_anew_if_told() {
    let bench = Bench::new();
    check(bench.run(FAST, &[]), 0, &[]);
    bench.check_books();
    check(bench.run(FAST, &[]), 0, &["has finished before", "--fresh begins anew"]);
    let again = bench.text("again");
    check(bench.run(FAST, &["--fresh", "--output", &again]), 0, &[]);
    let verdict = verify(bench.entries, Path::new(&again)).expect("books");
    assert_eq!((verdict.lost, verdict.duplicated), (0, 0), "{verdict:?}");
}

#[test]
fn what_is_stopped_goes_on_at_another_parallelism() {
    let bench = Bench::new();
    check(bench.run_until(&["--parallelism", "1"], "-TERM", Bench::has_shown), 130, &["stopping"]);
    let before = files(&bench.path("output/lines")).len();
    let more = |bench: &Bench| files(&bench.path("output/lines")).len() > before + 6;
    check(bench.run_until(&["--parallelism", "3"], "-TERM", more), 130, &["stopping"]);
    check(bench.run(FAST, &["--parallelism", "2"]), 0, &[]);
    bench.check_books();
}

#[test]
fn other_input_or_output_is_refused() {
    let bench = Bench::new();
    bench.run_until(&[], "-TERM", Bench::has_shown);
    let other = bench.text("other");
    bench.entries.write_files(Path::new(&other)).expect("files");
    let input = bench.text("input");
    let both =
        [input.as_str(), other.as_str(), "is not the one that the checkpoint was taken with"];
    check(bench.run(FAST, &["--input", &other]), 1, &both);
    let output = bench.text("output");
    let both = [output.as_str(), other.as_str(), "help: start the job as before"];
    check(bench.run(FAST, &["--output", &other]), 1, &both);
    let fewer = ["generate(35999)", "generate(36000)"];
    check(bench.run(FAST, &["--entries", "35999"]), 1, &fewer);
    check(bench.run(FAST, &[]), 0, &[]);
    bench.check_books();
}

#[test]
fn a_second_process_is_refused() {
    let bench = Bench::new();
    let mut first = bench.job(SLOW, &[]).spawn().expect("the job starts");
    bench.wait_for(&first, Bench::has_shown);
    let pid = format!("another process (pid {}) is running this job", first.id());
    check(bench.run(FAST, &[]), 1, &[&pid, "help: stop that process"]);
    first.kill().expect("killed");
    first.wait().expect("ended");
    check(bench.run(FAST, &[]), 0, &[]);
    bench.check_books();
}

#[test]
fn a_closure_that_panics_once_is_forgiven() {
    let bench = Bench::new();
    let once = format!("20000:{}", bench.text("marker"));
    let once = ["--fail-at", &once, "--checkpoint-interval", "5ms"];
    let ran = bench.run("100000", &once);
    check(ran, 0, &["restarting from the last checkpoint", "entry 20000 is not wanted"]);
    bench.check_books();
}

#[test]
fn a_record_that_always_fails_ends_the_job_after_three_attempts() {
    let bench = Bench::new();
    let (code, said) = bench.run("100000", &["--fail-at", "20000"]);
    let last = said.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: ") && last.contains("entry 20000 is not wanted"), "{said}");
    assert!(last.contains("at event time 11994"), "{said}");
    let restarts = said.matches("restarting from the last checkpoint").count();
    assert_eq!((code, restarts), (Some(1), 2), "{said}");
}

/// Spoils a file, expects the job to refuse it and to say what to do, and puts it back.
fn check_spoilt(bench: &Bench, path: &Path, parts: &[&str]) {
    let sound = fs::read(path).expect("it is there");
    let mut flipped = sound.clone();
    flipped[sound.len() / 2] ^= 1;
    for spoilt in [Some(&sound[..sound.len() / 2]), Some(&flipped), None] {
        match spoilt {
            Some(bytes) => fs::write(path, bytes).expect("written"),
            None => fs::remove_file(path).expect("removed"),
        }
        check(bench.run(FAST, &[]), 1, parts);
        fs::write(path, &sound).expect("written");
    }
}

#[test]
fn what_is_spoilt_stops_a_job_whose_output_was_shown() {
    let bench = Bench::new();
    // Its only checkpoint is that of the stop, with which everything was shown.
    let once = ["--checkpoint-interval", "1h"];
    check(bench.run_until(&once, "-TERM", Bench::has_begun), 130, &[]);
    let help = ["cannot be used: ", "would be shown again, help: put the file back as it was"];
    check_spoilt(&bench, &bench.manifest(), &help);
    check_spoilt(&bench, &bench.state(), &help);
    check(bench.run(FAST, &[]), 0, &[]);
    bench.check_books();
}

#[test]
fn what_is_spoilt_is_replaced_by_what_is_older() {
    type Spoil = fn(&Bench);
    let spoils: [Spoil; 4] = [
        |bench| fs::write(bench.manifest(), b"TWSP").expect("written"),
        |bench| fs::remove_file(bench.manifest()).expect("removed"),
        |bench| fs::remove_file(bench.state()).expect("removed"),
        |bench| {
            let mut bytes = fs::read(bench.state()).expect("read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(bench.state(), bytes).expect("written");
        },
    ];
    for spoil in spoils {
        let bench = Bench::new();
        // One entry at once, and then none for a long time.
        let mut child = bench.job("0.001", &[]).spawn().expect("the job starts");
        bench.wait_for(&child, Bench::is_quiet);
        child.kill().expect("killed");
        child.wait().expect("ended");
        spoil(&bench);
        check(bench.run(FAST, &[]), 0, &["going on from an older checkpoint"]);
        bench.check_books();
    }
}

#[test]
fn a_file_where_a_directory_should_be_is_refused() {
    let bench = Bench::new();
    fs::write(bench.path("checkpoints"), "mine").expect("written");
    let checkpoints = bench.text("checkpoints");
    check(bench.run(FAST, &[]), 1, &["error: cannot ", &checkpoints, "help: move it away"]);
    assert_eq!(fs::read(bench.path("checkpoints")).expect("it is there"), b"mine");
    let url = ["--checkpoint-dir", "ftp://host/job"];
    check(bench.run(FAST, &url), 1, &["`ftp://host/job` is no place", "help: name a directory"]);
}

/// A small file system in memory, if this user may make one.
struct Disk(PathBuf);

impl Disk {
    fn mount(path: PathBuf, options: &str) -> Option<Disk> {
        fs::create_dir_all(&path).expect("a directory");
        let disk = Disk(path);
        disk.is_made(options).then_some(disk)
    }

    /// Mounts it, or changes what is mounted.
    fn is_made(&self, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&self.0);
        mount.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // If it was never mounted, that is all right.
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let bench = Bench::new();
    let Some(disk) = Disk::mount(bench.path("checkpoints"), "size=64k") else {
        println!("skipped: this user cannot mount a small disk");
        return;
    };
    let full = bench.run("50000", &["--restarts", "0"]);
    // What is given up makes room: the job may be done before three checkpoints in a row have failed.
    if full.0 != Some(0) {
        check(full, 1, &["error: ", "No space left", "help: "]);
    }
    assert!(disk.is_made("remount,size=64m"));
    check(bench.run(FAST, &[]), 0, &[]);
    bench.check_books();
}

#[test]
fn a_disk_that_is_read_only_is_refused() {
    let bench = Bench::new();
    let Some(_disk) = Disk::mount(bench.path("checkpoints"), "ro,size=1m") else {
        println!("skipped: this user cannot mount a read-only disk");
        return;
    };
    let help = ["Read-only file system", "help: keep the checkpoints where they can be written"];
    check(bench.run(FAST, &[]), 1, &help);
    assert!(!bench.path("output").exists());
}

#[test]
fn a_file_says_where_and_how_often() {
    let bench = Bench::new();
    let config = bench.path("job.toml");
    let dir = bench.text("elsewhere");
    let text = format!("[checkpoint]\ndir = \"{dir}\"\ninterval = \"5ms\"\nretain = 1\n");
    // Nothing fails: even so, the books are right.
    let text = text + "mode = \"at-least-once\"\n";
    fs::write(&config, text).expect("written");
    let config = config.to_str().expect("UTF-8").to_owned();
    let mut command = Command::new(PROGRAM);
    let entries = bench.entries.generated().to_string();
    command.args(["--config", &config, "--entries", &entries, "--keys", "50", "--quiet"]);
    command.args(["--input", &bench.text("input"), "--output", &bench.text("output")]);
    check(ended(command.output().expect("the job starts")), 0, &[]);
    bench.check_books();
    // Files of earlier ones may be there: increments build on them.
    let attempts = files(Path::new(&dir)).into_iter().filter(|path| path.is_dir());
    let manifests = attempts.flat_map(|chk| files(&chk)).map(|attempt| attempt.join("MANIFEST"));
    let manifests: Vec<_> = manifests.filter(|manifest| manifest.exists()).collect();
    assert_eq!(manifests.len(), 1, "{manifests:?}");
    fs::write(bench.path("job.toml"), "[checkpoint]\ndri = \"x\"\n").expect("written");
    let mistaken = ended(command.output().expect("the job starts"));
    check(mistaken, 2, &["checkpoint.dri", "did you mean `dir`?"]);
    fs::write(bench.path("job.toml"), "[checkpoint]\nmode = \"mostly\"\n").expect("written");
    let mistaken = ended(command.output().expect("the job starts"));
    check(mistaken, 2, &["mostly", "exactly-once or at-least-once"]);
}
