//! A uid names one state.
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
    let keyed = source(collection(bids)).event_time(|b| b.at).watermarks(bounded(secs(5))).key_by(|b| b.auction);
    keyed.window(tumbling(mins(5))).count().uid("hot").sink(print());
    keyed.window(tumbling(mins(1))).count().uid("hot").sink(print());
}

fn main() {}
