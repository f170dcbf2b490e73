//! A default is a literal.
use thalweg::prelude::*;

#[pipeline]
fn job(#[arg(default = secs(5))] least: u64) {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
