//! Both halves of a partition are used, or one is called `_`.
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
    let (dear, cheap) = source(collection(bids)).partition(|b| b.price > 10);
    dear.sink(print());
}

fn main() {}
