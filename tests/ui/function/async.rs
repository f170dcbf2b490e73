//! A pipeline is no future.
use thalweg::prelude::*;

#[pipeline]
async fn job() {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
