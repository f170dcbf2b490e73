//! A pipeline has a sink.
use thalweg::prelude::*;

#[pipeline]
fn job(least: u64) {
    let limit = least + 1;
    assert!(limit > 0);
}

fn main() {}
