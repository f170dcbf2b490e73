//! A closure cannot write to what it captures.
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
    let mut total = 0;
    let mut seen = Vec::new();
    source(collection(bids()))
        .inspect(|b| total += b.price)
        .filter(|b| remember(&mut seen, b.price))
        .sink(print());
}

fn main() {}
