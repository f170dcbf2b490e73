//! A job is one program.
use thalweg::prelude::*;

#[pipeline]
fn job<T: Send>(least: T) {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
