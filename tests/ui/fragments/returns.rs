//! A fragment returns a stream.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>) -> u64 {
    lines.filter(|line| line.len() > 3)
}

fn main() {}
