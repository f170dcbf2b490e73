//! A fragment ends in the stream that it returns.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>) -> Stream<String> {
    lines.filter(|line| line.len() > 3).sink(print());
}

#[operator]
fn quiet(lines: Stream<String>) -> Stream<String> {
    lines.filter(|line| line.len() > 3).sink(discard())
}

fn main() {}
