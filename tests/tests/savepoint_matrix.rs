//! Savepoints of a job that goes on elsewhere: with another parallelism, after an edit, from files of earlier days.
//!
//! `UPDATE_EXPECT=1` renews the table in `docs/savepoints.md`, and with `UPDATE_SAVEPOINT=1` the savepoint that is kept
//! for this format: only when the format is a new one.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const ENTRIES: u64 = 30_000;
const ALL: (u64, u64) = (ENTRIES, ENTRIES * (ENTRIES - 1) / 2);
/// Where state is kept while a job runs.
#[cfg(not(feature = "rocksdb"))]
const BACKENDS: &[&str] = &["memory", "fs"];
#[cfg(feature = "rocksdb")]
const BACKENDS: &[&str] = &["memory", "fs", "rocksdb"];

/// A change of a job, what is given with it, and whether it goes on.
struct Change {
    words: &'static str,
    pipeline: &'static str,
    arguments: &'static [&'static str],
    works: bool,
}

const CHANGES: [Change; 11] = [
    change("nothing", "same", &["--window", "5"], true),
    change("a filter before the operators", "filtered", &[], true),
    change("an operator more", "added", &[], true),
    change("an operator less", "removed", &[], false),
    change(
        "an operator less, `--allow-dropped-state`",
        "removed",
        &["--allow-dropped-state"],
        true,
    ),
    change("a field more, `#[default]`", "field_added", &[], true),
    change("a field renamed, `#[was]`, and wider", "field_renamed", &[], true),
    change("another uid", "operator_renamed", &[], false),
    change(
        "another uid, `--rename seen=sums`",
        "operator_renamed",
        &["--rename", "seen=sums"],
        true,
    ),
    change("a longer window", "same", &["--window", "10"], false),
    change("another type of key", "key_changed", &[], false),
];

const fn change(
    words: &'static str,
    pipeline: &'static str,
    arguments: &'static [&'static str],
    works: bool,
) -> Change {
    Change { words, pipeline, arguments, works }
}

fn job(pipeline: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_changed_job"));
    command.arg(pipeline);
    command
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Output, checkpoints and savepoints of one run.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, pipeline: &str, rate: &str, parallelism: usize) -> Command {
        self.run_on("fs", pipeline, rate, parallelism)
    }

    fn run_on(&self, backend: &str, pipeline: &str, rate: &str, parallelism: usize) -> Command {
        let mut command = job(pipeline);
        // Of RocksDB, memory for a part of the keys.
        let budget = if backend == "rocksdb" { "16KiB" } else { "64MiB" };
        command.args(["--state-backend", backend, "--state-budget", budget]);
        command.args(["--rate", rate, "--parallelism", &parallelism.to_string()]);
        command.arg("--dir").arg(self.path("out"));
        command.arg("--checkpoint-dir").arg(self.path("checkpoints"));
        command.args(["--checkpoint-interval", "50ms"]);
        command
    }

    /// Waits until a part of the output is visible.
    fn until_visible(&self) {
        let end = Instant::now() + Duration::from_secs(60);
        while rows(&self.path("out/seen")).is_empty() {
            assert!(Instant::now() < end, "nothing becomes visible");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Stops the job with a savepoint.
    fn stop(&self, running: Child) -> PathBuf {
        let mut stop = job("same");
        stop.arg("stop").arg("--checkpoint-dir").arg(self.path("checkpoints"));
        let made = stop.arg("--savepoint-dir").arg(self.path("savepoints")).output().unwrap();
        assert!(made.status.success(), "{}", text(&made));
        let ended = running.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", text(&ended));
        PathBuf::from(String::from_utf8_lossy(&made.stdout).trim())
    }

    /// A job that was stopped half-way, and its savepoint.
    fn stopped(parallelism: usize) -> (Place, PathBuf) {
        Place::stopped_on("fs", parallelism)
    }

    fn stopped_on(backend: &str, parallelism: usize) -> (Place, PathBuf) {
        let place = Place::new();
        let mut first = place.run_on(backend, "same", "3000", parallelism);
        first.args(["--window", "5"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = first.spawn().unwrap();
        place.until_visible();
        let savepoint = place.stop(running);
        assert!(seen(&place).0 < ENTRIES, "some is left to do");
        (place, savepoint)
    }
}

/// The rows in the visible parts of a directory.
fn rows(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let visible = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("part-");
    let parts = paths.filter(visible).map(|path| fs::read_to_string(path).unwrap());
    parts.flat_map(|part| part.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// How many entries windows have had, and their sum.
fn seen(place: &Place) -> (u64, u64) {
    let rows = rows(&place.path("out/seen"));
    let rows = rows.iter().map(|row| serde_json::from_str::<(u64, u64)>(row).unwrap());
    rows.fold((0, 0), |all, row| (all.0 + row.0, all.1 + row.1))
}

fn known(place: &Place) -> usize {
    rows(&place.path("out/known")).len()
}

/// What `plan --diff` says of operators that are not simply kept, and whether the job could go on.
fn diff(place: &Place, change: &Change, savepoint: &Path) -> (bool, String) {
    let mut command = job(change.pipeline);
    command.arg("plan").arg("--diff").arg(savepoint).args(["--format", "json"]);
    command.args(["--rate", "1e9"]).arg("--dir").arg(place.path("out")).args(change.arguments);
    let output = command.output().unwrap();
    let json = serde_json::from_slice::<serde_json::Value>(&output.stdout);
    let json = json.unwrap_or_else(|_| panic!("{}", text(&output)));
    let mut notes = Vec::new();
    for part in json["parts"].as_array().unwrap() {
        if part["kind"] != "operator" || part["fate"] == "kept" {
            continue;
        }
        let said = part["notes"].as_array().unwrap().iter().map(|note| {
            let note = note.as_str().unwrap().split("\nhelp: ").next().unwrap();
            note.split_whitespace().collect::<Vec<_>>().join(" ")
        });
        let said = said.collect::<Vec<_>>().join(", ");
        let (id, fate) = (part["id"].as_str().unwrap(), part["fate"].as_str().unwrap());
        let colon = if said.is_empty() { "" } else { ": " };
        let note = format!("`{id}` {fate}{colon}{said}");
        notes.push(note);
    }
    assert_eq!(output.status.success(), json["works"] == true);
    (output.status.success(), notes.join("; "))
}

/// Goes on from a savepoint of a job that was changed; all that was read before and after is seen once.
fn goes_on(
    (before, savepoint): &(Place, PathBuf),
    change: &Change,
    (backend, parallelism): (&str, usize),
) -> String {
    let place = Place::new();
    let (works, notes) = diff(&place, change, savepoint);
    assert_eq!(works, change.works, "{}: {notes}", change.words);
    let mut command = place.run_on(backend, change.pipeline, "1e9", parallelism);
    let ended = command.args(change.arguments).arg("--restore").arg(savepoint).output().unwrap();
    assert_eq!(ended.status.success(), works, "{}: {}", change.words, text(&ended));
    if works {
        let (first, second) = (seen(before), seen(&place));
        assert_eq!((first.0 + second.0, first.1 + second.1), ALL, "{}", change.words);
        if change.pipeline != "removed" {
            assert_eq!(known(before) + known(&place), 1000, "{}", change.words);
        }
    } else {
        assert!(rows(&place.path("out/seen")).is_empty(), "nothing was written");
    }
    notes
}

#[test]
fn bug_29_a_savepoint_is_kept_migrated_or_refused() {
    let mut table = String::from("| change | 1 → 3 | 4 → 2 | what is said |\n|---|---|---|---|\n");
    let stopped =
        |backend| [(Place::stopped_on(backend, 1), 3), (Place::stopped_on(backend, 4), 2)];
    let sources: Vec<_> = BACKENDS.iter().flat_map(|backend| stopped(backend)).collect();
    for change in &CHANGES {
        let ways = sources.iter().flat_map(|(from, to)| {
            BACKENDS.iter().map(move |backend| goes_on(from, change, (backend, *to)))
        });
        let notes: Vec<String> = ways.collect();
        assert!(notes.iter().all(|said| *said == notes[0]), "{}: {notes:?}", change.words);
        let works = if change.works { "goes on" } else { "refused" };
        let (words, notes) = (change.words, notes[0].replace('|', "\\|"));
        writeln!(table, "| {words} | {works} | {works} | {notes} |").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/savepoints.md");
    let page = fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- made by tests/savepoint_matrix.rs -->\n", "<!-- end -->");
    let (head, rest) = page.split_once(begin).unwrap();
    let (old, tail) = rest.split_once(end).unwrap();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, format!("{head}{begin}{table}{end}{tail}")).unwrap();
    } else {
        assert_eq!(old, table, "UPDATE_EXPECT=1 renews it");
    }
}

#[test]
fn bug_30_a_savepoint_is_not_needed_behind_the_first_checkpoint() {
    let (before, savepoint) = Place::stopped(2);
    let place = Place::new();
    let restore = |rate: &str| {
        let mut command = place.run("same", rate, 2);
        command.args(["--window", "5", "--restore"]).arg(&savepoint);
        command
    };
    let mut second = restore("3000");
    let running = second.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    place.until_visible();
    place.stop(running);
    fs::remove_dir_all(&savepoint).unwrap();
    let ended = restore("1e9").output().unwrap();
    assert!(ended.status.success(), "{}", text(&ended));
    let (first, second) = (seen(&before), seen(&place));
    assert_eq!((first.0 + second.0, first.1 + second.1), ALL);
    assert_eq!(known(&before) + known(&place), 1000);
}

#[test]
fn what_is_saved_is_shown() {
    let (_place, savepoint) = Place::stopped(2);
    let inspect = |words: &[&str]| {
        let output = job("same").args(["state", "inspect"]).arg(&savepoint).args(words).output();
        let output = output.unwrap();
        (output.status.success(), text(&output))
    };
    let (_, list) = inspect(&[]);
    assert!(list.contains("seen: fold in tumbling(5000ms) by u64"), "{list}");
    assert!(
        list.contains("known: dedup by u64") && list.contains("Seen{count:u32,sum:u64,}"),
        "{list}"
    );
    let (_, all) = inspect(&["--operator", "known", "--json"]);
    assert_eq!(all.lines().count(), 1000);
    let (_, one) = inspect(&["--operator", "known", "--key", "77", "--json"]);
    assert_eq!(one, "{\"entry\":[77,null],\"section\":\"values\"}\n");
    let (_, seen) = inspect(&["--operator", "seen", "--key", "3"]);
    assert!(seen.contains("  3  {\"count\":"), "{seen}");
    let (_, some) = inspect(&["--operator", "known", "--limit", "3"]);
    assert_eq!(some.lines().count(), 4, "{some}");
    let (found, error) = inspect(&["--operator", "knowm"]);
    assert!(!found && error.contains("did you mean `known`?"), "{error}");
    let (found, error) = inspect(&["--operator", "known", "--key", "x"]);
    assert!(!found && error.contains("is no key of the type `u64`"), "{error}");
}

#[test]
fn what_cannot_be_renamed_is_said() {
    let (_place, savepoint) = Place::stopped(1);
    let refused = |renaming: &str| {
        let place = Place::new();
        let mut command = place.run("operator_renamed", "1e9", 1);
        command.arg("--restore").arg(&savepoint).args(["--rename", renaming]);
        let output = command.output().unwrap();
        assert!(!output.status.success());
        text(&output)
    };
    assert!(
        refused("absent=sums").contains("no operator of the old name"),
        "{}",
        refused("absent=sums")
    );
    assert!(refused("seen=absent").contains("no operator of the new name"));
    assert!(refused("seen=known").contains("of the new name already"));
    assert!(refused("seen").contains("OLD=NEW"));
}

/// The savepoints of each format that was ever written, and what was seen before them.
#[test]
fn savepoints_of_earlier_days_are_gone_on_from() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("savepoints");
    if std::env::var_os("UPDATE_SAVEPOINT").is_some() {
        let (place, savepoint) = Place::stopped(2);
        let to = kept.join("format-2");
        fs::create_dir_all(&to).unwrap();
        let status = Command::new("cp").arg("-r").arg(savepoint.join(".")).arg(&to).status();
        assert!(status.unwrap().success());
        let before = (seen(&place), known(&place));
        fs::write(to.join("BEFORE"), serde_json::to_string(&before).unwrap()).unwrap();
    }
    for format in fs::read_dir(&kept).unwrap().map(|entry| entry.unwrap().path()) {
        let before = fs::read_to_string(format.join("BEFORE")).unwrap();
        let before: ((u64, u64), usize) = serde_json::from_str(&before).unwrap();
        for pipeline in ["filtered", "field_renamed"] {
            let place = Place::new();
            let mut command = place.run(pipeline, "1e9", 3);
            let ended = command.arg("--restore").arg(&format).output().unwrap();
            assert!(ended.status.success(), "{}", text(&ended));
            let after = seen(&place);
            assert_eq!((before.0.0 + after.0, before.0.1 + after.1), ALL);
            assert_eq!(before.1 + known(&place), 1000);
        }
    }
}
