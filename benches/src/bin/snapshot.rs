//! What a checkpoint of many keys costs while it is taken:
//! `cargo run --profile fast -p thalweg-bench --bin snapshot -- [keys] [seconds] [interval in ms] [records per interval]`
//!
//! A running sum per key, `u64` to 16 bytes, on one core; keys come at random once all are there, as fast as they can or so
//! many in the interval of two checkpoints. Printed are the longest that 64 records took while the table grew; the records
//! of each second, and the least of any ten milliseconds, with and without a checkpoint under way; the bytes of the
//! checkpoints that are there in the end; then how long it takes to go on from the last one.
//!
//! `snapshot 10000000 9 3000`, 2 cores of a machine that others use, 2026-11, commit 68b0595: of 16 to 17 M records in a
//! second, 10 to 14 M where most of a checkpoint falls into it. While one is taken each 10 ms has 35 to 37 % of the median;
//! the least of all was 18 to 36 % in six runs, and 25 to 90 % in seconds without a checkpoint. While the table grew to 10 M
//! keys, 64 records took 2.2 to 2.9 ms at most in seven runs of nine, and 9.1 ms in one.

#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use thalweg::job::{CheckpointOptions, Job};
use thalweg::prelude::*;
use thalweg::task::Control;

static RECORDS: AtomicU64 = AtomicU64::new(0);
/// The longest that 64 records took, in nanoseconds, and when the last 64 began.
static LONGEST: AtomicU64 = AtomicU64::new(0);
static BEGAN: AtomicU64 = AtomicU64::new(0);
static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// Records that may come until more may.
static ALLOWED: AtomicU64 = AtomicU64::new(u64::MAX);

/// Sums by key.
#[pipeline]
fn sums(
    /// How many keys there are.
    keys: u64,
) {
    source(generate_forever(move |i| {
        if i % 64 == 0 {
            RECORDS.fetch_add(64, Ordering::Relaxed);
            let now = START.elapsed().as_nanos() as u64;
            let took = now - BEGAN.swap(now, Ordering::Relaxed);
            LONGEST.fetch_max(took, Ordering::Relaxed);
            while i >= ALLOWED.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        // Every key once, in an order of its own, then at random.
        let key = if i < keys { i } else { mix(i) % keys };
        (key, i)
    }))
    .key_by(|(key, _)| key)
    .aggregate(|w| (w.key(), w.count(), w.sum(|(_, i)| i)))
    .sink(discard());
}

/// A number that looks random.
fn mix(i: u64) -> u64 {
    let x = (i ^ (i >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x ^ (x >> 29)
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number =
        |default: u64| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (keys, seconds, interval) = (number(10_000_000), number(20), number(5000));
    let paced = number(0);
    let dir = std::env::temp_dir().join("thalweg-snapshot-bench").display().to_string();
    let control = Control::new();
    let job = Job::new(sums).arg("keys", keys).control(&control).checkpoints(CheckpointOptions {
        interval: Duration::from_millis(interval),
        fresh: true,
        ..CheckpointOptions::new(&dir)
    });
    let running = std::thread::spawn(move || job.run());
    while RECORDS.load(Ordering::Relaxed) < 64 {
        std::thread::sleep(Duration::from_micros(100));
    }
    // The first 64 began before there was a job.
    LONGEST.store(0, Ordering::Relaxed);
    while RECORDS.load(Ordering::Relaxed) < keys {
        std::thread::sleep(Duration::from_millis(10));
    }
    let longest = LONGEST.load(Ordering::Relaxed) as f64 / 1e6;
    println!("{keys} keys are there; while they came, 64 records took at most {longest:.3} ms");
    let pace = Pace { first: keys, records: paced, interval, start: Instant::now() };
    let (mut last, mut tick) = (RECORDS.load(Ordering::Relaxed), Instant::now());
    let mut samples = Vec::new();
    let end = tick + Duration::from_secs(seconds);
    while tick < end {
        tick += Duration::from_millis(10);
        std::thread::sleep(tick.saturating_duration_since(Instant::now()));
        pace.allow();
        let records = RECORDS.load(Ordering::Relaxed);
        samples.push(records - last);
        last = records;
    }
    let mut sorted = samples.clone();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2];
    for (second, samples) in samples.chunks(100).enumerate() {
        let (sum, least) = (samples.iter().sum::<u64>(), samples.iter().min().copied());
        let least = least.unwrap_or(0) * 100 / median.max(1);
        println!(
            "second {second:3}: {:7.3} M records, least 10 ms {least:3} % of the median",
            sum as f64 / 1e6
        );
    }
    ALLOWED.store(u64::MAX, Ordering::Relaxed);
    control.stop();
    drop(running.join());
    sizes(Path::new(&dir));
    restore(keys, &dir);
}

/// How fast records may come.
struct Pace {
    first: u64,
    /// In an interval; any number if 0.
    records: u64,
    /// Milliseconds.
    interval: u64,
    start: Instant,
}

impl Pace {
    fn allow(&self) {
        if self.records > 0 {
            let passed = self.start.elapsed().as_millis() as u64;
            let allowed = self.first + self.records * passed / self.interval;
            ALLOWED.store(allowed, Ordering::Relaxed);
        }
    }
}

/// Prints the bytes that are there of each checkpoint, its own and those that others need.
fn sizes(dir: &Path) {
    let folders = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut checkpoints: Vec<_> =
        folders.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    checkpoints.sort();
    for checkpoint in checkpoints.iter().filter(|path| path.display().to_string().contains("/chk-"))
    {
        println!("{}: {:9.3} MB", checkpoint.display(), bytes(checkpoint) as f64 / 1e6);
    }
}

fn bytes(path: &Path) -> u64 {
    let inner = std::fs::read_dir(path).into_iter().flatten().flatten();
    let inner: u64 = inner.map(|entry| bytes(&entry.path())).sum();
    inner + std::fs::metadata(path).map_or(0, |about| if about.is_file() { about.len() } else { 0 })
}

/// How long it takes until the first record behind a restore.
fn restore(keys: u64, dir: &str) {
    let before = RECORDS.load(Ordering::Relaxed);
    let (control, start) = (Control::new(), Instant::now());
    let job = Job::new(sums).arg("keys", keys).control(&control);
    let job = job.checkpoints(CheckpointOptions::new(dir));
    let running = std::thread::spawn(move || job.run());
    while RECORDS.load(Ordering::Relaxed) == before && !running.is_finished() {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("restored in {:.3} s", start.elapsed().as_secs_f64());
    control.abort();
    drop(running.join());
}
