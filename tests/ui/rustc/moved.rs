//! A moved value is reported on its use.
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
    source(collection(bids()))
        .owned()
        .map(|b| {
            let url = b.url;
            format!("{} {}", url, b.url)
        })
        .sink(print());
}

fn main() {}
