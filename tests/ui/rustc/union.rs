//! Streams of different records do not merge.
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
    let prices = source(collection(bids())).map(|b| b.price);
    source(collection(["a".to_owned()])).union(prices).sink(print());
}

fn main() {}
