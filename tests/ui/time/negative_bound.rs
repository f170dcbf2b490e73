//! A bound is not negative.
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
    source(collection(bids())).event_time(|b| b.at).watermarks(bounded(-secs(5))).sink(print());
}

fn main() {}
