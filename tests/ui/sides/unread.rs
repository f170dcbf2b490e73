//! A side is read.
use thalweg::prelude::*;

#[pipeline]
fn job(lines: Vec<String>) {
    let bad = side();
    source(collection(lines)).try_map(|line| line.parse::<u64>()).errors_to(bad).sink(print());
}

fn main() {}
