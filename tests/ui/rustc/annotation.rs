//! An annotation that is wrong is reported there.
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
    let prices: Stream<String> = source(collection(bids)).map(|b| b.price);
    prices.sink(print());
}

fn main() {}
