//! A window whose aggregates are combined before the exchange.
use thalweg::prelude::*;

#[record]
pub struct Bid {
    pub auction: u64,
    pub price: u64,
    pub at: Timestamp,
}

#[pipeline]
pub fn busy_auctions(min_price: u64) {
    source(collection([Bid { auction: 1, price: 2, at: Timestamp::MIN }]))
        .event_time(|bid| bid.at)
        .watermarks(bounded(secs(5)))
        .filter(|bid| bid.price >= min_price)
        .key_by(|bid| bid.auction)
        .window(tumbling(secs(10)))
        .aggregate(|w| (w.key(), w.count(), w.sum(|bid| bid.price) as f64 / w.count() as f64))
        .filter(|(_, bids, _)| bids > 1)
        .sink(print());
}
