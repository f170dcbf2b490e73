//! What a mistake leaves behind is not reported again.
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
    let bad = side();
    let dear = source(collection(bids()))
        .fliter(|b| b.price > 10)
        .event_time(|b| b.at)
        .watermarks(bounded(secs(5)));
    let hot = dear.key_by(|b| b.auction).window(tumbling(secs(10))).late_to(late).count();
    hot.try_map(|h| check(h)).errors_to(bad).sink(print());
    late.union(dear).sink(print());
    bad.sink(print());
}

fn main() {}
