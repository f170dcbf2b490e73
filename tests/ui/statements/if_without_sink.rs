//! A stream that starts inside `if` ends inside it.
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
fn job(verbose: bool) {
    let bids = source(collection(bids()));
    if verbose {
        bids.filter(|b| b.price > 10);
    }
    bids.sink(print());
}

fn main() {}
