//! `source` takes a source.
use thalweg::prelude::*;
use thalweg::pipeline;

#[pipeline]
fn job() {
    source().filter(|b| b > 10).sink(print());
}

fn main() {}
