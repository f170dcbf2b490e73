//! Parts and checkpoints: an engine by hand, on a disk that fails after any step.

use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::builder::{Text, Writes};
use super::super::folder::Folder;
use super::super::write::TextWriter;
use super::*;
use crate::connector::{Sink, Transaction, Writer, files};
use crate::time::{Timestamp, hours};

type TextFiles = Files<Text, Writes>;

fn sink(path: &Path, disk: &Disk) -> TextFiles {
    let mut sink = files(path).text().roll(12, hours(1));
    sink.write.folder = Arc::new(Folder::on(disk.clone()));
    sink
}

fn begin(sink: &impl TwoPhaseCommitSink, attempt: u64) -> Result<(), SinkError> {
    sink.abort_orphans(&Opening { job: "job", sink: "parts", attempt, restored: false, kept: &[] })
}

fn restore(
    sink: &impl TwoPhaseCommitSink,
    attempt: u64,
    kept: &[Committable],
) -> Result<(), SinkError> {
    kept.iter().try_for_each(|committable| sink.commit(committable))?;
    sink.abort_orphans(&Opening { job: "job", sink: "parts", attempt, restored: true, kept })
}

fn write(writer: &mut TextWriter, lines: &[&str]) {
    lines.iter().for_each(|line| writer.write(Timestamp::MIN, line).unwrap());
}

/// Prepares, and runs the preparation.
fn prepare(writer: &mut TextWriter, checkpoint: u64) -> Result<Option<Committable>, SinkError> {
    let by = Transaction { checkpoint, attempt: 1, task: 0 };
    writer.prepare(&by)?.map(|preparation| preparation()).transpose()
}

fn names(path: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/out");
    (folder, path)
}

/// How the intervals between checkpoints go.
#[derive(Clone, Debug)]
struct Script {
    /// Rows of each interval.
    rows: Vec<u64>,
    /// Whether the checkpoint behind it completes, and if so, whether its commit is called. The last one does both.
    completes: Vec<(bool, bool)>,
    /// Tasks of each attempt, the last one's again for all later ones.
    tasks: Vec<usize>,
}

/// What outlives a crash: the pointer and the manifest that it names.
#[derive(Clone, Debug, Default)]
struct Saved {
    interval: usize,
    rows: u64,
    kept: Option<Vec<Committable>>,
}

/// An engine, as the contract says.
struct Engine<'a> {
    path: &'a Path,
    script: &'a Script,
    saved: Saved,
    attempt: u64,
    checkpoint: u64,
}

impl<'a> Engine<'a> {
    fn new(path: &'a Path, script: &'a Script) -> Engine<'a> {
        Engine { path, script, saved: Saved::default(), attempt: 0, checkpoint: 0 }
    }

    /// One attempt, from the last complete checkpoint to the end or the first error.
    fn attempt(&mut self, disk: &Disk) -> Result<(), SinkError> {
        self.attempt += 1;
        let sink = sink(self.path, disk);
        let kept = self.saved.kept.as_deref().unwrap_or_default();
        for committable in kept.iter().chain(kept) {
            sink.commit(committable)?;
        }
        let restored = self.saved.kept.is_some();
        sink.abort_orphans(&Opening {
            job: "job",
            sink: "parts",
            attempt: self.attempt,
            restored,
            kept,
        })?;
        let tasks = &self.script.tasks;
        let tasks = tasks[tasks.len().min(self.attempt as usize) - 1];
        let mut writers: Vec<TextWriter> =
            (0..tasks).map(|task| sink.open(task, tasks)).collect::<Result<_, _>>()?;
        let (mut row, mut prepared, mut unconfirmed) = (self.saved.rows, Vec::new(), Vec::new());
        for interval in self.saved.interval..self.script.rows.len() {
            for _ in 0..self.script.rows[interval] {
                writers[row as usize % tasks].write(Timestamp::MIN, &row.to_string())?;
                row += 1;
            }
            self.checkpoint += 1;
            for (task, writer) in writers.iter_mut().enumerate() {
                let Engine { checkpoint, attempt, .. } = *self;
                let preparation = writer.prepare(&Transaction { checkpoint, attempt, task })?;
                prepared.extend(preparation.map(|preparation| preparation()).transpose()?);
            }
            let is_last = interval + 1 == self.script.rows.len();
            let (completes, commits) = self.script.completes[interval];
            if !completes && !is_last {
                continue;
            }
            unconfirmed.append(&mut prepared);
            self.saved =
                Saved { interval: interval + 1, rows: row, kept: Some(unconfirmed.clone()) };
            if commits || is_last {
                for committable in unconfirmed.drain(..) {
                    sink.commit(&committable)?;
                    sink.commit(&committable)?;
                }
            }
        }
        writers.iter_mut().try_for_each(|writer| writer.finish())
    }

    /// Readers see only what a complete checkpoint covers, each row once.
    fn check_visible(&self) {
        let mut rows = self.visible();
        rows.sort_unstable();
        assert!(rows.windows(2).all(|two| two[0] < two[1]), "twice: {rows:?}");
        assert!(rows.last().is_none_or(|&row| row < self.saved.rows), "too early: {rows:?}");
    }

    fn visible(&self) -> Vec<u64> {
        let Ok(source) = crate::connector::Source::splits(&files(self.path).text(), 1) else {
            return Vec::new();
        };
        drop(source);
        let read = crate::connector::testing::drain_all(&files(self.path).text(), 1, 100).unwrap();
        read.iter().filter_map(|line| line.parse().ok()).collect()
    }

    /// All rows once, nothing hidden left, and nobody else's files gone.
    fn check_end(&self) {
        let mut rows = self.visible();
        rows.sort_unstable();
        let all: u64 = self.script.rows.iter().sum();
        assert_eq!(rows, (0..all).collect::<Vec<_>>(), "{:?}", names(self.path));
        let names = names(self.path);
        let foreign = |name: &&String| FOREIGN.contains(&&name[..]);
        assert_eq!(names.iter().filter(foreign).count(), FOREIGN.len(), "{names:?}");
        let left = |name: &&String| name.starts_with('.') && !foreign(name);
        assert_eq!(names.iter().find(left), None);
    }
}

/// Names that are somebody else's, however alike.
const FOREIGN: [&str; 5] = [
    "notes.txt",
    ".part-x.inprogress",
    ".part-0-1-0.txt.1.tmp",
    ".part-0-1-0.exe.1.inprogress",
    "_part-0-1-0.txt",
];

fn with_foreign_files(path: &Path) {
    fs::create_dir_all(path).unwrap();
    FOREIGN.iter().for_each(|name| fs::write(path.join(name), "mine\n").unwrap());
}

/// Crashes after so many steps of each attempt, losing power if told so, and at last goes on to the end.
fn crash(script: &Script, crashes: &[usize], undoes: impl FnMut() -> bool) -> usize {
    crash_on(Disk::default, script, crashes, undoes)
}

/// The same, on disks that `disk` makes.
fn crash_on(
    disk: impl Fn() -> Disk,
    script: &Script,
    crashes: &[usize],
    mut undoes: impl FnMut() -> bool,
) -> usize {
    let (_folder, path) = folder();
    with_foreign_files(&path);
    let mut engine = Engine::new(&path, script);
    for &steps in crashes {
        let disk = disk();
        disk.plug.pull_after(steps);
        if engine.attempt(&disk).is_ok() {
            break;
        }
        disk.plug.lose_power(&mut undoes);
        engine.check_visible();
    }
    let disk = disk();
    engine.attempt(&disk).unwrap();
    engine.check_end();
    disk.plug.taken()
}

/// Intervals with several parts, with one, with none; an aborted checkpoint, a commit that is lost.
fn script(tasks: &[usize]) -> Script {
    Script {
        rows: vec![9, 0, 2, 14, 0],
        completes: vec![(true, true), (true, true), (false, false), (true, false), (true, true)],
        tasks: tasks.to_vec(),
    }
}

#[test]
fn bug_37_a_crash_after_any_step_loses_and_doubles_nothing() {
    let script = script(&[2]);
    let steps = crash(&script, &[], || false);
    assert!(steps > 40, "{steps} steps");
    for crashed in 0..=steps {
        crash(&script, &[crashed], || false);
        crash(&script, &[crashed], || true);
        for mut undoes in [false, true] {
            crash(&script, &[crashed], || {
                undoes = !undoes;
                undoes
            });
        }
    }
}

#[test]
fn a_crash_is_no_worse_where_a_file_has_one_name() {
    let script = script(&[2]);
    let disk = || {
        let disk = Disk::default();
        disk.plug.refuse_links();
        disk
    };
    let steps = crash_on(disk, &script, &[], || false);
    for crashed in 0..=steps {
        crash_on(disk, &script, &[crashed], || crashed % 2 == 0);
    }
}

#[test]
fn tasks_become_more_and_fewer_with_parts_pending() {
    let script = script(&[1, 3, 2]);
    for crashed in (0..40).step_by(3) {
        crash(&script, &[crashed, crashed / 2], || false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bug_31_any_crashes_with_and_without_power_end_well(
        intervals in prop::collection::vec((0u64..12, any::<(bool, bool)>()), 1..6),
        tasks in prop::collection::vec(1usize..4, 1..4),
        crashes in prop::collection::vec(0usize..50, 0..5),
        undone in prop::collection::vec(any::<bool>(), 1..40),
    ) {
        let (rows, completes) = intervals.into_iter().unzip();
        let mut undone = undone.into_iter().cycle();
        crash(&Script { rows, completes, tasks }, &crashes, || undone.next().unwrap());
    }
}

#[test]
fn an_interval_without_rows_prepares_nothing() {
    let (_folder, path) = folder();
    let sink = files(&path).text();
    begin(&sink, 4).unwrap();
    let mut writer = sink.open(0, 1).unwrap();
    assert!(prepare(&mut writer, 1).unwrap().is_none());
    write(&mut writer, &["a", "b"]);
    let committable = prepare(&mut writer, 2).unwrap().unwrap();
    assert!(prepare(&mut writer, 3).unwrap().is_none());
    assert_eq!(names(&path), [".part-0-4-0.txt.4.inprogress"]);
    sink.commit(&committable).unwrap();
    assert_eq!(names(&path), ["part-0-4-0.txt"]);
    assert_eq!(fs::read_to_string(path.join("part-0-4-0.txt")).unwrap(), "a\nb\n");
    writer.finish().unwrap();
}

#[test]
fn parts_that_rolled_wait_for_the_checkpoint_too() {
    let (_folder, path) = folder();
    let sink = sink(&path, &Disk::default());
    begin(&sink, 1).unwrap();
    let mut writer = sink.open(0, 1).unwrap();
    write(&mut writer, &["0123456789ab", "0123456789ab", "0123456789ab", "0"]);
    let committable = prepare(&mut writer, 1).unwrap().unwrap();
    let hidden = |n| format!(".part-0-1-{n}.txt.1.inprogress");
    assert_eq!(names(&path), [hidden(0), hidden(1), hidden(2), hidden(3)]);
    sink.commit(&committable).unwrap();
    assert_eq!(
        names(&path),
        ["part-0-1-0.txt", "part-0-1-1.txt", "part-0-1-2.txt", "part-0-1-3.txt"]
    );
}

#[test]
fn what_is_behind_the_last_checkpoint_is_not_shown_at_the_end() {
    let (_folder, path) = folder();
    let sink = files(&path).text();
    begin(&sink, 1).unwrap();
    let mut writer = sink.open(0, 1).unwrap();
    write(&mut writer, &["a"]);
    assert!(writer.finish().unwrap_err().what.ends_with("what came behind the last checkpoint"));
    drop(writer);
    assert_eq!(names(&path), [""; 0]);
}

#[test]
fn a_preparation_that_is_dropped_leaves_nothing() {
    let (_folder, path) = folder();
    let sink = sink(&path, &Disk::default());
    begin(&sink, 1).unwrap();
    let mut writer = sink.open(0, 1).unwrap();
    write(&mut writer, &["0123456789ab", "0123456789ab", "0123456789ab", "0"]);
    drop(writer.prepare(&Transaction { checkpoint: 1, attempt: 1, task: 0 }).unwrap());
    // The part that rolled last may be on its way to the disk still: whoever prepares next does not wait for it.
    begin(&sink, 2).unwrap();
    assert!(names(&path).iter().all(|name| name == ".part-0-1-2.txt.1.inprogress"));
}

#[test]
fn a_part_that_the_thread_behind_it_has_removed_is_not_missed() {
    let (_folder, path) = folder();
    let disk = Disk::default();
    let sink = sink(&path, &disk);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join(HIDDEN), "half a part of attempt 1").unwrap();
    disk.plug.remove_first();
    begin(&sink, 2).unwrap();
    assert_eq!(names(&path), [""; 0]);
}

/// One part, prepared, by a job that has gone.
fn prepared(path: &Path) -> Committable {
    let sink = files(path).text();
    begin(&sink, 1).unwrap();
    let mut writer = sink.open(0, 1).unwrap();
    write(&mut writer, &["a", "b"]);
    prepare(&mut writer, 1).unwrap().unwrap()
}

const HIDDEN: &str = ".part-0-1-0.txt.1.inprogress";

#[test]
fn a_part_that_is_gone_stops_the_job() {
    let (_folder, path) = folder();
    let committable = prepared(&path);
    fs::remove_file(path.join(HIDDEN)).unwrap();
    let error = restore(&files(&path).text(), 2, &[committable]).unwrap_err();
    assert_eq!(
        error.what,
        format!(
            "cannot tell whether `{}/part-0-1-0.txt` was shown: neither it nor `{HIDDEN}` is there",
            path.display()
        )
    );
}

#[test]
fn a_part_that_somebody_changed_stops_the_job() {
    for (name, text) in [(HIDDEN, "a\n"), (HIDDEN, "a\nb\nc\n"), ("part-0-1-0.txt", "a\nx\n")] {
        let (_folder, path) = folder();
        let committable = prepared(&path);
        fs::write(path.join(name), text).unwrap();
        let error = restore(&files(&path).text(), 2, &[committable]).unwrap_err();
        assert!(error.what.contains("is not what the job has written"), "{error}");
        assert_eq!(fs::read_to_string(path.join(name)).unwrap(), text, "left as it is");
    }
}

#[test]
fn both_names_or_the_last_are_proof() {
    let (_folder, path) = folder();
    let committable = prepared(&path);
    fs::hard_link(path.join(HIDDEN), path.join("part-0-1-0.txt")).unwrap();
    restore(&files(&path).text(), 2, std::slice::from_ref(&committable)).unwrap();
    assert_eq!(names(&path), ["part-0-1-0.txt"]);
    restore(&files(&path).text(), 3, &[committable]).unwrap();
    assert_eq!(fs::read_to_string(path.join("part-0-1-0.txt")).unwrap(), "a\nb\n");
}

#[test]
fn what_a_sink_has_not_made_it_does_not_commit() {
    let (_folder, path) = folder();
    let sink = files(&path).text();
    begin(&sink, 1).unwrap();
    for name in ["../part-0-1-0.txt", "part-0-1-0.txt/..", "notes.txt", ""] {
        let part = serde_json::json!({ "name": name, "attempt": 1, "len": 0, "digest": "0" });
        for value in [
            serde_json::json!({ "parts": [part] }),
            serde_json::json!({ "parts": [], "replaces": [name] }),
            serde_json::Value::Null,
        ] {
            let error = sink.commit(&Committable(value)).unwrap_err();
            assert!(error.what.ends_with("not of a sink that writes files"), "{error}");
        }
    }
}

#[test]
fn an_earlier_run_is_replaced_with_the_first_checkpoint() {
    let (_folder, path) = folder();
    let old = ["part-0-0.txt", "part-0-7-0.csv"];
    fs::create_dir_all(&path).unwrap();
    let fill = || {
        old.iter()
            .chain(&["part-time.txt"])
            .for_each(|name| fs::write(path.join(name), "old\n").unwrap())
    };
    fill();
    let error = begin(&files(&path).text(), 1).unwrap_err();
    assert!(error.what.contains("already holds parts of an earlier run: part-0-0.txt and 2 more"));

    for rows in [&["a"][..], &[]] {
        let sink = files(&path).text().overwrite();
        begin(&sink, 1).unwrap();
        let mut writers = [sink.open(0, 2).unwrap(), sink.open(1, 2).unwrap()];
        write(&mut writers[1], rows);
        let prepared = writers.iter_mut().map(|writer| prepare(writer, 1).unwrap());
        let committables: Vec<Committable> = prepared.flatten().collect();
        drop((writers, sink));
        assert!(old.iter().all(|name| path.join(name).exists()), "not before it is complete");

        let sink = files(&path).text().overwrite();
        restore(&sink, 2, &committables).unwrap();
        restore(&sink, 3, &committables).unwrap();
        let new = rows.iter().map(|_| "part-1-8-0.txt");
        assert_eq!(names(&path), new.chain(["part-time.txt"]).collect::<Vec<_>>());
        fs::remove_dir_all(&path).unwrap();
        fs::create_dir_all(&path).unwrap();
        fill();
    }
}

#[test]
fn attempts_that_begin_anew_use_no_name_again() {
    let (_folder, path) = folder();
    let committable = prepared(&path);
    restore(&files(&path).text(), 2, std::slice::from_ref(&committable)).unwrap();
    // From a savepoint, by a job that counts its attempts anew.
    let sink = files(&path).text();
    restore(&sink, 1, &[committable]).unwrap();
    let mut writer = sink.open(0, 1).unwrap();
    write(&mut writer, &["c"]);
    sink.commit(&prepare(&mut writer, 1).unwrap().unwrap()).unwrap();
    assert_eq!(names(&path), ["part-0-1-0.txt", "part-0-2-0.txt"]);
}

#[test]
fn only_what_earlier_attempts_left_is_given_up() {
    let (_folder, path) = folder();
    fs::create_dir_all(&path).unwrap();
    let hidden = |attempt: u64| format!(".part-0-{attempt}-0.txt.{attempt}.inprogress");
    for attempt in 1..6 {
        fs::write(path.join(hidden(attempt)), "x").unwrap();
    }
    let part = PreparedPart::new("part-0-2-0.txt".to_owned(), 2, 1, 0);
    let kept = [Prepared { replaces: vec![], parts: vec![part] }.into()];
    let opening = Opening { job: "job", sink: "parts", attempt: 4, restored: true, kept: &kept };
    files(&path).text().abort_orphans(&opening).unwrap();
    assert_eq!(names(&path), [hidden(2), hidden(4), hidden(5)]);
    begin(&files(&path).text(), 1).unwrap();
    assert_eq!(names(&path), [""; 0]);
}

#[test]
fn the_folder_belongs_to_one_job() {
    let (_folder, path) = folder();
    let first = files(&path).text();
    begin(&first, 1).unwrap();
    for other in
        [files(&path).text().overwrite().open(0, 1).map(drop), begin(&files(&path).text(), 2)]
    {
        assert!(other.unwrap_err().what.starts_with("another sink or job is writing into `"));
    }
    begin(&first, 2).unwrap();
    drop(first);
    begin(&files(&path).text(), 3).unwrap();
}
