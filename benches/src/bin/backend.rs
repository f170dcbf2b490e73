//! What state costs by backend:
//! `cargo run --profile fast -p thalweg-bench --features rocksdb --bin backend -- --backend rocksdb`
//!
//! A count per key on one core: each key once (unless `--keys-at-random`), then keys at random, those of the benchmark's
//! generator. Printed are nanoseconds per record of each part, the most memory that the process had, and last a line of
//! JSON, as the binary `nexmark` prints it. The clock stops at the last row, before the job's last checkpoint.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;
use thalweg::connector::{Sink, callback};
use thalweg::job::{Backend, CheckpointOptions, Job, StateOptions};
use thalweg::prelude::*;
use thalweg_bench::nexmark::{Checksum, Generator, h};

#[derive(Parser)]
struct Arguments {
    /// memory, fs, or rocksdb
    #[arg(long, default_value = "rocksdb")]
    backend: Backend,
    /// MiB of memory for state
    #[arg(long, default_value_t = 256)]
    budget: usize,
    /// How many keys there are
    #[arg(long, default_value_t = 10_000_000)]
    keys: u64,
    /// Records with keys at random
    #[arg(long, default_value_t = 10_000_000)]
    records: u64,
    /// Every key is at random
    #[arg(long)]
    keys_at_random: bool,
    /// Before these, so many more with keys at random that are not measured
    #[arg(long, default_value_t = 0)]
    warm_up: u64,
    /// Seed of the keys
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Milliseconds between two checkpoints; none are taken if 0
    #[arg(long, default_value_t = 0)]
    interval: u64,
    /// Counts in windows of so many seconds that slide by one, of keys at random
    #[arg(long, default_value_t = 0, conflicts_with_all = ["strings", "warm_up"])]
    slides: u64,
    /// Records in a second of event time
    #[arg(long, default_value_t = 100_000)]
    in_a_second: u64,
    /// Keys are texts of about 20 bytes
    #[arg(long)]
    strings: bool,
    /// For what has no room in memory
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Settings of RocksDB: NAME=VALUE
    #[arg(long)]
    option: Vec<String>,
}

/// When so many records had come, and in the end, when the last row had been answered.
static MARKS: Mutex<Vec<(u64, Instant)>> = Mutex::new(Vec::new());
/// How many records there will be.
static RECORDS: AtomicU64 = AtomicU64::new(0);
/// How many rows, if that is known.
static ROWS: AtomicU64 = AtomicU64::new(0);
static ANSWER: Mutex<Checksum> = Mutex::new(Checksum { rows: 0, xor: 0 });

fn mark(records: u64) {
    MARKS.lock().expect("nobody panics").push((records, Instant::now()));
}

/// What makes keys: all of `first` once, then at random below `keys`.
#[derive(Clone, Copy)]
struct Keys {
    generator: Generator,
    keys: u64,
    first: u64,
    warm_up: u64,
}

impl Keys {
    fn new(seed: u64, keys: u64, first: u64, warm_up: u64) -> Keys {
        Keys { generator: Generator::new(seed), keys, first, warm_up }
    }

    fn number(&self, i: u64) -> u64 {
        if i == 0 || i == self.first || i == self.first + self.warm_up {
            mark(i);
        }
        if i < self.first { i } else { self.generator.key_of(i, self.keys) }
    }

    fn text(&self, i: u64) -> String {
        format!("customer-{:011}", self.number(i))
    }
}

/// Adds up the rows' hashes, and sees the last one.
fn checksum() -> impl Sink<u64> {
    let add = |sum: &mut Checksum, _, hash| {
        sum.add(hash);
        if sum.rows == ROWS.load(Ordering::Relaxed) {
            mark(sum.rows);
        }
    };
    callback::<u64, _, _, _>(|_| Checksum::default(), add).on_finish(|sum| {
        if ROWS.load(Ordering::Relaxed) == 0 {
            mark(RECORDS.load(Ordering::Relaxed));
        }
        ANSWER.lock().expect("nobody panics").merge(sum);
    })
}

/// Counts by number.
#[pipeline]
fn numbers(
    /// How many keys there are.
    keys: u64,
    /// How many of the records have a new key each.
    first: u64,
    /// How many records behind those are not measured.
    warm_up: u64,
    /// How many records there are.
    records: u64,
    /// Seed of the keys.
    seed: u64,
) {
    let made = Keys::new(seed, keys, first, warm_up);
    source(generate(records, move |i| made.number(i)))
        .key_by(|key| key)
        .count()
        .map(|count| h(count.key, count.value))
        .sink(checksum());
}

/// Counts by text.
#[pipeline]
fn texts(
    /// How many keys there are.
    keys: u64,
    /// How many of the records have a new key each.
    first: u64,
    /// How many records behind those are not measured.
    warm_up: u64,
    /// How many records there are.
    records: u64,
    /// Seed of the keys.
    seed: u64,
) {
    let made = Keys::new(seed, keys, first, warm_up);
    source(generate(records, move |i| made.text(i)))
        .key_by(|key| key)
        .count()
        .map(|count| h(count.key[9..].parse().expect("a number"), count.value))
        .sink(checksum());
}

/// Counts by number in sliding windows.
#[pipeline]
fn slides(
    /// Seconds of a window.
    size: u64,
    /// Records in a second.
    in_a_second: u64,
    /// How many keys there are.
    keys: u64,
    /// How many records there are.
    records: u64,
    /// Seed of the keys.
    seed: u64,
) {
    let made = Keys::new(seed, keys, 0, 0);
    source(generate(records, move |i| (i, made.number(i))))
        .event_time(move |(i, _)| Timestamp::from_millis((i * 1000 / in_a_second) as i64))
        .watermarks(bounded(millis(0)))
        .key_by(|(_, key)| key)
        .window(sliding(secs(size as i64), secs(1)))
        .aggregate(|w| (w.key(), w.window().start.0, w.count()))
        .map(|(key, start, count)| h(key ^ (start as u64) << 32, count))
        .sink(checksum());
}

fn main() {
    let arguments = Arguments::parse();
    let is_random = arguments.keys_at_random || arguments.slides > 0;
    let first = if is_random { 0 } else { arguments.keys };
    let records = first + arguments.warm_up + arguments.records;
    RECORDS.store(records, Ordering::Relaxed);
    ROWS.store(if arguments.slides > 0 { 0 } else { records }, Ordering::Relaxed);
    let settings = arguments.option.iter().filter_map(|option| option.split_once('='));
    let state = StateOptions {
        backend: arguments.backend,
        budget: arguments.budget << 20,
        dir: arguments.dir.clone(),
        rocksdb: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    };
    let job = match (arguments.slides, arguments.strings) {
        (0, false) => Job::new(numbers).arg("first", first).arg("warm_up", arguments.warm_up),
        (0, true) => Job::new(texts).arg("first", first).arg("warm_up", arguments.warm_up),
        (size, _) => Job::new(slides).arg("size", size).arg("in_a_second", arguments.in_a_second),
    };
    let job = job.arg("keys", arguments.keys).arg("records", records).arg("seed", arguments.seed);
    let mut job = job.state(state);
    let dir = std::env::temp_dir().join("thalweg-backend-bench");
    if arguments.interval > 0 {
        job = job.checkpoints(CheckpointOptions {
            interval: Duration::from_millis(arguments.interval),
            fresh: true,
            ..CheckpointOptions::new(dir.display().to_string())
        });
    }
    let before = memory("VmRSS:");
    if let Err(error) = job.run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
    let mut marks = MARKS.lock().expect("nobody panics").clone();
    marks.dedup_by_key(|(records, _)| *records);
    let mut seconds = 0.0;
    for part in marks.windows(2) {
        let (count, time) = (part[1].0 - part[0].0, part[1].1 - part[0].1);
        seconds = time.as_secs_f64();
        let what = match part[0].0 {
            from if from < first => "every key once",
            from if from < first + arguments.warm_up => "warm-up",
            _ => "keys at random",
        };
        println!("{what}: {count} records, {:.1} ns each", seconds * 1e9 / count as f64);
    }
    let most = memory("VmHWM:");
    println!("memory: {before} MiB before, {most} MiB at most");
    let answer = ANSWER.lock().expect("nobody panics").to_string();
    let rate = arguments.records as f64 / seconds;
    println!("{}", json!({"events_per_s": rate.round(), "checksum": answer, "rss_mb": most}));
}

/// A line of the process's own status, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
