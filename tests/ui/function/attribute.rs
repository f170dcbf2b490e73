//! Keys of the attribute are known, and their values are literals.
use thalweg::prelude::*;

#[pipeline(nmae = "x")]
fn job() {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
