//! A modifier stands behind its operator.
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
    bids.parallelism(2).sink(print());
}

fn main() {}
