//! Time does not end these windows, so that nothing is late and no border can be moved.
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
    let late = side();
    bids.window(tumbling_count(3)).offset(mins(1)).count().sink(print());
    bids.window(sliding_count(3, 1)).allowed_lateness(mins(1)).count().sink(print());
    bids.window(global_window()).late_to(late).trigger(trigger::count(3)).count().sink(print());
    late.sink(print());
}

fn main() {}
