//! A sink that does not take the record is reported on the sink.
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
    source(collection(bids())).map(|b| b.price).sink(collect::<String>().0);
}

fn main() {}
