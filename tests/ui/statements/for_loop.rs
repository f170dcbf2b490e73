//! A plan is static: no loops.
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
    let bids = source(collection(bids));
    for least in [1, 2, 3] {
        bids.filter(|b| b.price > least).sink(print());
    }
}

fn main() {}
