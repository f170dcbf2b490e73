//! At most eight accumulators.
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
    source(collection(bids()))
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)))
        .key_by(|b| b.auction)
        .window(tumbling(mins(5)))
        .aggregate(|w| {
            let s0 = w.sum(|b| b.price + 0);
            let s1 = w.sum(|b| b.price + 1);
            let s2 = w.sum(|b| b.price + 2);
            let s3 = w.sum(|b| b.price + 3);
            let s4 = w.sum(|b| b.price + 4);
            let s5 = w.sum(|b| b.price + 5);
            let s6 = w.sum(|b| b.price + 6);
            let s7 = w.sum(|b| b.price + 7);
            let s8 = w.sum(|b| b.price + 8);
            s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8
        })
        .sink(print());
}

fn main() {}
