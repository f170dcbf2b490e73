//! Sessions merge, and which element fired last is then unknown.
use thalweg::prelude::*;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    at: Timestamp,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

#[pipeline]
fn job() {
    let bids = source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction);
    bids.window(session(mins(5)))
        .delta_trigger(10, |old, new| new.price - old.price)
        .count()
        .sink(print());
}

fn main() {}
