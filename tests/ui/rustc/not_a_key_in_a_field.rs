//! A record with a float is no key.
use thalweg::prelude::*;
use thalweg::pipeline;

#[thalweg::record]
struct Rate {
    value: f64,
}

#[pipeline]
fn job(rates: Vec<Rate>) {
    source(collection(rates)).key_by(|r| r).count().sink(print());
}

fn main() {}
