//! A pipeline has no qualifiers.
use thalweg::prelude::*;

#[pipeline]
unsafe fn job() {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
