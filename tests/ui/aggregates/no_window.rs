//! Without a window there is none to ask for.
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
    source(collection(bids()))
        .key_by(|b| b.auction)
        .aggregate(|w| (w.window(), w.count()))
        .sink(print());
}

fn main() {}
