//! Without a key there are no timers.
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
    bids.process(|| ())
        .on_event(|_, e, cx| {
            cx.timer_at(e.at);
            cx.emit(e.price);
        })
        .on_timer(|_, _, cx| cx.emit(1u64))
        .sink(print());
    bids.dedup().sink(print());
}

fn main() {}
