//! An unknown field is reported on the field.
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
    source(collection(bids())).filter(|b| b.prize > 10).map(|b| b.aution).sink(print());
}

fn main() {}
