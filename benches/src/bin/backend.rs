//! What state costs by backend:
//! `cargo run --profile fast -p thalweg-bench --features rocksdb --bin backend -- --backend rocksdb`
//!
//! A count per key on one core: each key once (unless `--keys-at-random`), then keys at random. Printed are nanoseconds
//! per record of both parts, and the most memory that the process had.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::sync::Mutex;

use std::time::{Duration, Instant};

use clap::Parser;
use thalweg::job::{Backend, CheckpointOptions, Job, StateOptions};
use thalweg::prelude::*;

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
    /// Every key is at random, as in the measurements of Flink
    #[arg(long)]
    keys_at_random: bool,
    /// Milliseconds between two checkpoints; none are taken if 0
    #[arg(long, default_value_t = 0)]
    interval: u64,
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

/// When so many records had come.
static MARKS: Mutex<Vec<(u64, Instant)>> = Mutex::new(Vec::new());

/// The number of a record's key.
fn key(i: u64, keys: u64, first: u64) -> u64 {
    if i == 0 || i == first {
        MARKS.lock().expect("nobody panics").push((i, Instant::now()));
    }
    let x = (i ^ (i >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    if i < first { i } else { ((x ^ (x >> 29)) >> 1) % keys }
}

/// Counts by number.
#[pipeline]
fn numbers(
    /// How many keys there are.
    keys: u64,
    /// How many of the records have a new key each.
    first: u64,
    /// How many records there are.
    records: u64,
) {
    source(generate(records, move |i| key(i, keys, first)))
        .key_by(|key| key)
        .aggregate(|w| (w.key(), w.count()))
        .sink(discard());
}

/// Counts by text.
#[pipeline]
fn texts(
    /// How many keys there are.
    keys: u64,
    /// How many of the records have a new key each.
    first: u64,
    /// How many records there are.
    records: u64,
) {
    source(generate(records, move |i| format!("customer-{:011}", key(i, keys, first))))
        .key_by(|key| key)
        .aggregate(|w| (w.key(), w.count()))
        .sink(discard());
}

fn main() {
    let arguments = Arguments::parse();
    let first = if arguments.keys_at_random { 0 } else { arguments.keys };
    let records = first + arguments.records;
    let settings = arguments.option.iter().filter_map(|option| option.split_once('='));
    let state = StateOptions {
        backend: arguments.backend,
        budget: arguments.budget << 20,
        dir: arguments.dir.clone(),
        rocksdb: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    };
    let job = if arguments.strings { Job::new(texts) } else { Job::new(numbers) };
    let job = job.arg("keys", arguments.keys).arg("first", first).arg("records", records);
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
    marks.push((records, Instant::now()));
    for part in marks.windows(2) {
        let (count, time) = (part[1].0 - part[0].0, part[1].1 - part[0].1);
        let what = if part[0].0 < first { "every key once" } else { "keys at random" };
        let each = time.as_nanos() as f64 / count.max(1) as f64;
        println!("{what}: {count} records, {each:.1} ns each");
    }
    println!("memory: {before} MiB before, {} MiB at most", memory("VmHWM:"));
}

/// A line of the process's own status, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
