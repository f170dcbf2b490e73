//! A trigger that waits for an end that never comes.
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
    bids.window(tumbling(mins(5))).trigger(trigger::end_of_stream()).count().sink(print());
    bids.window(session(mins(5)))
        .trigger(trigger::purging(trigger::end_of_stream()))
        .count()
        .sink(print());
    bids.window(global_window()).trigger(trigger::processing_time()).count().sink(print());
}

fn main() {}
