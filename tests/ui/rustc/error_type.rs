//! An error that cannot be shown is reported on the closure.
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

struct Odd;

#[pipeline]
fn job() {
    source(collection(bids()))
        .try_map(|b| if b.price > 3 { Ok(b.price) } else { Err(Odd) })
        .sink(print());
}

fn main() {}
