//! Two values of one name cannot be captured in one chain.
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
    let least = 10;
    let dear = source(collection(bids())).filter(|b| b.price > least);
    let least = 20;
    dear.filter(|b| b.auction > least).sink(print());
}

fn main() {}
