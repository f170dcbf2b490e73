//! `source` takes a source.
use thalweg::prelude::*;

#[pipeline]
fn job() {
    source().filter(|b| b > 10).sink(print());
}

fn main() {}
