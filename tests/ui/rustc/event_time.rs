//! A time that is none is reported on the closure.
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
    source(collection(bids)).event_time(|b| b.url).watermarks(bounded(secs(5))).sink(print());
}

fn main() {}
