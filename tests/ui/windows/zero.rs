//! A window has a length.
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
    source(collection(bids)).event_time(|b| b.at).watermarks(bounded(secs(5))).key_by(|b| b.auction)
        .window(tumbling(secs(0))).count().sink(print());
}

fn main() {}
