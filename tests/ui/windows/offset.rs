//! An offset is smaller than its window.
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
        .window(tumbling(mins(5)).offset(mins(1))).offset(mins(5)).count().sink(print());
}

fn main() {}
