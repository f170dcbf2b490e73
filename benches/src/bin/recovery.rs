//! How long a job with many keys is silent when a task panics:
//! `cargo run --profile fast -p thalweg-bench --bin recovery -- [keys] [panics]`
//!
//! A running sum per key, `u64` to 16 bytes, on one core, a checkpoint every second; some time after all keys are in one, a
//! closure panics. Printed is the time from there to the first record that leaves the restarted job's table. Each panic is
//! of a job of its own, so that the pause before the restart is the first, 100 to 120 ms.
//!
//! 1 M keys, 4 panics, 2 shared cores, 2026-11, commit 06ee048 (with another pacing of slices, which was not kept): 317, 318,
//! 329 and 366 ms, the pause included.

#![forbid(unsafe_code)]

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use thalweg::job::{CheckpointOptions, Job};
use thalweg::prelude::*;
use thalweg::task::Control;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
static RECORDS: AtomicU64 = AtomicU64::new(0);
static PANICS: AtomicBool = AtomicBool::new(false);
static WAITS: AtomicBool = AtomicBool::new(false);
/// Nanoseconds since the start: of the panic, and of the first record behind the restart.
static PANICKED: AtomicU64 = AtomicU64::new(0);
static WENT_ON: AtomicU64 = AtomicU64::new(0);

fn now() -> u64 {
    START.elapsed().as_nanos() as u64
}

/// Sums by key.
#[pipeline]
fn sums(
    /// How many keys there are.
    keys: u64,
) {
    source(generate_forever(move |i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) % keys, i)))
        .map(|(key, i)| {
            if PANICS.load(Relaxed) && PANICS.swap(false, Relaxed) {
                PANICKED.store(now(), Relaxed);
                WAITS.store(true, Relaxed);
                panic!("as wanted");
            }
            (key, i)
        })
        .key_by(|(key, _)| key)
        .aggregate(|w| (w.key(), w.count(), w.sum(|(_, i)| i >> 32)))
        .map(|(key, count, sum)| {
            if WAITS.load(Relaxed) && WAITS.swap(false, Relaxed) {
                WENT_ON.store(now(), Relaxed);
            }
            RECORDS.fetch_add(1, Relaxed);
            (key, count, sum)
        })
        .sink(discard());
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number =
        |default: u64| arguments.next().map_or(default, |text| text.parse().expect("a number"));
    let (keys, panics) = (number(1_000_000), number(5));
    for _ in 0..panics {
        println!("silent for {:7.3} ms", silence(keys).as_secs_f64() * 1e3);
    }
}

fn silence(keys: u64) -> Duration {
    RECORDS.store(0, Relaxed);
    let dir = std::env::temp_dir().join("thalweg-recovery-bench").display().to_string();
    let control = Control::new();
    let job = Job::new(sums).arg("keys", keys).control(&control).checkpoints(CheckpointOptions {
        interval: Duration::from_secs(1),
        fresh: true,
        ..CheckpointOptions::new(&dir)
    });
    let running = std::thread::spawn(move || job.run());
    // Nearly every key has come by then.
    while RECORDS.load(Relaxed) < 8 * keys {
        std::thread::sleep(Duration::from_millis(10));
    }
    // So that they are in a checkpoint that is complete.
    std::thread::sleep(Duration::from_millis(2500));
    WENT_ON.store(0, Relaxed);
    PANICS.store(true, Relaxed);
    while WENT_ON.load(Relaxed) == 0 && !running.is_finished() {
        std::thread::sleep(Duration::from_millis(1));
    }
    control.abort();
    drop(running.join());
    Duration::from_nanos(WENT_ON.load(Relaxed).saturating_sub(PANICKED.load(Relaxed)))
}
