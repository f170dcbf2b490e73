//! A stream is bound to a plain name.
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
    let Some(bids) = source(collection(bids()));
    bids.sink(print());
}

fn main() {}
