//! What an exchange costs, beside the same by hand, by turns.
//!
//! ```text
//! cargo run --profile fast -p thalweg-bench --bin exchange -- [events] [rounds]
//! ```

use std::sync::Arc;
use std::time::Instant;

use thalweg_bench::exchange::{Answer, none, pruned, whole, whole_by_hand};
use thalweg_bench::figures::Figures;
use thalweg_bench::nexmark::{Bid, Input, Query};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let events = arguments.next().unwrap_or(4_000_000);
    let rounds = arguments.next().unwrap_or(9);
    // A thousand auctions: their totals stay in the first caches, which leaves the exchange to be measured.
    let few = |bid: &Bid| Bid { auction: bid.auction % 1000, ..bid.clone() };
    let bids: Arc<[Bid]> =
        Input::materialise(Query::Kcb, 42, events).bids().iter().map(few).collect();
    println!("{events} bids, {rounds} rounds; ns per bid, median (spread)\n");
    let mut sides: [Vec<f64>; 4] = Default::default();
    for _ in 0..rounds {
        let mut time = |side: usize, work: &dyn Fn() -> Answer| -> Answer {
            let start = Instant::now();
            let answer = work();
            sides[side].push(start.elapsed().as_nanos() as f64 / events as f64);
            answer
        };
        assert_eq!(time(0, &|| whole_by_hand(&bids)), time(1, &|| whole(&bids)));
        assert_eq!(time(2, &|| none(&bids)), time(3, &|| pruned(&bids)));
    }
    let [by_hand, thalweg, none, pruned] = &sides;
    let each = |of: fn(f64, f64) -> f64, a: &[f64], b: &[f64]| {
        Figures::new(a.iter().zip(b).map(|(a, b)| of(*a, *b)).collect()).cell()
    };
    let row = |name: &str, figures: String| println!("| {name} | {figures} |");
    row("whole bid, by hand", Figures::new(by_hand.clone()).cell());
    row("whole bid", Figures::new(thalweg.clone()).cell());
    row("whole bid / by hand", each(|a, b| a / b, thalweg, by_hand));
    row("pair, no exchange", Figures::new(none.clone()).cell());
    row("pair", Figures::new(pruned.clone()).cell());
    row("what the exchange adds to the pair", each(|a, b| a - b, pruned, none));
}
