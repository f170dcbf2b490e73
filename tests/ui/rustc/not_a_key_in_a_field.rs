//! A record with a float is no key.
use thalweg::prelude::*;

#[record]
struct Rate {
    value: f64,
}

#[pipeline]
fn job() {
    source(collection([Rate { value: 0.5 }])).key_by(|r| r).count().sink(print());
}

fn main() {}
