//! A stream that is bound is used.
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
    let dear = bids.filter(|b| b.price > 10);
    bids.sink(print());
}

fn main() {}
