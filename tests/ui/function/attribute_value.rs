//! Values of the attribute are literals.
use thalweg::prelude::*;

#[pipeline(name = 7, prune = 3)]
fn job() {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
