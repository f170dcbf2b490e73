//! A plan has no cycles.
use thalweg::prelude::*;

#[pipeline]
fn job() {
    let bad = side();
    bad.map(|b| b.record).try_map(|line| line.parse::<u64>()).errors_to(bad).sink(print());
}

fn main() {}
