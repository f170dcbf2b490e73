//! An event-time window needs event time.
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
        .window(tumbling(secs(10)))
        .count()
        .sink(print());
}

fn main() {}
