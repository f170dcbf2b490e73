//! Mistakes in fragments are found like those in pipelines.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>) -> Stream<String> {
    lines.fliter(|line| line.len() > 3).map(|a, b| a)
}

fn main() {}
