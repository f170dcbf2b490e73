//! A stream is the first argument of a fragment.
use thalweg::prelude::*;

#[operator]
fn clean(lines: Stream<String>, least: usize) -> Stream<String> {
    lines.filter(move |line| line.len() > least)
}

#[pipeline]
fn job() {
    let lines = source(collection([String::new()]));
    clean(3, lines).sink(print());
}

fn main() {}
