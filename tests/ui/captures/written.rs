//! A closure cannot write to what it captures.
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
    let mut total = 0;
    let mut seen = Vec::new();
    source(collection(bids))
        .inspect(|b| total += b.price)
        .filter(|b| remember(&mut seen, b.price))
        .sink(print());
}

fn main() {}
