//! What is no source is reported there.
use thalweg::prelude::*;
use thalweg::pipeline;

#[pipeline]
fn job() {
    source(17).sink(print());
}

fn main() {}
