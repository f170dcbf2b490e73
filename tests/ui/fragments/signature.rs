//! A fragment takes a stream first.
use thalweg::prelude::*;

#[operator]
fn clean(least: usize, lines: Stream<String>) -> Stream<String> {
    lines.filter(|line| line.len() > least)
}

fn main() {}
