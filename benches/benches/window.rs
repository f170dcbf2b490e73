//! Tumbling windows: a record added, a key fired; beside a hashbrown map per window.
//!
//! `cargo bench -p thalweg-bench --bench window`
//!
//! Two runs, 2026-11, median ns per record, under the conditions told in `state.rs`: only ratios within a run can be
//! read. Between the runs inserting into the table was changed.
//!
//! | keys | windows | partials, then windows | hashbrown per window |
//! |---|---|---|---|
//! | 1 | 18, 13 | 21, 13 | 13, 8.6 |
//! | 1 000 | 29, 19 | 57, 20 | 18, 13 |
//! | 100 000 | 131, 108 | 382, 334 | 49, 33 |
//!
//! Firing a million keys with one watermark: 58, then 47 per key. Partials lose with many keys, ten times against
//! hashbrown: nearly every record makes an entry that is handed on again.

#![allow(missing_docs)] // Criterion's macros make undocumented functions.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use thalweg::operator::{count, sum};
use thalweg::record::Key;
use thalweg::task::Stage;
use thalweg::time::{Timestamp, secs};
use thalweg::window::{AggregateWindows, Partials, tumbling};

const RECORDS: u64 = 1_000_000;
const BATCH: usize = 64;
/// Records per window: five windows in all.
const PER_WINDOW: u64 = RECORDS / 5;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Time, key hash, key, value; up to a second out of order.
fn records(keys: u64) -> (Vec<u64>, Vec<(i64, u64, u64)>) {
    let record = |n: u64| {
        let time = (n * 10_000 / PER_WINDOW + mix(n) % 1_000) as i64;
        (time, mix(n + 7) % keys, n)
    };
    let records: Vec<_> = (0..RECORDS).map(record).collect();
    (records.iter().map(|record| u64::key_hash(record.1)).collect(), records)
}

/// Watermarks every so many records.
const WATERMARK: usize = 16 * 1024;

fn aggregate(c: &mut Criterion) {
    let mut group = c.benchmark_group("window/count and sum");
    group.throughput(Throughput::Elements(RECORDS));
    group.sample_size(10);
    for keys in [1u64, 1_000, 100_000] {
        let (hashes, records) = records(keys);
        group.bench_function(BenchmarkId::new("windows", keys), |b| {
            b.iter(|| windows(&hashes, &records));
        });
        group.bench_function(BenchmarkId::new("partials, then windows", keys), |b| {
            b.iter(|| partials(&records));
        });
        group.bench_function(BenchmarkId::new("hashbrown per window", keys), |b| {
            b.iter(|| maps(&records));
        });
    }
    group.finish();
}

fn windows(hashes: &[u64], records: &[(i64, u64, u64)]) -> u64 {
    let stage = Stage::default();
    let mut windows = AggregateWindows::new(tumbling(secs(10)), (count(), sum()));
    let (mut fired, mut last) = (0u64, 0);
    let batches = records.chunks(WATERMARK).zip(hashes.chunks(WATERMARK));
    for (records, hashes) in batches {
        let turn = stage.turn(Timestamp(last - 1_001));
        for (records, hashes) in records.chunks(BATCH).zip(hashes.chunks(BATCH)) {
            windows.prepare(hashes);
            for ((time, key, value), hash) in records.iter().zip(hashes) {
                last = last.max(*time);
                let added = windows.add(&turn, Timestamp(*time), *hash, *key, ((), *value));
                added.expect("the sums are small");
            }
        }
        let mut turn = stage.turn(Timestamp(last - 1_001));
        while let Some(firing) = windows.fire(&mut turn).expect("sums fit") {
            fired ^= firing.acc().0 ^ firing.acc().1 ^ firing.key();
        }
    }
    let mut turn = stage.turn(Timestamp::MAX);
    while let Some(firing) = windows.fire(&mut turn).expect("sums fit") {
        fired ^= firing.acc().0 ^ firing.acc().1 ^ firing.key();
    }
    fired
}

fn partials(records: &[(i64, u64, u64)]) -> u64 {
    let stage = Stage::default();
    let spec = tumbling(secs(10));
    let mut parts = Partials::new(spec, (count(), sum()));
    let mut windows = AggregateWindows::new(spec, (count(), sum::<u64>()));
    let (mut fired, mut last) = (0u64, 0);
    for (index, batch) in records.chunks(WATERMARK).enumerate() {
        for (time, key, value) in batch {
            last = last.max(*time);
            let added = parts.add(Timestamp(*time), *key, ((), *value));
            added.expect("the sums are small");
        }
        let at_end = (index + 1) * WATERMARK >= records.len();
        let watermark = if at_end { Timestamp::MAX } else { Timestamp(last - 1_001) };
        let mut flush = stage.turn(Timestamp::MIN).flushing();
        while let Some((time, hash, key, part)) = parts.drain(&mut flush) {
            let turn = stage.turn(Timestamp::MIN);
            windows.merge(&turn, time, hash, key, part).expect("the sums are small");
        }
        let mut turn = stage.turn(watermark);
        while let Some(firing) = windows.fire(&mut turn).expect("sums fit") {
            fired ^= firing.acc().0 ^ firing.acc().1 ^ firing.key();
        }
    }
    fired
}

fn maps(records: &[(i64, u64, u64)]) -> u64 {
    type Map = HashMap<u64, (u64, u64), FxBuildHasher>;
    let mut open: Vec<(i64, Map)> = Vec::new();
    let (mut fired, mut last) = (0u64, 0);
    let fire = |map: &Map| map.iter().fold(0, |all, (key, (n, sum))| all ^ n ^ sum ^ key);
    for batch in records.chunks(WATERMARK) {
        for (time, key, value) in batch {
            last = last.max(*time);
            let start = time.div_euclid(10_000) * 10_000;
            let at = open.iter().rposition(|pane| pane.0 == start).unwrap_or_else(|| {
                open.push((start, Map::default()));
                open.len() - 1
            });
            let (n, sum) = open[at].1.entry(*key).or_insert((0, 0));
            *n += 1;
            *sum += value;
        }
        open.retain(|(start, map)| {
            let is_due = start + 10_000 - 1 <= last - 1_001;
            fired ^= if is_due { fire(map) } else { 0 };
            !is_due
        });
    }
    open.iter().fold(fired, |all, (_, map)| all ^ fire(map))
}

/// One watermark fires a million keys.
fn fire(c: &mut Criterion) {
    let mut group = c.benchmark_group("window/fire");
    group.throughput(Throughput::Elements(RECORDS));
    group.sample_size(10);
    let stage = Stage::default();
    let filled = || {
        let mut windows = AggregateWindows::new(tumbling(secs(10)), count());
        let turn = stage.turn(Timestamp(0));
        for key in 0..RECORDS {
            windows.add(&turn, Timestamp(1), u64::key_hash(key), key, ()).expect("counts");
        }
        windows
    };
    group.bench_function("a million keys", |b| {
        b.iter_batched_ref(
            filled,
            |windows| {
                let mut turn = stage.turn(Timestamp(20_000));
                while let Some(firing) = windows.fire(&mut turn).expect("sums fit") {
                    black_box((firing.key(), firing.acc()));
                }
            },
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

criterion_group!(benches, aggregate, fire);
criterion_main!(benches);
