//! Time is needed on every way that merges.
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
    let timed = source(collection(bids())).event_time(|b| b.at).watermarks(bounded(secs(5)));
    let bare = source(collection(bids()));
    timed.union(bare).key_by(|b| b.auction).window(tumbling(secs(10))).count().sink(print());
}

fn main() {}
