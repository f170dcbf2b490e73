//! What comes with a later version is named so.
use thalweg::prelude::*;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    rate: f64,
    url: String,
    at: Timestamp,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

#[pipeline]
fn job() {
    let bids = source(collection(bids()));
    bids.key_by(|b| b.auction).dedup().sink(print());
    bids.join(bids).sink(print());
}

fn main() {}
