//! A stream that is used three times, and a record that crosses an exchange pruned.
use thalweg::prelude::*;

#[record]
pub struct Bid {
    pub auction: u64,
    pub price: u64,
    pub url: String,
}

#[pipeline]
pub fn fan_out(least: u64) {
    let bids = source(collection([Bid { auction: 1, price: 2, url: String::new() }]));
    let dear = bids.filter(|bid| bid.price >= least);
    dear.map(|bid| bid.price).sink(print());
    dear.rebalance()
        .filter(|bid| bid.price > 2 * least)
        .map(|bid| (bid.auction, bid.price))
        .sink(print());
    bids.inspect(|bid| assert!(bid.price > 0)).sink(discard());
}
