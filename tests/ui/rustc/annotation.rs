//! An annotation that is wrong is reported there.
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
fn job() {
    let prices: Stream<String> = source(collection(bids())).map(|b| b.price);
    prices.sink(print());
}

fn main() {}
