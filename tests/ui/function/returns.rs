//! A pipeline returns nothing, or a `Result`.
use thalweg::prelude::*;

#[pipeline]
fn job() -> u64 {
    source(collection(1..4u64)).sink(print());
    7
}

fn main() {}
