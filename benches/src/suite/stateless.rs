//! Queries that look at one event at a time.

use std::collections::BTreeMap;

use thalweg::pipeline;
use thalweg::prelude::*;

use super::{Entry, ROWS, bid, bids, events};
use crate::nexmark::{Bid, Event};

pub(super) fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: "q10",
            pipeline: q10,
            expected: |events| {
                over_bids(events, |b| {
                    Some(logged(b.auction, b.bidder, b.price, b.date_time, &b.url))
                })
            },
        },
        Entry {
            name: "q13",
            pipeline: q13,
            expected: |events| {
                let table = side_table();
                over_bids(events, |b| {
                    table
                        .get(&(b.auction % 10_000))
                        .map(|value| format!("{} {} {value}", b.auction, b.bidder))
                })
            },
        },
        Entry {
            name: "q14",
            pipeline: q14,
            expected: |events| {
                over_bids(events, |b| {
                    let euros = b.price as f64 * 0.908;
                    (euros > 1_000_000.0 && euros < 50_000_000.0).then(|| {
                        let counted = b.url.matches('c').count() as u64;
                        format!(
                            "{} {} {euros:.2} {} {counted}",
                            b.auction,
                            b.bidder,
                            part_of_day(b.date_time)
                        )
                    })
                })
            },
        },
        Entry {
            name: "q21",
            pipeline: q21,
            expected: |events| {
                over_bids(events, |b| {
                    channel_id(&b.channel, &b.url)
                        .map(|id| format!("{} {} {id}", b.auction, b.bidder))
                })
            },
        },
        Entry {
            name: "q22",
            pipeline: q22,
            expected: |events| {
                over_bids(events, |b| {
                    let [_, _, host, first] = directories(&b.url);
                    Some(format!("{} {host} {first}", b.auction))
                })
            },
        },
    ]
}

fn over_bids(events: &[Event], row: impl Fn(&Bid) -> Option<String>) -> Vec<String> {
    bids(events).filter_map(row).collect()
}

fn logged(auction: u64, bidder: u64, price: u64, date_time: i64, url: &str) -> String {
    let at = Timestamp(date_time).to_string();
    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
    format!("{auction},{bidder},{price},{url},{day},{}", time.get(..5).unwrap_or(time))
}

/// Logs every bid with its day and minute: here as rows, of which a sink of files makes a line each.
#[pipeline]
pub fn q10() {
    source(events())
        .filter_map(bid)
        .map(|b| logged(b.auction, b.bidder, b.price, b.date_time, b.url))
        .sink(ROWS.sink());
}

/// A bounded table to look things up in: every third number has a value.
fn side_table() -> BTreeMap<u64, String> {
    (0..10_000).step_by(3).map(|key| (key, format!("value {key}"))).collect()
}

/// Puts the value of a table beside each bid that has one.
#[pipeline]
pub fn q13() {
    let table = resource(|| Ok::<_, std::convert::Infallible>(side_table()));
    source(events())
        .filter_map(bid)
        .filter_map(move |b| {
            table
                .get(&(b.auction % 10_000))
                .map(|value| format!("{} {} {value}", b.auction, b.bidder))
        })
        .sink(ROWS.sink());
}

fn part_of_day(date_time: i64) -> &'static str {
    match date_time.div_euclid(3_600_000).rem_euclid(24) {
        8..=18 => "day",
        6 | 20.. => "night",
        _ => "other",
    }
}

/// Bids of some size in another currency, with the part of the day and how often a letter comes.
#[pipeline]
pub fn q14() {
    source(events())
        .filter_map(bid)
        .map(|b| (b, b.price as f64 * 0.908))
        .filter(|(_, euros)| euros > 1_000_000.0 && euros < 50_000_000.0)
        .map(|(b, euros)| {
            let counted = b.url.bytes().filter(|byte| *byte == b'c').count() as u64;
            format!("{} {} {euros:.2} {} {counted}", b.auction, b.bidder, part_of_day(b.date_time))
        })
        .sink(ROWS.sink());
}

/// Some channels have an id of their own, the others that in their address, if there is any.
fn channel_id(channel: &str, url: &str) -> Option<String> {
    match channel {
        "chan0000" => Some("0".to_owned()),
        "chan0001" => Some("1".to_owned()),
        _ => url.split_once("q=").map(|(_, id)| id.to_owned()).filter(|id| !id.ends_with('7')),
    }
}

/// Adds the channel's id to each bid that has one.
#[pipeline]
pub fn q21() {
    source(events())
        .filter_map(bid)
        .filter_map(|b| channel_id(b.channel, b.url).map(|id| (b.auction, b.bidder, id)))
        .map(|(auction, bidder, id)| format!("{auction} {bidder} {id}"))
        .sink(ROWS.sink());
}

/// The first four parts of an address.
fn directories(url: &str) -> [&str; 4] {
    let mut parts = url.split('/');
    std::array::from_fn(|_| parts.next().unwrap_or(""))
}

/// The parts of each bid's address.
#[pipeline]
pub fn q22() {
    source(events())
        .filter_map(bid)
        .map(|b| {
            let [_, _, host, first] = directories(b.url);
            (b.auction, host, first)
        })
        .map(|(auction, host, first)| format!("{auction} {host} {first}"))
        .sink(ROWS.sink());
}
