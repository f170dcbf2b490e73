//! An option is given once.
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
    let late = side();
    let later = side();
    source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction)
        .window(tumbling(mins(5)))
        .late_to(late)
        .late_to(later)
        .offset(secs(1))
        .offset(secs(2))
        .count()
        .sink(print());
    late.union(later).sink(print());
}

fn main() {}
