//! An exchange in one task: records written to it, handed over, viewed behind it.
//!
//! `cargo bench -p thalweg-bench --bench exchange`; the `exchange` binary takes ratios pair by pair.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use thalweg_bench::exchange::{none, pruned, whole, whole_by_hand};
use thalweg_bench::nexmark::{Bid, Input, Query};

/// Bids per run.
const EVENTS: u64 = 500_000;

fn exchange(c: &mut Criterion) {
    let bids: Arc<[Bid]> = Input::materialise(Query::Kcb, 42, EVENTS).bids().into();
    let mut group = c.benchmark_group("exchange");
    group.throughput(Throughput::Elements(EVENTS));
    group.sample_size(20);
    group.bench_function("whole bid, by hand", |b| b.iter(|| whole_by_hand(&bids)));
    group.bench_function("whole bid", |b| b.iter(|| whole(&bids)));
    group.bench_function("pruned pair", |b| b.iter(|| pruned(&bids)));
    group.bench_function("pair without exchange", |b| b.iter(|| none(&bids)));
    group.finish();
}

criterion_group!(benches, exchange);
criterion_main!(benches);
