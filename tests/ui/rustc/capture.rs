//! What cannot be shared between tasks is reported where it is captured.
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
    let cell = std::rc::Rc::new(3u64);
    source(collection(bids())).map(|b| b.price + *cell).sink(print());
}

fn main() {}
