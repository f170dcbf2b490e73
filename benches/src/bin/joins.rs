//! What a join by time costs whose state is larger than memory:
//! `cargo run --profile fast -p thalweg-bench --features rocksdb --bin joins -- --backend rocksdb`
//!
//! Two sides on one core, keys at random; each left record waits a minute for partners, 50 000 of them come per second of
//! event time. Printed are, for each part of the run, nanoseconds per record of either side, and the longest that 64
//! records took; pairs; and the most memory that the process had.
//!
//! 2 cores that were busy with other things, too, 2026-11, commit eaef540: 6 M records with a budget of 64 MiB 7.1 us each,
//! pauses of 80 to 160 ms (213 ms when elements went to the disk for the first time), 90 MiB; in memory (`--backend memory`),
//! 8 M records, 0.5 us each, 823 MiB.

#![forbid(unsafe_code)]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use clap::Parser;
use thalweg::connector::{Sink, callback};
use thalweg::job::{Backend, CheckpointOptions, Job, StateOptions};
use thalweg::prelude::*;
use thalweg_bench::nexmark::{Checksum, h};

#[derive(Parser)]
struct Arguments {
    /// memory, fs, or rocksdb
    #[arg(long, default_value = "rocksdb")]
    backend: Backend,
    /// MiB of memory for state
    #[arg(long, default_value_t = 64)]
    budget: usize,
    /// Records of both sides
    #[arg(long, default_value_t = 12_000_000)]
    records: u64,
    /// How many keys there are
    #[arg(long, default_value_t = 10_000_000)]
    keys: u64,
    /// Milliseconds between two checkpoints; none are taken if 0
    #[arg(long, default_value_t = 0)]
    interval: u64,
}

/// Parts of the run that are told of one by one.
const PARTS: usize = 8;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// When the last 64 records began, in nanoseconds since the start.
static BEGAN: AtomicU64 = AtomicU64::new(0);
/// When each part was over, and the longest that 64 of its records took.
static ENDS: [AtomicU64; PARTS] = [const { AtomicU64::new(0) }; PARTS];
static LONGEST: [AtomicU64; PARTS] = [const { AtomicU64::new(0) }; PARTS];
static PAIRS: AtomicU64 = AtomicU64::new(0);

/// Sees when the `i`-th of so many records comes.
fn watch(i: u64, records: u64) {
    if i.is_multiple_of(64) {
        let now = START.elapsed().as_nanos() as u64;
        let took = now - BEGAN.swap(now, Relaxed);
        let part = (i * PARTS as u64 / records) as usize;
        ENDS[part].store(now, Relaxed);
        if i > 0 {
            LONGEST[part].fetch_max(took, Relaxed);
        }
    }
}

/// Counts the pairs.
fn pairs() -> impl Sink<u64> {
    callback::<u64, _, _, _>(|_| Checksum::default(), |sum: &mut Checksum, _, hash| sum.add(hash))
        .on_finish(|sum| {
            PAIRS.store(sum.rows, Relaxed);
            println!("answer: {sum}");
        })
}

#[pipeline]
fn joined(
    /// How many records there are.
    records: u64,
    /// How many keys there are.
    keys: u64,
) {
    let events = source(generate(records, move |i| {
        watch(i, records);
        (h(i, 0) % keys, i)
    }))
    .event_time(|(_, i)| Timestamp((i / 100) as i64))
    .watermarks(bounded(secs(1)));
    let lefts = events.filter_map(|(key, i)| (i % 2 == 0).then_some((key, i, i, i)));
    let rights = events.filter_map(|(key, i)| (i % 2 == 1).then_some((key, i)));
    lefts
        .join(rights)
        .on(|(key, ..)| key, |(key, _)| key)
        .within(secs(0)..=secs(60))
        .map(|((key, left, ..), (_, right))| h(h(key, left), right))
        .sink(pairs());
}

fn main() {
    let arguments = Arguments::parse();
    let state = StateOptions {
        backend: arguments.backend,
        budget: arguments.budget << 20,
        ..StateOptions::default()
    };
    let job = Job::new(joined).arg("records", arguments.records).arg("keys", arguments.keys);
    let mut job = job.state(state);
    let dir = std::env::temp_dir().join("thalweg-joins-bench");
    if arguments.interval > 0 {
        job = job.checkpoints(CheckpointOptions {
            interval: Duration::from_millis(arguments.interval),
            fresh: true,
            ..CheckpointOptions::new(dir.display().to_string())
        });
    }
    if let Err(error) = job.run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
    let mut began = 0;
    for (end, longest) in ENDS.iter().zip(&LONGEST) {
        let (end, longest) = (end.load(Relaxed), longest.load(Relaxed));
        let each = (end - began) as f64 / (arguments.records / PARTS as u64) as f64;
        println!("{each:7.1} ns each, 64 at most {:8.3} ms", longest as f64 / 1e6);
        began = end;
    }
    println!("{} pairs, {} MiB at most", PAIRS.load(Relaxed), most_memory());
}

/// The most that the process had, in MiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
