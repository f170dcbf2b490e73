//! Dynamic sessions have a gap, and no other windows.
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
    let bids = source(collection(bids())).event_time(|b| b.at).watermarks(bounded(secs(5)));
    let keyed = bids.key_by(|b| b.auction);
    keyed.window(dynamic_session()).count().sink(print());
    keyed.window(session(mins(5))).gap(|b| millis(b.price as i64)).count().sink(print());
    keyed.gap(|b| millis(b.price as i64)).count().sink(print());
}

fn main() {}
