//! An unknown stream is reported by its name.
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
    bidz.filter(|b| b.price > 10).sink(print());
    bids.sink(print());
}

fn main() {}
