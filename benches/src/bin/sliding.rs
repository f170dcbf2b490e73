//! What overlapping windows cost beside tumbling ones of the same size: counts per key over the bids of Nexmark, the same
//! memory and the same process, by turns.
//!
//! ```text
//! cargo run --profile fast -p thalweg-bench --bin sliding -- [millions of events]
//! ```
//!
//! A window of a minute that slides by a second fires each key sixty times: beside the time per record, the rows that
//! were fired per event are told. Where every event is followed by several of them, they are what is measured.
//!
//! Medians, 2 M events, a quiet machine of two cores, 2026-11:
//!
//! | keys | 10 s / 2 s beside tumbling 10 s | 60 s / 1 s beside tumbling 60 s | rows per event |
//! |---|---|---|---|
//! | 100 | 1.04 | 1.20 | 0.01, 0.01 |
//! | 1 000 | 1.50 | 2.45 | 0.05, 0.13 |
//! | auctions | 1.20 | 3.17: rows | 0.32, 3.65 |

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use thalweg::connector::{Sink, callback, replay};
use thalweg::job::Definition;
use thalweg::pipeline;
use thalweg::plan::Plan;
use thalweg::prelude::*;
use thalweg::task::{Control, Options, run};
use thalweg_bench::figures::Figures;
use thalweg_bench::nexmark::{BidRef, Event, EventRef, Input, Query};

const SEED: u64 = 42;
const ROUNDS: usize = 7;

static INPUT: OnceLock<Input> = OnceLock::new();
/// Auctions are counted modulo this number.
static KEYS: AtomicU64 = AtomicU64::new(1);
/// Rows that the run under way fired.
static ROWS: AtomicU64 = AtomicU64::new(0);

fn events() -> &'static [Event] {
    INPUT.get().expect("it is made first").events()
}

fn bid(event: EventRef<'_>) -> Option<BidRef<'_>> {
    match event {
        EventRef::Bid(bid) => Some(bid),
        _ => None,
    }
}

fn key(auction: u64) -> u64 {
    auction % KEYS.load(Relaxed)
}

/// Reads the rows and counts them.
fn rows() -> impl Sink<u64> {
    let add = |(rows, sum): &mut (u64, u64), _: Timestamp, value: u64| {
        *rows += 1;
        *sum ^= value;
    };
    callback::<u64, _, _, _>(|_| (0u64, 0u64), add).on_finish(|(rows, sum)| {
        ROWS.fetch_add(rows, Relaxed);
        black_box(sum);
    })
}

#[pipeline]
fn tumbling_10() {
    source(replay(events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|bid| key(bid.auction))
        .window(tumbling(secs(10)))
        .count()
        .map(|count| count.key ^ count.value)
        .sink(rows());
}

#[pipeline]
fn sliding_10_2() {
    source(replay(events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|bid| key(bid.auction))
        .window(sliding(secs(10), secs(2)))
        .count()
        .map(|count| count.key ^ count.value)
        .sink(rows());
}

#[pipeline]
fn tumbling_60() {
    source(replay(events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|bid| key(bid.auction))
        .window(tumbling(secs(60)))
        .count()
        .map(|count| count.key ^ count.value)
        .sink(rows());
}

#[pipeline]
fn sliding_60_1() {
    source(replay(events()))
        .event_time(|event| Timestamp(event.date_time()))
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .key_by(|bid| key(bid.auction))
        .window(sliding(secs(60), secs(1)))
        .count()
        .map(|count| count.key ^ count.value)
        .sink(rows());
}

type Job = fn() -> Definition;

/// Nanoseconds and rows per event.
fn time(pipeline: Job) -> (f64, f64) {
    ROWS.store(0, Relaxed);
    let mut plan = Plan::default();
    (pipeline().build)(&mut plan, &mut Default::default()).expect("no arguments are needed");
    let options = Options { pin: true, ..Options::default() };
    let start = Instant::now();
    run(plan, &options, &Control::default()).expect("the pipeline runs");
    let (took, events) = (start.elapsed().as_nanos() as f64, events().len() as f64);
    (took / events, ROWS.load(Relaxed) as f64 / events)
}

fn main() {
    let millions = std::env::args().nth(1).map_or(2, |n| n.parse().expect("a number of millions"));
    INPUT.get_or_init(|| Input::materialise(Query::Q5, SEED, millions * 1_000_000));
    println!(
        "| keys | windows | ns per event | rows per event | beside tumbling |\n|---|---|---|---|---|"
    );
    let pairs: [(&str, Job, Job); 2] =
        [("10 s / 2 s", tumbling_10, sliding_10_2), ("60 s / 1 s", tumbling_60, sliding_60_1)];
    for keys in [100, 1_000, u64::MAX] {
        KEYS.store(keys, Relaxed);
        for (name, tumbling, sliding) in pairs {
            let (mut alone, mut overlapping, mut ratios, mut fired) = (vec![], vec![], vec![], 0.0);
            for round in 0..=ROUNDS {
                let (base, _) = time(tumbling);
                let (slid, rows) = time(sliding);
                fired = rows;
                if round > 0 {
                    alone.push(base);
                    overlapping.push(slid);
                    ratios.push(slid / base);
                }
            }
            let keys = if keys == u64::MAX { "auctions".to_owned() } else { keys.to_string() };
            let cells = [alone, overlapping, ratios].map(|side| Figures::new(side).cell());
            println!("| {keys} | tumbling | {} | | |", cells[0]);
            println!("| {keys} | {name} | {} | {fired:.2} | {} |", cells[1], cells[2]);
        }
    }
}
