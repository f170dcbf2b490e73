//! A closure that returns no future.
use thalweg::prelude::*;

fn ids() -> Vec<u64> {
    vec![1]
}

#[pipeline]
fn job() {
    source(collection(ids())).async_map(|id| id + 1).sink(print());
}

fn main() {}
