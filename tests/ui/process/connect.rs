//! What can be connected, and what follows.
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
    let bids = source(collection(bids())).event_time(|b| b.at).watermarks(monotonic());
    let keyed = bids.key_by(|b| b.auction);
    keyed.connect(bids).process(Seen::default).sink(print());
    bids.connect(bids.key_by(|b| b.price)).process(Seen::default).sink(print());
    keyed.connect(bids.key_by(|b| b.price)).count().sink(print());
    bids.key_by(|b| b.auction)
        .connect(bids.key_by(|b| b.price))
        .process(Seen::default)
        .on_left(|_, e, cx| cx.emit(e.price))
        .sink(print());
}

fn main() {}
