//! Sliding windows have a length and move on; an offset is smaller than the slide.
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
    keyed.window(sliding(mins(0), mins(1))).count().sink(print());
    keyed.window(sliding(mins(5), -mins(1))).count().sink(print());
    keyed.window(sliding(mins(5), mins(1))).offset(mins(2)).count().sink(print());
}

fn main() {}
