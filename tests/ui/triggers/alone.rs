//! Triggers and evictors are about windows.
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
    bids.trigger(trigger::count(3)).count().sink(print());
    bids.delta_evictor(3, |old, new| new.price - old.price).count().sink(print());
    bids.apply(|_, bids, out| out.emit(bids.len() as u64)).sink(print());
}

fn main() {}
