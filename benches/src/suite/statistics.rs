//! Queries that count and rank.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use thalweg::pipeline;
use thalweg::prelude::*;

use super::{Entry, ROWS, bid, bids, events};
use crate::nexmark::{Bid, Event};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "q15",
            pipeline: q15,
            expected: |events| statistics(events, |_| String::new()),
        },
        Entry {
            name: "q16",
            pipeline: q16,
            expected: |events| statistics(events, |b| format!("{} ", b.channel)),
        },
        Entry { name: "q17", pipeline: q17, expected: expected_q17 },
        Entry { name: "q18", pipeline: q18, expected: expected_q18 },
        Entry { name: "q19", pipeline: q19, expected: expected_q19 },
    ]
}

const DAY: i64 = 86_400_000;

fn day(date_time: i64) -> i64 {
    date_time.div_euclid(DAY) * DAY
}

/// Cheap, middling, dear.
fn rank(price: u64) -> usize {
    match price {
        ..10_000 => 0,
        10_000..1_000_000 => 1,
        _ => 2,
    }
}

/// Bids per day: in all and per rank of price, with how many bidders and auctions there were.
#[pipeline]
pub fn q15() {
    source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .window_all(tumbling(days(1)))
        .aggregate(|w| {
            (
                (w.window().start, w.count()),
                w.sum(|b| u64::from(rank(b.price) == 0)),
                w.sum(|b| u64::from(rank(b.price) == 1)),
                w.sum(|b| u64::from(rank(b.price) == 2)),
                w.count_distinct(|b| b.bidder),
                w.count_distinct(|b| b.auction),
            )
        })
        .map(|((start, n), cheap, middling, dear, bidders, auctions)| {
            format!("{} {n} {cheap} {middling} {dear} {bidders} {auctions}", start.0)
        })
        .sink(ROWS.sink());
}

/// The same per channel.
#[pipeline]
pub fn q16() {
    source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|b| b.channel)
        .window(tumbling(days(1)))
        .aggregate(|w| {
            (
                (w.key(), w.window().start, w.count()),
                w.sum(|b| u64::from(rank(b.price) == 0)),
                w.sum(|b| u64::from(rank(b.price) == 1)),
                w.sum(|b| u64::from(rank(b.price) == 2)),
                w.count_distinct(|b| b.bidder),
                w.count_distinct(|b| b.auction),
            )
        })
        .map(|((channel, start, n), cheap, middling, dear, bidders, auctions)| {
            format!("{channel} {} {n} {cheap} {middling} {dear} {bidders} {auctions}", start.0)
        })
        .sink(ROWS.sink());
}

fn statistics(events: &[Event], name: impl Fn(&Bid) -> String) -> Vec<String> {
    #[derive(Default)]
    struct Day {
        bids: u64,
        ranks: [u64; 3],
        bidders: BTreeSet<u64>,
        auctions: BTreeSet<u64>,
    }
    let mut days: BTreeMap<(String, i64), Day> = BTreeMap::new();
    for b in bids(events) {
        let kept = days.entry((name(b), day(b.date_time))).or_default();
        kept.bids += 1;
        kept.ranks[rank(b.price)] += 1;
        kept.bidders.insert(b.bidder);
        kept.auctions.insert(b.auction);
    }
    let row = |((name, start), kept): ((String, i64), Day)| {
        let [cheap, middling, dear] = kept.ranks;
        let (bidders, auctions) = (kept.bidders.len(), kept.auctions.len());
        format!("{name}{start} {} {cheap} {middling} {dear} {bidders} {auctions}", kept.bids)
    };
    days.into_iter().map(row).collect()
}

/// Each auction's bids per day: in all and per rank of price, the least, the greatest, the mean, the sum.
#[pipeline]
pub fn q17() {
    source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|b| b.auction)
        .window(tumbling(days(1)))
        .aggregate(|w| {
            (
                (w.key(), w.window().start, w.count()),
                w.sum(|b| u64::from(rank(b.price) == 0)),
                w.sum(|b| u64::from(rank(b.price) == 1)),
                w.sum(|b| u64::from(rank(b.price) == 2)),
                (w.min(|b| b.price), w.max(|b| b.price)),
                (w.avg(|b| b.price), w.sum(|b| b.price)),
            )
        })
        .map(|((auction, start, n), cheap, middling, dear, (least, greatest), (mean, sum))| {
            format!(
                "{auction} {} {n} {cheap} {middling} {dear} {least} {greatest} {mean:.3} {sum}",
                start.0
            )
        })
        .sink(ROWS.sink());
}

fn expected_q17(events: &[Event]) -> Vec<String> {
    let mut days: BTreeMap<(u64, i64), Vec<u64>> = BTreeMap::new();
    for b in bids(events) {
        days.entry((b.auction, day(b.date_time))).or_default().push(b.price);
    }
    let row = |((auction, start), prices): ((u64, i64), Vec<u64>)| {
        let of = |wanted| prices.iter().filter(|price| rank(**price) == wanted).count();
        let (n, sum) = (prices.len(), prices.iter().sum::<u64>());
        let (least, greatest) =
            (prices.iter().min().unwrap_or(&0), prices.iter().max().unwrap_or(&0));
        let mean = sum as f64 / n as f64;
        format!(
            "{auction} {start} {n} {} {} {} {least} {greatest} {mean:.3} {sum}",
            of(0),
            of(1),
            of(2)
        )
    };
    days.into_iter().map(row).collect()
}

/// What tells bids of one bidder on one auction apart: the later one is greater.
type Order = (i64, u64, String, String);

/// The last bid of each bidder on each auction, per day.
#[pipeline]
pub fn q18() {
    source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|b| (b.bidder, b.auction))
        .window(tumbling(days(1)))
        .max(|b| (b.date_time, b.price, b.channel, b.url))
        .map(|w| {
            let ((bidder, auction), (at, price, channel, url)) = (w.key, w.value);
            format!("{bidder} {auction} {at} {price} {channel} {url}")
        })
        .sink(ROWS.sink());
}

fn expected_q18(events: &[Event]) -> Vec<String> {
    let mut last: BTreeMap<(u64, u64, i64), Order> = BTreeMap::new();
    for b in bids(events) {
        let order = (b.date_time, b.price, b.channel.clone(), b.url.clone());
        let kept =
            last.entry((b.bidder, b.auction, day(b.date_time))).or_insert_with(|| order.clone());
        *kept = order.max(kept.clone());
    }
    let row = |((bidder, auction, _), (at, price, channel, url)): ((u64, u64, i64), Order)| {
        format!("{bidder} {auction} {at} {price} {channel} {url}")
    };
    last.into_iter().map(row).collect()
}

/// The ten highest bids on each auction, per day; of equals, the earlier.
#[pipeline]
pub fn q19() {
    source(events())
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|b| b.auction)
        .window(tumbling(days(1)))
        .top(10, |b| (b.price, Reverse(b.date_time), b.bidder))
        .flat_map(|w| {
            w.value.iter().enumerate().map(move |(place, b)| {
                format!("{} {} {} {} {}", w.key, place + 1, b.bidder, b.price, b.date_time)
            })
        })
        .sink(ROWS.sink());
}

/// Price, time and bidder of a bid: the better of two is the lesser.
type Ranked = (Reverse<u64>, i64, Reverse<u64>);

fn expected_q19(events: &[Event]) -> Vec<String> {
    let mut auctions: BTreeMap<(u64, i64), Vec<Ranked>> = BTreeMap::new();
    for b in bids(events) {
        let kept = auctions.entry((b.auction, day(b.date_time))).or_default();
        kept.push((Reverse(b.price), b.date_time, Reverse(b.bidder)));
    }
    let mut rows = Vec::new();
    for ((auction, _), mut kept) in auctions {
        kept.sort();
        for (place, (Reverse(price), at, Reverse(bidder))) in kept.into_iter().take(10).enumerate()
        {
            rows.push(format!("{auction} {} {bidder} {price} {at}", place + 1));
        }
    }
    rows
}

/// Bids per bidder in windows of the machine's clock.
#[pipeline]
pub fn q12() {
    source(events())
        .filter_map(bid)
        .processing_time()
        .key_by(|b| b.bidder)
        .window(tumbling(secs(10)))
        .count()
        .map(|w| format!("{} {}", w.key, w.value))
        .sink(ROWS.sink());
}
