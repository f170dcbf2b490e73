//! Streams and sides of a refused statement count as used.
use thalweg::prelude::*;

#[pipeline]
fn job(lines: Vec<String>) {
    let bad = side();
    let lines = source(collection(lines));
    for limit in [1, 2] {
        lines.try_map(|line| line.parse::<u64>()).errors_to(bad).sink(print());
    }
    bad.key_by(|f| f.operator).window(tumbling(secs(10))).count().sink(print());
}

fn main() {}
