//! Both halves of a partition are used, or one is called `_`.
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
    let (dear, cheap) = source(collection(bids())).partition(|b| b.price > 10);
    dear.sink(print());
}

fn main() {}
