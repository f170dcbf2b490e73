//! Nothing is late in processing time.
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
    source(collection(bids()))
        .processing_time()
        .key_by(|b| b.auction)
        .window(tumbling(secs(10)))
        .allowed_lateness(secs(1))
        .late_to(late)
        .count()
        .sink(print());
    late.sink(print());
}

fn main() {}
