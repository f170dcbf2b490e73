//! `match` does not choose between streams.
use thalweg::prelude::*;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    rate: f64,
    url: String,
    at: Timestamp,
}

fn bids() -> Vec<Bid> {
    Vec::new()
}

#[pipeline]
fn job(mode: String) {
    let bids = source(collection(bids()));
    match mode.as_str() {
        "all" => bids.sink(print()),
        _ => bids.filter(|b| b.price > 10).sink(print()),
    }
}

fn main() {}
