//! What a future yields has to be something that a stream carries.
use thalweg::prelude::*;

fn ids() -> Vec<u64> {
    vec![1]
}

#[pipeline]
fn job() {
    source(collection(ids())).async_map(|id| async move { std::sync::Arc::new(id) }).sink(print());
}

fn main() {}
