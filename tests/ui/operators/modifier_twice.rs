//! A modifier is given once.
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
    source(collection(bids())).map(|b| b.price).name("a").name("b").sink(print());
}

fn main() {}
