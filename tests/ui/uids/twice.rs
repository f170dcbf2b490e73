//! A uid names one state.
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
    let keyed = source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction);
    keyed.window(tumbling(mins(5))).count().uid("hot").sink(print());
    keyed.window(tumbling(mins(1))).count().uid("hot").sink(print());
}

fn main() {}
