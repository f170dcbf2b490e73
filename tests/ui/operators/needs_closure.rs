//! A closure is not a value.
use thalweg::prelude::*;
use thalweg::pipeline;

#[thalweg::record]
struct Bid {
    auction: u64,
    price: u64,
    rate: f64,
    url: String,
    at: Timestamp,
}

#[pipeline]
fn job(bids: Vec<Bid>) {
    source(collection(bids)).filter(b.price > 10).sink(print());
}

fn main() {}
