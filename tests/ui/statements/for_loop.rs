//! A plan is static: no loops.
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
    for least in [1, 2, 3] {
        bids.filter(|b| b.price > least).sink(print());
    }
}

fn main() {}
