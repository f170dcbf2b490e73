use std::collections::BTreeMap;

use super::{entries, rows, statistics};
use crate::nexmark::{Event, Input, Query};

const EVENTS: u64 = 200_000;

fn input(seed: u64) -> &'static [Event] {
    Input::materialise(Query::Q0, seed, EVENTS).events()
}

#[test]
fn every_query_answers_as_plain_code_does() {
    let events = input(42);
    for entry in entries() {
        let mut expected = (entry.expected)(events);
        expected.sort_unstable();
        assert!(!expected.is_empty(), "{} has no rows", entry.name);
        for parallelism in [1, 3] {
            let rows = rows(entry.pipeline, events, parallelism).unwrap();
            let first = rows.iter().zip(&expected).find(|(row, expected)| row != expected);
            assert!(
                rows == expected,
                "{} at {parallelism}: {} rows for {}, {first:?}",
                entry.name,
                rows.len(),
                expected.len()
            );
        }
    }
}

#[test]
fn windows_of_processing_time_hold_every_bid_once() {
    let events = input(7);
    let mut expected: BTreeMap<u64, u64> = BTreeMap::new();
    for event in events {
        if let Event::Bid(bid) = event {
            *expected.entry(bid.bidder).or_default() += 1;
        }
    }
    let mut counted: BTreeMap<u64, u64> = BTreeMap::new();
    for row in rows(statistics::q12, events, 2).unwrap() {
        let (bidder, n) = row.split_once(' ').unwrap();
        *counted.entry(bidder.parse().unwrap()).or_default() += n.parse::<u64>().unwrap();
    }
    assert_eq!(counted, expected);
}
