//! A fragment writes its sides, its caller reads them.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>, bad: Side<Failed<String>>) -> Stream<u64> {
    bad.sink(print());
    lines.try_map(|line| line.parse::<u64>()).errors_to(bad)
}

fn main() {}
