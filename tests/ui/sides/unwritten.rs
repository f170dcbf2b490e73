//! A side is written.
use thalweg::prelude::*;

#[pipeline]
fn job(lines: Vec<String>) {
    let bad = side();
    source(collection(lines)).sink(print());
    bad.sink(print());
}

fn main() {}
