//! A parameter is a plain name.
use thalweg::prelude::*;

#[pipeline]
fn job((low, high): (u64, u64)) {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
