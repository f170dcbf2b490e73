//! A window needs a key.
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
fn hot_items(bids: Vec<Bid>) {
    source(collection(bids)).filter(|b| b.price > 10).window(tumbling(secs(10))).count().sink(print());
}

fn main() {}
