//! Each word once, and one order.
use thalweg::prelude::*;

fn ids() -> Vec<u64> {
    vec![1]
}

#[pipeline]
fn job() {
    let ids = source(collection(ids()));
    ids.async_map(|id| async move { id }).timeout(secs(1)).timeout(secs(2)).sink(print());
    ids.async_map(|id| async move { id }).ordered().unordered().sink(print());
    ids.async_map(|id| async move { id.to_string().parse::<u8>() }).or_skip().or_skip().sink(print());
}

fn main() {}
