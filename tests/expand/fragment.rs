//! A fragment, and a pipeline that calls it twice.
use thalweg::prelude::*;

#[operator]
pub fn numbers(lines: Stream<String>, bad: Side<Failed<String>>, least: u64) -> Stream<u64> {
    let read = lines.try_map(|line| line.parse::<u64>()).errors_to(bad);
    read.filter(move |n| n >= least)
}

#[pipeline]
pub fn both(left: String, right: String) {
    let bad = side();
    let more = numbers(source(files(&right).text()), bad, 3);
    numbers(source(files(&left).text()), bad, 7).map(|n| n.wrapping_add(1)).union(more).sink(print());
    bad.map(|failed| failed.error.to_owned()).sink(print());
}
