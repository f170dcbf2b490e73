//! The three words of sources and sinks: fail, `.or_skip()`, `.errors_to(side)`.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thalweg::connector::{Sink, callback};
use thalweg::job::Job;
use thalweg::prelude::*;
use thalweg::task::Control;

/// A map whose keys are no text cannot be an object of JSON.
#[record]
struct Basket {
    id: u64,
    prices: BTreeMap<(u8, u8), u64>,
}

fn baskets() -> Vec<Basket> {
    let prices = |id: u64| if id.is_multiple_of(3) { vec![((1, 2), id)] } else { Vec::new() };
    (0..9).map(|id| Basket { id, prices: prices(id).into_iter().collect() }).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RUNNING: Mutex<()> = Mutex::new(());

fn notes() -> impl Sink<String> {
    callback::<String, (), _, _>(|_| (), |_, _, line| lock(&SEEN).push(line.to_owned()))
}

fn seen() -> Vec<String> {
    let mut seen = std::mem::take(&mut *lock(&SEEN));
    seen.sort();
    seen
}

fn lines_in(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap().lines().count()).sum()
}

#[pipeline]
fn sorted_out(folder: String) {
    let bad = side();
    source(collection(baskets())).rebalance().sink(files(&folder).json().errors_to(bad));
    bad.map(|failed| format!("{}: {}", failed.record, failed.error)).sink(notes());
}

#[pipeline]
fn left_out(folder: String) {
    source(collection(baskets())).sink(files(&folder).json().or_skip());
}

#[pipeline]
fn fails(folder: String) {
    source(collection(baskets())).sink(files(&folder).json());
}

#[test]
fn what_a_sink_cannot_write_goes_where_it_is_sent() {
    let _running = lock(&RUNNING);
    for parallelism in 1..=3 {
        seen();
        let folder = tempfile::tempdir().unwrap();
        let job = Job::new(sorted_out).arg("folder", folder.path().display());
        let summary = job.parallelism(parallelism).run().unwrap();
        let seen = seen();
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert!(seen[1].contains("id: 3") && seen[1].contains("key must be a string"), "{seen:?}");
        assert_eq!(lines_in(folder.path()), 6);
        let written: u64 = summary.metrics.chains.iter().map(|chain| chain.records_written).sum();
        assert_eq!(written, 9, "six lines and three failures");
    }
    let folder = tempfile::tempdir().unwrap();
    Job::new(left_out).arg("folder", folder.path().display()).run().unwrap();
    assert_eq!(lines_in(folder.path()), 6);
    let folder = tempfile::tempdir().unwrap();
    let failed = Job::new(fails).arg("folder", folder.path().join("out").display()).run();
    let error = failed.unwrap_err().to_string();
    assert!(error.contains("a record cannot be written"), "{error}");
}

#[pipeline]
fn from_a_socket(address: String) {
    let bad = side();
    source(socket(address).errors_to(bad)).map(|line| format!("good {line}")).sink(notes());
    bad.map(|failed| format!("bad {} {}", failed.record, failed.error)).sink(notes());
}

#[test]
fn lines_that_are_no_text_go_where_they_are_sent() {
    let _running = lock(&RUNNING);
    seen();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let serving = std::thread::spawn(move || {
        server.accept().unwrap().0.write_all(b"one\n\xfftwo\nthree\n").unwrap();
    });
    Job::new(from_a_socket).arg("address", address).run().unwrap();
    serving.join().unwrap();
    assert_eq!(seen(), ["bad \u{fffd}two not UTF-8", "good one", "good three"]);
}

/// Puts the next file into place when all lines of those before have come, and stops the job behind the last.
struct Feeder {
    folder: std::path::PathBuf,
    control: Control,
    lines: u64,
    files: u64,
}

impl Feeder {
    const FILES: u64 = 5;

    fn put(&mut self) {
        let hidden = self.folder.join(".next");
        std::fs::write(&hidden, format!("{0} one\n{0} two\n", self.files)).unwrap();
        std::fs::rename(hidden, self.folder.join(format!("{}.txt", self.files))).unwrap();
        self.files += 1;
    }

    fn took(&mut self) {
        self.lines += 1;
        if self.lines == 2 * self.files {
            if self.files == Self::FILES { self.control.stop() } else { self.put() }
        }
    }
}

static FEEDER: Mutex<Option<Feeder>> = Mutex::new(None);

#[pipeline]
fn watching(folder: String) {
    source(files(&folder).text().watch(millis(1)))
        .rebalance()
        .inspect(|_| lock(&FEEDER).as_mut().unwrap().took())
        .map(|line| line.to_owned())
        .sink(notes());
}

#[test]
fn a_watched_directory_is_read_until_the_job_is_stopped() {
    let _running = lock(&RUNNING);
    for parallelism in 1..=3 {
        seen();
        let (folder, control) = (tempfile::tempdir().unwrap(), Control::new());
        let mut feeder = Feeder {
            folder: folder.path().to_owned(),
            control: control.clone(),
            lines: 0,
            files: 0,
        };
        feeder.put();
        *lock(&FEEDER) = Some(feeder);
        let job = Job::new(watching).arg("folder", folder.path().display());
        job.parallelism(parallelism).control(&control).run().unwrap();
        let expected: Vec<String> = (0..Feeder::FILES)
            .flat_map(|file| [format!("{file} one"), format!("{file} two")])
            .collect();
        assert_eq!(seen(), expected);
    }
}
