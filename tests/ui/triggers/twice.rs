//! One trigger, one evictor.
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
    bids.window(global_window())
        .trigger(trigger::count(3))
        .delta_trigger(10, |old, new| new.price - old.price)
        .count()
        .sink(print());
    bids.window(tumbling(mins(5)))
        .evictor(evictor::count(3))
        .evictor(evictor::time(mins(1)))
        .count()
        .sink(print());
}

fn main() {}
