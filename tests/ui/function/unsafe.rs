//! A pipeline has no qualifiers.
use thalweg::prelude::*;
use thalweg::pipeline;

#[pipeline]
unsafe fn job() {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
