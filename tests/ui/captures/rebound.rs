//! Two values of one name cannot be captured in one chain.
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
    let least = 10;
    let dear = source(collection(bids)).filter(|b| b.price > least);
    let least = 20;
    dear.filter(|b| b.auction > least).sink(print());
}

fn main() {}
