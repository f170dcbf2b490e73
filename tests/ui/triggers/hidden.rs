//! A window that a function returns is known by its type: this one never fires.
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

fn everything() -> thalweg::window::GlobalWindow {
    global_window()
}

#[pipeline]
fn job() {
    let bids = source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction);
    bids.window(everything()).apply(|_, bids, out| out.emit(bids.len() as u64)).sink(print());
}

fn main() {}
