//! A name with no neighbour gets the place where the names are.
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
    source(collection(bids)).xyzzy(|b| b.price > 10).sink(print());
}

fn main() {}
