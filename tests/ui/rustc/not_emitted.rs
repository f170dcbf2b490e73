//! What a stream cannot carry is reported on the closure.
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

struct Price(u64);

#[pipeline]
fn job(bids: Vec<Bid>) {
    source(collection(bids)).map(|b| Price(b.price)).sink(print());
}

fn main() {}
