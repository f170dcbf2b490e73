//! `partition` gives two streams.
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
    let dear = source(collection(bids())).partition(|b| b.price > 10);
    dear.sink(print());
}

fn main() {}
