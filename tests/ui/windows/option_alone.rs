//! Options of windows follow windows.
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
    let late = side();
    source(collection(bids)).late_to(late).sink(print());
    late.sink(print());
}

fn main() {}
