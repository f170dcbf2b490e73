//! Parameters of closures are counted.
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
    source(collection(bids)).map(|b, c| b.price + c).sink(print());
}

fn main() {}
