//! Without a key there is no state.
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
    bids.process(Seen::default).on_event(|seen, e, cx| cx.emit(e.price + seen.n)).sink(print());
}

fn main() {}
