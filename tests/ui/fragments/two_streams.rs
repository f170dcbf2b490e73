//! A fragment takes one stream.
use thalweg::prelude::*;

#[operator]
fn both(a: Stream<u64>, b: Stream<u64>) -> Stream<u64> {
    a.union(b)
}

fn main() {}
