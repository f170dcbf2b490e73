//! `#[arg]` knows `default`.
use thalweg::prelude::*;

#[pipeline]
fn job(#[arg(defualt = 3)] least: u64) {
    source(collection(1..4u64)).sink(print());
}

fn main() {}
