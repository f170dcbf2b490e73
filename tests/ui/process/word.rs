//! The closures of a process function stand behind it.
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
    bids.map(|b| b.price).on_event(|_, e, cx| cx.emit(e)).sink(print());
    bids.key_by(|b| b.auction)
        .process(Seen::default)
        .on_left(|_, e, cx| cx.emit(e.price))
        .sink(print());
    let counted = bids.key_by(|b| b.auction).process(Seen::default).on_event(|_, e, cx| cx.emit(e.price));
    counted.on_end(|seen, cx| cx.emit(seen.n)).sink(print());
}

fn main() {}
