//! `partition` gives two streams.
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
    let dear = source(collection(bids)).partition(|b| b.price > 10);
    dear.sink(print());
}

fn main() {}
