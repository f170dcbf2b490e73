//! Errors are handled once.
use thalweg::prelude::*;

#[pipeline]
fn job(lines: Vec<String>) {
    let bad = side();
    source(collection(lines)).try_map(|l| l.parse::<u64>()).or_skip().errors_to(bad).sink(print());
    bad.sink(print());
}

fn main() {}
