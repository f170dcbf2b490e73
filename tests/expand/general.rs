//! Triggers, evictors and functions over elements: firings that a record causes end the loop over the batch.
use thalweg::prelude::*;

#[record]
pub struct Bid {
    pub auction: u64,
    pub price: u64,
    pub url: String,
    pub at: Timestamp,
}

#[pipeline]
pub fn hot(step: u64) {
    let bids = source(collection(Vec::<Bid>::new()))
        .event_time(|bid| bid.at)
        .watermarks(bounded(secs(5)))
        .key_by(|bid| bid.auction);
    bids.window(tumbling(mins(10)))
        .trigger(trigger::early(mins(1)))
        .aggregate(|w| (w.key(), w.count(), w.max(|bid| bid.price)))
        .sink(print());
    bids.window(global_window())
        .delta_trigger(100, |old, new| new.price - old.price)
        .purging()
        .delta_evictor(50, |old, new| new.price - old.price)
        .apply(|w, bids, out| {
            for bid in bids.iter().filter(|bid| bid.price > step) {
                out.emit((w.key(), bid.url));
            }
        })
        .sink(print());
    bids.window(sliding_count(100, 10))
        .reduce(|a, b| if a.price < b.price { b } else { a })
        .sink(print());
}
