//! A parameter is a plain name.
use thalweg::prelude::*;
use thalweg::pipeline;

#[pipeline]
fn job((low, high): (u64, u64)) {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
