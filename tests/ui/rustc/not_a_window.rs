//! What a window is, and what fits it, where only its type tells.
use thalweg::prelude::*;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    at: Timestamp,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

fn visits() -> thalweg::window::Session {
    session(mins(5))
}

fn visits_of() -> thalweg::window::DynamicSession {
    dynamic_session()
}

#[pipeline]
fn job() {
    let bids = source(collection(bids())).event_time(|b| b.at).watermarks(bounded(secs(5)));
    let keyed = bids.key_by(|b| b.auction);
    keyed.window(mins(5)).count().sink(print());
    keyed.window(visits_of()).count().sink(print());
    keyed.window(visits()).gap(|b| millis(b.price as i64)).count().sink(print());
    keyed.window(visits()).fold(0u64, |n, _| n + 1).sink(print());
}

fn main() {}
