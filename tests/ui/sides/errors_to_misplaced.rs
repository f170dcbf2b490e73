//! `errors_to` follows what can fail.
use thalweg::prelude::*;

#[pipeline]
fn job(lines: Vec<String>) {
    let bad = side();
    source(collection(lines)).map(|line| line.len()).errors_to(bad).sink(print());
    bad.sink(print());
}

fn main() {}
