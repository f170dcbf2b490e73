//! Rules go to functions only.
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
    bids.broadcast_by(|b| b.auction).map(|b| b.price).sink(print());
}

fn main() {}
