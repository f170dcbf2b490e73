//! A stream that starts inside `if` ends inside it.
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
fn job(bids: Vec<Bid>, verbose: bool) {
    let bids = source(collection(bids));
    if verbose {
        bids.filter(|b| b.price > 10);
    }
    bids.sink(print());
}

fn main() {}
