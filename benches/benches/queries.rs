//! The queries whole, each beside its plain loop.
//!
//! `cargo bench -p thalweg-bench --bench queries`; the `compare` binary takes ratios pair by pair, which a noisy machine
//! disturbs less.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use thalweg_bench::engine;
use thalweg_bench::hand;
use thalweg_bench::nexmark::{Input, Query};

/// Events per run.
const EVENTS: u64 = 500_000;

fn queries(c: &mut Criterion) {
    let mut group = c.benchmark_group("query");
    group.throughput(Throughput::Elements(EVENTS));
    group.sample_size(20);
    for query in [Query::Q0, Query::Q1, Query::Q2, Query::Kc, Query::Kcb, Query::Q7] {
        let input = Input::materialise(query, 42, EVENTS);
        let by_hand = hand::find(query);
        group.bench_function(BenchmarkId::new("hand", query), |b| b.iter(|| by_hand(input, 1)));
        let by_engine = engine::find(query).expect("the query has a pipeline");
        group
            .bench_function(BenchmarkId::new("thalweg", query), |b| b.iter(|| by_engine(input, 1)));
    }
    group.finish();
}

criterion_group!(benches, queries);
criterion_main!(benches);
