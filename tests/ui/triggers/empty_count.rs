//! Of no elements, nothing can be said.
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
    bids.window(tumbling_count(0)).count().sink(print());
    bids.window(sliding_count(10, 0)).count().sink(print());
    bids.window(global_window()).trigger(trigger::purging(trigger::count(0))).count().sink(print());
    bids.window(tumbling(mins(5))).trigger(trigger::early(secs(0))).count().sink(print());
    bids.window(tumbling(mins(5))).evictor(evictor::time(-secs(1)).after()).count().sink(print());
}

fn main() {}
