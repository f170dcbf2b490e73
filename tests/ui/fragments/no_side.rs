//! What a fragment is given as a side is one.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>, bad: Side<Failed<String>>) -> Stream<u64> {
    lines.try_map(|line| line.parse::<u64>()).errors_to(bad)
}

#[pipeline]
fn job() {
    let lines = source(collection([String::new()]));
    let more = source(collection([String::new()]));
    clean(lines, more).sink(print());
    more.sink(print());
}

fn main() {}
