//! A global window has no trigger of its own.
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
    bids.window(global_window()).count().sink(print());
    bids.window(global_window()).apply(|_, bids, out| out.emit(bids.len() as u64)).sink(print());
    bids.window(global_window()).evictor(evictor::count(3)).count().sink(print());
}

fn main() {}
