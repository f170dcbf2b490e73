//! An unknown field is reported on the field.
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
    source(collection(bids)).filter(|b| b.prize > 10).map(|b| b.aution).sink(print());
}

fn main() {}
