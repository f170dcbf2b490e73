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
fn job(mut limits: Vec<u64>) {
    let bids = source(collection(bids()));
    while let Some(least) = limits.pop() {
        bids.filter(|b| b.price > least).sink(print());
    }
}

fn main() {}
