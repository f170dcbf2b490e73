//! A sink that does not take the record is reported on the sink.
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
    source(collection(bids)).map(|b| b.price).sink(collect::<String>().0);
}

fn main() {}
