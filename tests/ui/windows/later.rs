//! Windows of later versions are named so.
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
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction)
        .window(tumbling_count(5))
        .count()
        .sink(print());
    source(collection(bids())).key_by(|b| b.auction).window(global_window()).count().sink(print());
}

fn main() {}
