//! What nothing comes out of has no type.
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
    bids.key_by(|b| b.auction)
        .process(Seen::default)
        .on_event(|seen, _, _| seen.n += 1)
        .sink(discard());
}

fn main() {}
