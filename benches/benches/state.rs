//! The keyed table beside a hashbrown map with Fx: nanoseconds per update of a `u64` by a random key, of those there.
//!
//! `cargo bench -p thalweg-bench --bench state`
//!
//! Two runs, 2026-11, median ns per element, table / hashbrown with Fx. Two cores under a load of 5 to 9: wall times are
//! inflated several times over, intervals reach a quarter of the median and more; only ratios within a run can be read.
//! Between the runs inserting was changed, updating was not.
//!
//! | | first run | second run |
//! |---|---|---|
//! | update, 1 k `u64` | 9.9 / 6.5 | 7.0 / 4.7 |
//! | update, 100 k `u64` | 33 / 7.2 | 18 / 10 |
//! | update, 1 M `u64` | 90 / 52 | 89 / 52 |
//! | update, 10 M `u64` | 128 / 91 | 90 / 85 |
//! | update, 1 k `String` | 8.6 / 9.5 | 11 / 14 |
//! | update, 100 k `String` | 63 / 50 | 158 / 126 |
//! | update, 10 M `String` | 164 / 379 | 373 / 271 |
//! | fill with 1 M `u64` | 270 / 52 | 222 / 47 |
//! | walk 1 M `u64` in order | 23 | 14 |
//!
//! With `u64` keys the table is slower than hashbrown at every size, by 1.06 to 4.6 times, prefetch included. Of strings
//! the runs say nothing at 10 M: they contradict each other. To be taken again on a quiet machine.

#![allow(missing_docs)] // Criterion's macros make undocumented functions.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use thalweg::record::Key;
use thalweg::state::{Cursor, Table};

const BATCH: usize = 64;

/// splitmix64's finalizer.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Keys as on a keyed exchange: with their hashes.
struct Updates<K> {
    keys: Vec<K>,
    hashes: Vec<u64>,
}

fn updates<K: Key>(count: u64, of: u64, make: impl Fn(u64) -> K) -> Updates<K> {
    let keys: Vec<K> = (0..count).map(|at| make(mix(at + 7) % of)).collect();
    let hashes = keys.iter().map(|key| K::key_hash(key.as_view())).collect();
    Updates { keys, hashes }
}

fn table<K: Key>(keys: u64, make: impl Fn(u64) -> K) -> Table<K, u64> {
    let mut table = Table::new();
    for key in (0..keys).map(make) {
        *table.entry(K::key_hash(key.as_view()), key.as_view()) += 1;
    }
    table
}

fn update_all<K: Key>(table: &mut Table<K, u64>, updates: &Updates<K>) {
    for (keys, hashes) in updates.keys.chunks(BATCH).zip(updates.hashes.chunks(BATCH)) {
        table.prepare(hashes);
        for (key, hash) in keys.iter().zip(hashes) {
            *table.entry(*hash, key.as_view()) += 1;
        }
    }
}

fn update(c: &mut Criterion) {
    let mut group = c.benchmark_group("state/update");
    for keys in [1_000u64, 100_000, 1_000_000, 10_000_000] {
        let count = keys.clamp(20_000, 1_000_000);
        let updates = updates(count, keys, |n| n);
        group.throughput(Throughput::Elements(count));
        group.sample_size(20);
        {
            let mut table = table(keys, |n| n);
            group.bench_function(BenchmarkId::new("table u64", keys), |b| {
                b.iter(|| update_all(&mut table, &updates));
            });
        }
        let mut map: HashMap<u64, u64, FxBuildHasher> = (0..keys).map(|n| (n, 1)).collect();
        group.bench_function(BenchmarkId::new("hashbrown u64", keys), |b| {
            b.iter(|| updates.keys.iter().for_each(|key| *map.entry(*key).or_insert(0) += 1));
        });
    }
    group.finish();
}

fn update_strings(c: &mut Criterion) {
    let mut group = c.benchmark_group("state/update");
    let name = |n: u64| format!("key-{:012}", n);
    for keys in [1_000u64, 100_000, 10_000_000] {
        let count = keys.clamp(20_000, 1_000_000);
        let updates = updates(count, keys, name);
        group.throughput(Throughput::Elements(count));
        group.sample_size(10);
        {
            let mut table = table(keys, name);
            group.bench_function(BenchmarkId::new("table String", keys), |b| {
                b.iter(|| update_all(&mut table, &updates));
            });
        }
        let mut map: HashMap<String, u64, FxBuildHasher> =
            (0..keys).map(|n| (name(n), 1)).collect();
        group.bench_function(BenchmarkId::new("hashbrown String", keys), |b| {
            b.iter(|| {
                for key in &updates.keys {
                    *map.entry_ref(key.as_str()).or_insert(0) += 1;
                }
            });
        });
    }
    group.finish();
}

/// Making the entries, and walking them in order.
fn fill_and_walk(c: &mut Criterion) {
    let mut group = c.benchmark_group("state");
    let keys = 1_000_000u64;
    group.throughput(Throughput::Elements(keys));
    group.sample_size(10);
    group.bench_function("fill table u64", |b| b.iter(|| table(keys, |n| n).len()));
    group.bench_function("fill hashbrown u64", |b| {
        b.iter(|| {
            let mut map: HashMap<u64, u64, FxBuildHasher> = HashMap::default();
            (0..keys).for_each(|n| *map.entry(mix(n)).or_insert(0) += 1);
            map.len()
        });
    });
    let table = table(keys, |n| n);
    group.bench_function("walk table u64 in order", |b| {
        b.iter(|| {
            let mut cursor = Cursor::default();
            while let Some(entry) = table.next_in_order(&mut cursor) {
                black_box(entry);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, update, update_strings, fill_and_walk);
criterion_main!(benches);
