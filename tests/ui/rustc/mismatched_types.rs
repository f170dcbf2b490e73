//! A mismatch is reported in the closure.
use thalweg::prelude::*;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    rate: f64,
    url: String,
    at: Timestamp,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

#[pipeline]
fn job() {
    source(collection(bids())).filter(|b| b.price > "10").filter(|b| b.price).sink(print());
}

fn main() {}
