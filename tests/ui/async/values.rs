//! What would never ask, or never answer.
use thalweg::prelude::*;

fn ids() -> Vec<u64> {
    vec![1]
}

#[pipeline]
fn job() {
    let ids = source(collection(ids()));
    ids.async_map(|id| async move { id }).capacity(0).sink(print());
    ids.async_map(|id| async move { id }).timeout(-secs(1)).sink(print());
    ids.async_map(|id| async move { id }).retry(fixed_delay(0, secs(1))).sink(print());
    ids.async_map(|id| async move { id }).cache(0, secs(1), |id| id).sink(print());
}

fn main() {}
