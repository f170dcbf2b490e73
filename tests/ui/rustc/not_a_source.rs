//! What is no source is reported there.
use thalweg::prelude::*;

#[pipeline]
fn job() {
    source(17).sink(print());
}

fn main() {}
