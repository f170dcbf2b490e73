//! A time to live is about state per key, and is positive.
use thalweg::prelude::*;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    at: Timestamp,
}

#[record]
#[derive(Default)]
struct Seen {
    n: u64,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

#[pipeline]
fn job() {
    let bids = source(collection(bids()));
    bids.map(|b| b.price).ttl(hours(1)).sink(print());
    let keyed = bids.key_by(|b| b.auction);
    keyed.count().ttl(hours(0)).sink(print());
    keyed.dedup().ttl(event_time(hours(1))).sink(print());
}

fn main() {}
