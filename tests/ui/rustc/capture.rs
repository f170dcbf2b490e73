//! What cannot be shared between tasks is reported where it is captured.
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
    let cell = std::rc::Rc::new(3u64);
    source(collection(bids)).map(|b| b.price + *cell).sink(print());
}

fn main() {}
