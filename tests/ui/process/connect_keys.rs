//! Both sides have one type of key.
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
        .connect(bids.key_by(|b| b.at))
        .process(Seen::default)
        .on_left(|_, e, cx| cx.emit(e.price))
        .on_right(|_, e, cx| cx.emit(e.price))
        .sink(print());
}

fn main() {}
