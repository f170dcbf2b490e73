//! What crossing an exchange costs a record, apart from the exchange: writing it, and seeing it again.
//!
//! `cargo bench -p thalweg-bench --bench record`

#![allow(unsafe_code)] // Reads archives back as what this file wrote them as.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use thalweg::record::{Arena, Emit};
use thalweg_bench::nexmark::{Bid, Input, Query};

/// Records per batch: some 32 KiB of bids.
const BATCH: u64 = 400;

fn bids() -> &'static [Bid] {
    Input::materialise(Query::Kcb, 42, BATCH).bids()
}

fn encode(c: &mut Criterion) {
    let bids = bids();
    let mut group = c.benchmark_group("record/encode");
    group.throughput(Throughput::Elements(BATCH));
    let mut arena = Arena::default();
    group.bench_function("bid, two strings", |b| {
        b.iter(|| {
            arena.clear();
            for bid in bids {
                black_box(arena.put(&bid.as_view()));
            }
        });
    });
    group.bench_function("pruned pair", |b| {
        b.iter(|| {
            arena.clear();
            for bid in bids {
                black_box(arena.put(&(bid.auction, bid.price)));
            }
        });
    });
    group.finish();
}

fn view(c: &mut Criterion) {
    let bids = bids();
    let mut group = c.benchmark_group("record/view");
    group.throughput(Throughput::Elements(BATCH));
    let mut whole = Arena::default();
    let roots: Vec<u32> = bids.iter().map(|bid| whole.put(&bid.as_view())).collect();
    group.bench_function("bid, two strings", |b| {
        b.iter(|| {
            roots.iter().fold(0, |sum: u64, root| {
                // SAFETY: `root` was returned by `put` of a bid into this arena.
                let bid = unsafe { whole.view::<Bid>(*root) };
                sum.wrapping_add(bid.price + bid.url.len() as u64 + bid.channel.len() as u64)
            })
        });
    });
    let mut pruned = Arena::default();
    let roots: Vec<u32> = bids.iter().map(|bid| pruned.put(&(bid.auction, bid.price))).collect();
    group.bench_function("pruned pair", |b| {
        b.iter(|| {
            roots.iter().fold(0, |sum: u64, root| {
                // SAFETY: `root` was returned by `put` of a pair into this arena.
                let (auction, price) = unsafe { pruned.view::<(u64, u64)>(*root) };
                sum.wrapping_add(auction ^ price)
            })
        });
    });
    group.finish();
}

criterion_group!(benches, encode, view);
criterion_main!(benches);
