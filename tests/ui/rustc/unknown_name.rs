//! An unknown stream is reported by its name.
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
    let bids = source(collection(bids()));
    bidz.filter(|b| b.price > 10).sink(print());
    bids.sink(print());
}

fn main() {}
