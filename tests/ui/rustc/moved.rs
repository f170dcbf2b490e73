//! A moved value is reported on its use.
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
    source(collection(bids))
        .owned()
        .map(|b| {
            let url = b.url;
            format!("{} {}", url, b.url)
        })
        .sink(print());
}

fn main() {}
