//! A process function hears of events.
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
    bids.key_by(|b| b.auction)
        .process(Seen::default)
        .on_timer(|seen, _, cx| cx.emit(seen.n))
        .sink(print());
}

fn main() {}
