//! What an exchange costs: text lengths added up per auction behind a hand-over, as pipelines and by hand.

mod by_hand;

use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxBuildHasher;
use thalweg::connector::{Sink, callback, replay};
use thalweg::job::Definition;
use thalweg::prelude::*;

pub use by_hand::whole as whole_by_hand;

use crate::engine::run_to_end;
use crate::nexmark::Bid;

/// What is added up per auction.
type Totals = hashbrown::HashMap<u64, u64, FxBuildHasher>;

/// Number of auctions, and the sum over all of them.
pub type Answer = (u64, u64);

/// The same code on both sides: an `entry` is inlined in one loop and called in another, as it happens.
#[inline(always)]
fn add(totals: &mut Totals, auction: u64, n: u64) {
    match totals.get_mut(&auction) {
        Some(total) => *total += n,
        None => {
            totals.insert(auction, n);
        }
    }
}

fn answer(totals: &Totals) -> Answer {
    (totals.len() as u64, totals.values().sum())
}

/// What the pipelines of a run read and answer.
static RUN: Mutex<(Option<Arc<[Bid]>>, Answer)> = Mutex::new((None, (0, 0)));

fn input() -> Arc<[Bid]> {
    RUN.lock().unwrap_or_else(PoisonError::into_inner).0.clone().expect("a run has begun")
}

/// Adds up per auction, in the sink.
fn totals() -> impl Sink<(u64, u64)> {
    callback::<(u64, u64), _, _, _>(
        |_| Totals::default(),
        |totals: &mut Totals, _, (auction, n)| add(totals, auction, n),
    )
    .on_finish(|totals| RUN.lock().unwrap_or_else(PoisonError::into_inner).1 = answer(&totals))
}

/// The same of whole bids.
fn totals_of_bids() -> impl Sink<Bid> {
    callback::<Bid, _, _, _>(
        |_| Totals::default(),
        |totals: &mut Totals, _, bid| add(totals, bid.auction, bid.url.len() as u64),
    )
    .on_finish(|totals| RUN.lock().unwrap_or_else(PoisonError::into_inner).1 = answer(&totals))
}

#[pipeline]
fn whole_bids() {
    source(replay(input()))
        .event_time(|bid| Timestamp(bid.date_time))
        .watermarks(bounded(secs(1)))
        .rebalance()
        .sink(totals_of_bids());
}

#[pipeline]
fn pairs() {
    source(replay(input()))
        .event_time(|bid| Timestamp(bid.date_time))
        .watermarks(bounded(secs(1)))
        .map(|bid| (bid.auction, bid.price))
        .rebalance()
        .sink(totals());
}

#[pipeline]
fn no_exchange() {
    source(replay(input()))
        .event_time(|bid| Timestamp(bid.date_time))
        .watermarks(bounded(secs(1)))
        .map(|bid| (bid.auction, bid.price))
        .sink(totals());
}

fn job(pipeline: fn() -> Definition, bids: &Arc<[Bid]>) -> Answer {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    *RUN.lock().unwrap_or_else(PoisonError::into_inner) = (Some(bids.clone()), (0, 0));
    run_to_end(pipeline, 1);
    RUN.lock().unwrap_or_else(PoisonError::into_inner).1
}

/// Every field of each bid crosses: written, handed over, viewed.
pub fn whole(bids: &Arc<[Bid]>) -> Answer {
    job(whole_bids, bids)
}

/// Only auction and price cross: what pruning makes of a bid of which no more is read.
pub fn pruned(bids: &Arc<[Bid]>) -> Answer {
    job(pairs, bids)
}

/// Nothing crosses: what there is to be paid apart from the exchange.
pub fn none(bids: &Arc<[Bid]>) -> Answer {
    job(no_exchange, bids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nexmark::{Input, Query};

    #[test]
    fn pipelines_answer_as_the_loop_does() {
        let bids: Arc<[Bid]> = Input::materialise(Query::Kcb, 5, 20_000).bids().into();
        let lengths: u64 = bids.iter().map(|bid| bid.url.len() as u64).sum();
        assert_eq!(whole_by_hand(&bids).1, lengths);
        assert_eq!(whole(&bids), whole_by_hand(&bids));
        let prices: u64 = bids.iter().map(|bid| bid.price).sum();
        assert_eq!(none(&bids).1, prices);
        assert_eq!(pruned(&bids), none(&bids));
    }
}
