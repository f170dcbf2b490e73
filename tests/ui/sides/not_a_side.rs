//! Errors go to a side.
use thalweg::prelude::*;

#[pipeline]
fn job(lines: Vec<String>) {
    let other = source(collection(1..4u64));
    source(collection(lines)).try_map(|line| line.parse::<u64>()).errors_to(other).sink(print());
    other.sink(print());
}

fn main() {}
