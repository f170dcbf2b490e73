//! One task cannot wait for itself.
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
    let keyed = bids.key_by(|b| b.auction);
    let counts = keyed.count().key_by(|c| c.key);
    keyed
        .connect(counts)
        .process(Seen::default)
        .on_left(|_, e, cx| cx.emit(e.price))
        .on_right(|_, c, cx| cx.emit(c.value))
        .sink(print());
}

fn main() {}
