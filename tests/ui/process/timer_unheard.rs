//! A timer that is set has to be heard.
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
        .on_event(|_, e, cx| {
            cx.timer_at(e.at + secs(1));
            cx.emit(e.price);
        })
        .sink(print());
}

fn main() {}
