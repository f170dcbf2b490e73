//! Sessions have a gap and no offset, and are not folded.
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
    keyed.window(session(mins(0))).count().sink(print());
    keyed.window(session(mins(5))).offset(mins(1)).count().sink(print());
    keyed.window(session(mins(5))).fold(0u64, |n, _| n + 1).sink(print());
}

fn main() {}
