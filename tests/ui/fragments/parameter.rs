//! A parameter of a fragment is a plain name.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>, (low, high): (u64, u64)) -> Stream<String> {
    lines
}

fn main() {}
