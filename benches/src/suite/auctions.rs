//! Queries that bring auctions together with their sellers and bids.

use std::collections::BTreeMap;

use thalweg::pipeline;
use thalweg::prelude::*;

use super::{Entry, ROWS, bids, events};
use crate::nexmark::{Auction, Bid, Event, EventRef, Person};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry { name: "q3", pipeline: q3, expected: expected_q3 },
        Entry { name: "q4", pipeline: q4, expected: expected_q4 },
        Entry { name: "q6", pipeline: q6, expected: expected_q6 },
        Entry {
            name: "q9",
            pipeline: q9,
            expected: |events| winners(events).iter().map(Won::row).collect(),
        },
        Entry { name: "q20", pipeline: q20, expected: expected_q20 },
    ]
}

fn auctions(events: &[Event]) -> impl Iterator<Item = &Auction> {
    events.iter().filter_map(|event| match event {
        Event::Auction(auction) => Some(auction),
        _ => None,
    })
}

fn persons(events: &[Event]) -> impl Iterator<Item = &Person> {
    events.iter().filter_map(|event| match event {
        Event::Person(person) => Some(person),
        _ => None,
    })
}

/// Wherever else one lives is not asked about.
fn is_near(state: &str) -> bool {
    matches!(state, "st-7" | "st-11" | "st-42")
}

/// One who lives near, and the auctions of category 10 that came before them.
#[thalweg::record]
#[derive(Default)]
struct Seller {
    person: Option<(String, String, String)>,
    waiting: Vec<u64>,
}

/// The person or the auction that is about a seller, and which seller.
fn of_seller(event: EventRef<'_>) -> Option<(u64, EventRef<'_>)> {
    match event {
        EventRef::Person(person) if is_near(person.state) => Some((person.id, event)),
        EventRef::Auction(auction) if auction.category == 10 => Some((auction.seller, event)),
        _ => None,
    }
}

/// Who sells something of category 10 and lives near: name, city, state, auction. Either may come first.
#[pipeline]
pub fn q3() {
    source(events())
        .filter_map(of_seller)
        .key_by(|(seller, _)| seller)
        .process(Seller::default)
        .on_event(|seller, (_, event), cx| match event {
            EventRef::Person(p) => {
                for auction in seller.waiting.drain(..) {
                    cx.emit((p.name, p.city, p.state, auction));
                }
                seller.person = Some((p.name.to_owned(), p.city.to_owned(), p.state.to_owned()));
            }
            EventRef::Auction(a) => match &seller.person {
                Some((name, city, state)) => {
                    cx.emit((name.as_str(), city.as_str(), state.as_str(), a.id));
                }
                None => seller.waiting.push(a.id),
            },
            EventRef::Bid(_) => {}
        })
        .map(|(name, city, state, auction)| format!("{name} {city} {state} {auction}"))
        .sink(ROWS.sink());
}

fn expected_q3(events: &[Event]) -> Vec<String> {
    let mut rows = Vec::new();
    for p in persons(events).filter(|p| is_near(&p.state)) {
        for a in auctions(events).filter(|a| a.category == 10 && a.seller == p.id) {
            rows.push(format!("{} {} {} {}", p.name, p.city, p.state, a.id));
        }
    }
    rows
}

/// An auction that has ended, and its best bid.
#[thalweg::record]
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Won {
    auction: u64,
    category: u64,
    seller: u64,
    expires: i64,
    bidder: u64,
    price: u64,
    date_time: i64,
}

impl Won {
    fn row(&self) -> String {
        self.as_view().row()
    }
}

impl WonRef<'_> {
    fn row(self) -> String {
        format!(
            "{} {} {} {} {} {}",
            self.auction, self.category, self.seller, self.expires, self.bidder, self.price
        )
    }
}

/// An auction while it runs; bids may come before it.
#[thalweg::record]
#[derive(Default)]
struct Running {
    auction: Option<(u64, u64, i64, i64)>,
    bids: Vec<(u64, i64, u64)>,
}

fn of_auction(event: EventRef<'_>) -> Option<(u64, EventRef<'_>)> {
    match event {
        EventRef::Auction(auction) => Some((auction.id, event)),
        EventRef::Bid(bid) => Some((bid.auction, event)),
        EventRef::Person(_) => None,
    }
}

/// The best of some bids between two points in time: the highest, of equals the earliest, then by bidder.
fn best(bids: &[(u64, i64, u64)], from: i64, until: i64) -> Option<(u64, i64, u64)> {
    let valid = bids.iter().filter(|(_, at, _)| (from..=until).contains(at));
    valid.copied().max_by_key(|(price, at, bidder)| (*price, -at, *bidder))
}

/// The winning bid of each auction, when it has expired.
#[operator]
fn winning(events: Timed<Event>) -> Timed<Won> {
    events
        .filter_map(of_auction)
        .key_by(|(auction, _)| auction)
        .process(Running::default)
        .on_event(|running, (_, event), cx| match event {
            EventRef::Auction(a) => {
                running.auction = Some((a.category, a.seller, a.date_time, a.expires));
                cx.timer_at(Timestamp(a.expires));
            }
            EventRef::Bid(b) => {
                running.bids.push((b.price, b.date_time, b.bidder));
                // Bids on what is not, or no longer, for sale are forgotten with the longest life of an auction.
                cx.timer_at(Timestamp(b.date_time) + secs(40));
            }
            EventRef::Person(_) => {}
        })
        .on_timer(|running, at, cx| {
            let Some((category, seller, from, expires)) = running.auction else {
                running.bids.retain(|(_, time, _)| *time + 40_000 > at.0);
                if running.bids.is_empty() {
                    cx.clear();
                }
                return;
            };
            if at.0 != expires {
                return;
            }
            if let Some((price, date_time, bidder)) = best(&running.bids, from, expires) {
                let auction = cx.key();
                cx.emit(Won { auction, category, seller, expires, bidder, price, date_time });
            }
            cx.clear();
        })
}

/// The same by looking at every bid of every auction.
fn winners(events: &[Event]) -> Vec<Won> {
    let mut of: BTreeMap<u64, Vec<(u64, i64, u64)>> = BTreeMap::new();
    for b in bids(events) {
        of.entry(b.auction).or_default().push((b.price, b.date_time, b.bidder));
    }
    let won = |a: &Auction| {
        let (price, date_time, bidder) = best(of.get(&a.id)?, a.date_time, a.expires)?;
        let (auction, category, seller, expires) = (a.id, a.category, a.seller, a.expires);
        Some(Won { auction, category, seller, expires, bidder, price, date_time })
    };
    auctions(events).filter_map(won).collect()
}

/// The winning bid of each auction.
#[pipeline]
pub fn q9() {
    let events = source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)));
    winning(events).map(|won| won.row()).sink(ROWS.sink());
}

/// The mean winning price per category, of the auctions that expire in each five seconds.
#[pipeline]
pub fn q4() {
    let events = source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)));
    winning(events)
        .key_by(|won| won.category)
        .window(tumbling(secs(5)))
        .avg(|won| won.price)
        .map(|w| format!("{} {} {:.3}", w.key, w.window.start.0, w.value))
        .sink(ROWS.sink());
}

fn expected_q4(events: &[Event]) -> Vec<String> {
    let mut prices: BTreeMap<(u64, i64), Vec<u64>> = BTreeMap::new();
    for won in winners(events) {
        prices
            .entry((won.category, won.expires.div_euclid(5000) * 5000))
            .or_default()
            .push(won.price);
    }
    let mean = |prices: &[u64]| prices.iter().sum::<u64>() as f64 / prices.len() as f64;
    let row = |((category, start), prices): ((u64, i64), Vec<u64>)| {
        format!("{category} {start} {:.3}", mean(&prices))
    };
    prices.into_iter().map(row).collect()
}

/// A seller's prices: those whose turn has not come, and the last ten.
#[thalweg::record]
#[derive(Default)]
struct Prices {
    waiting: Vec<(i64, u64, u64)>,
    last: Vec<u64>,
}

/// The mean of each seller's last ten prices, after each sale, in order of time.
#[pipeline]
pub fn q6() {
    let events = source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)));
    winning(events)
        .key_by(|won| won.seller)
        .process(Prices::default)
        .on_event(|prices, won, cx| {
            prices.waiting.push((won.expires, won.auction, won.price));
            cx.timer_at(Timestamp(won.expires));
        })
        .on_timer(|prices, at, cx| {
            prices.waiting.sort_unstable();
            while let Some(&(expires, _, price)) = prices.waiting.first() {
                if expires > at.0 {
                    break;
                }
                prices.waiting.remove(0);
                prices.last.push(price);
                let from = prices.last.len().saturating_sub(10);
                prices.last.drain(..from);
                let mean = prices.last.iter().sum::<u64>() as f64 / prices.last.len() as f64;
                cx.emit((cx.key(), expires, mean));
            }
        })
        .map(|(seller, expires, mean)| format!("{seller} {expires} {mean:.3}"))
        .sink(ROWS.sink());
}

fn expected_q6(events: &[Event]) -> Vec<String> {
    let mut sales = winners(events);
    sales.sort_by_key(|won| (won.seller, won.expires, won.auction));
    let mut rows = Vec::new();
    for seller in sales.chunk_by(|a, b| a.seller == b.seller) {
        for (index, won) in seller.iter().enumerate() {
            let last = &seller[(index + 1).saturating_sub(10)..=index];
            let mean = last.iter().map(|won| won.price).sum::<u64>() as f64 / last.len() as f64;
            rows.push(format!("{} {} {mean:.3}", won.seller, won.expires));
        }
    }
    rows
}

/// An auction of category 10, and the bids that came before it.
#[thalweg::record]
#[derive(Default)]
struct Expanded {
    auction: Option<(String, u64, i64)>,
    waiting: Vec<(u64, u64)>,
}

/// Each bid with its auction, of category 10. Either may come first; what is kept goes after a minute.
#[pipeline]
pub fn q20() {
    source(events())
        .filter_map(of_auction)
        .key_by(|(auction, _)| auction)
        .process(Expanded::default)
        .on_event(|kept, (id, event), cx| match event {
            EventRef::Auction(a) if a.category == 10 => {
                for (bidder, price) in kept.waiting.drain(..) {
                    cx.emit((id, bidder, price, a.item_name, a.seller, a.expires));
                }
                kept.auction = Some((a.item_name.to_owned(), a.seller, a.expires));
            }
            EventRef::Bid(b) => match &kept.auction {
                Some((item, seller, expires)) => {
                    cx.emit((id, b.bidder, b.price, item.as_str(), *seller, *expires));
                }
                None => kept.waiting.push((b.bidder, b.price)),
            },
            _ => {}
        })
        .map(|(id, bidder, price, item, seller, expires)| {
            format!("{id} {bidder} {price} {item} {seller} {expires}")
        })
        .sink(ROWS.sink());
}

fn expected_q20(events: &[Event]) -> Vec<String> {
    let known: BTreeMap<u64, &Auction> =
        auctions(events).filter(|a| a.category == 10).map(|a| (a.id, a)).collect();
    let row = |b: &Bid| {
        let a = known.get(&b.auction)?;
        Some(format!(
            "{} {} {} {} {} {}",
            b.auction, b.bidder, b.price, a.item_name, a.seller, a.expires
        ))
    };
    bids(events).filter_map(row).collect()
}
