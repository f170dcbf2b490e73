//! `w` can be asked, not handed on.
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
        .window(tumbling(mins(5)))
        .aggregate(|w| report(w, w.count()))
        .sink(print());
}

fn main() {}
