//! A stream is used by its operators only.
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
fn job(bids: Vec<Bid>) {
    let bids = source(collection(bids));
    println!("{bids:?}");
    let kept = Some(bids);
    bids.sink(print());
}

fn main() {}
