//! `emit_to` writes to sides, which are read.
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
    let odd = side();
    let prices = bids.map(|b| b.price);
    bids.key_by(|b| b.auction)
        .process(Seen::default)
        .on_event(|_, e, cx| {
            cx.emit_to(prices, e.price);
            cx.emit_to(odd, e.price);
            cx.emit(e.price);
        })
        .sink(print());
    prices.sink(print());
}

fn main() {}
