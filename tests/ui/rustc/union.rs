//! Streams of different records do not merge.
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
fn job(bids: Vec<Bid>, names: Vec<String>) {
    let prices = source(collection(bids)).map(|b| b.price);
    source(collection(names)).union(prices).sink(print());
}

fn main() {}
