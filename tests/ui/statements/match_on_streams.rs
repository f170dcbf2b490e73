//! `match` does not choose between streams.
use thalweg::prelude::*;
use thalweg::pipeline;

#[thalweg::record]
struct Bid {
    auction: u64,
    price: u64,
    rate: f64,
    url: String,
    at: Timestamp,
}

#[pipeline]
fn job(bids: Vec<Bid>, mode: String) {
    let bids = source(collection(bids));
    match mode.as_str() {
        "all" => bids.sink(print()),
        _ => bids.filter(|b| b.price > 10).sink(print()),
    }
}

fn main() {}
