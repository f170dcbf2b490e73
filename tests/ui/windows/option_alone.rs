//! Options of windows follow windows.
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
    let late = side();
    source(collection(bids())).late_to(late).sink(print());
    late.sink(print());
}

fn main() {}
