//! Mistakes are collected and reported at once.
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
    let bids = source(collection(bids())).fliter(|b| b.price > 10).event_time(|b| b.at);
    bids.key_by(|b| b.auction).window(tumbling(secs(0))).late_to(late).cuont().sink(print());
    late.map(|b, c| b.price).sink(print());
}

fn main() {}
