//! The queries, as a user would write them.

use std::cmp::Reverse;

use thalweg::connector::{Sink, callback, replay};
use thalweg::pipeline;
use thalweg::prelude::*;
use thalweg::time::{Timestamp, bounded};

use super::{answer, input};
use crate::nexmark::{BidRef, Checksum, EventRef, h};

/// Adds up the rows' hashes.
fn checksum() -> impl Sink<u64> {
    callback::<u64, _, _, _>(|_| Checksum::default(), |sum: &mut Checksum, _, hash| sum.add(hash))
        .on_finish(answer)
}

/// The bid of an event.
fn bid(event: EventRef<'_>) -> Option<BidRef<'_>> {
    match event {
        EventRef::Bid(bid) => Some(bid),
        _ => None,
    }
}

#[pipeline]
pub fn q0() {
    source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .map(|event| match event {
            EventRef::Person(person) => person.hash(),
            EventRef::Auction(auction) => auction.hash(),
            EventRef::Bid(bid) => bid.hash(),
        })
        .sink(checksum());
}

#[pipeline]
pub fn q1() {
    source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .map(|bid| BidRef { price: (bid.price as f64 * 0.908) as u64, ..bid })
        .map(|bid| bid.hash())
        .sink(checksum());
}

#[pipeline]
pub fn q2() {
    source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .filter(|bid| bid.auction % 123 == 0)
        .map(|bid| h(bid.auction, bid.price))
        .sink(checksum());
}

#[pipeline]
pub fn kc() {
    source(replay(input().keys()))
        .key_by(|key| key)
        .count()
        .map(|count| h(count.key, count.value))
        .sink(checksum());
}

/// Takes every field, so that the whole bid crosses the exchange.
fn takes_all(bid: BidRef<'_>) -> u64 {
    let texts = bid.channel.len() as u64 + bid.url.len() as u64;
    std::hint::black_box(bid.bidder ^ bid.price ^ bid.date_time as u64 ^ texts);
    1
}

#[pipeline]
pub fn kcb() {
    source(replay(input().bids()))
        .key_by(|bid| bid.auction)
        .sum(|bid| takes_all(bid))
        .map(|count| h(count.key, count.value))
        .sink(checksum());
}

#[pipeline]
pub fn q5() {
    let counts = source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|bid| bid.auction)
        .window(sliding(secs(10), secs(2)))
        .count();
    counts
        .window_all(tumbling(secs(2)))
        .max(|count| (count.value, Reverse(count.key), count.window.end))
        .map(|hottest| hottest.value)
        .map(|(count, Reverse(auction), end)| h(h(auction, end.0 as u64), count))
        .sink(checksum());
}

#[pipeline]
pub fn q7() {
    source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .window_all(tumbling(secs(10)))
        .max(|bid| (bid.price, Reverse(bid.auction), Reverse(bid.bidder), Reverse(bid.date_time)))
        .map(|best| best.value)
        .map(|(price, Reverse(auction), Reverse(bidder), Reverse(date_time))| {
            let who = auction.wrapping_mul(31).wrapping_add(bidder.wrapping_mul(17));
            h(who.wrapping_add(price), date_time as u64)
        })
        .sink(checksum());
}

#[pipeline]
pub fn q11() {
    source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|bid| bid.bidder)
        .window(session(secs(10)))
        .count()
        .map(|s| h(h(h(s.key, s.window.start.0 as u64), s.window.end.0 as u64), s.value))
        .sink(checksum());
}

#[pipeline]
pub fn q8() {
    let events = source(replay(input().events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)));
    let persons = events.filter_map(|event| match event {
        EventRef::Person(person) => Some(person.id),
        _ => None,
    });
    let auctions = events.filter_map(|event| match event {
        EventRef::Auction(auction) => Some((auction.seller, auction.id)),
        _ => None,
    });
    persons
        .join(auctions)
        .on(|person| person, |(seller, _)| seller)
        .window(tumbling(secs(10)))
        .map(|(person, (_, auction))| h(person, auction))
        .sink(checksum());
}
