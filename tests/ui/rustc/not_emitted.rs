//! What a stream cannot carry is reported on the closure.
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

struct Price(u64);

#[pipeline]
fn job() {
    source(collection(bids())).map(|b| Price(b.price)).sink(print());
}

fn main() {}
