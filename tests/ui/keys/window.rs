//! A window needs a key.
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
fn hot_items() {
    source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .filter(|b| b.price > 10)
        .window(tumbling(secs(10)))
        .count()
        .sink(print());
}

fn main() {}
