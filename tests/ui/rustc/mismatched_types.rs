//! A mismatch is reported in the closure.
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
    source(collection(bids)).filter(|b| b.price > "10").filter(|b| b.price).sink(print());
}

fn main() {}
