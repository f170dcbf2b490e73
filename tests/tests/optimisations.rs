//! What the compiler does to a pipeline never changes its answer.
//!
//! Every pipeline of the corpus is compiled with field pruning and pre-aggregation on and off, and fed random records:
//! all must write the same rows at the same event times. Every stateless operator's closure is compiled with and
//! without an exchange before it.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.
#![allow(clippy::let_and_return, clippy::redundant_closure)] // The closures are the corpus.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use thalweg::connector::{Replay, Sink, callback, replay};
use thalweg::job::{Definition, Job};
use thalweg::operator::{Aggregate, Combine, Overflow};
use thalweg::prelude::*;
use thalweg::record::View;

#[record]
struct Place {
    name: String,
    floor: i32,
}

#[record]
struct Bid {
    auction: u64,
    price: u64,
    change: i32,
    weight: f64,
    channel: String,
    note: Option<String>,
    place: Place,
    tags: Vec<String>,
    at: Timestamp,
}

impl BidRef<'_> {
    fn is_large(self) -> bool {
        self.price > 50
    }
    fn cost(self, factor: u64) -> u64 {
        self.price * factor
    }
}

fn price_of(bid: BidRef<'_>) -> u64 {
    bid.price
}

/// What all pipelines read and write; one runs at a time.
static INPUT: Mutex<Vec<Bid>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<Vec<String>> = Mutex::new(Vec::new());
static RUNNING: Mutex<()> = Mutex::new(());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Read by one task, so that the order is kept.
fn in_order() -> impl thalweg::connector::Source<Record = Bid> {
    collection(lock(&INPUT).clone())
}

/// Read by all tasks.
fn in_parallel() -> Replay<Bid> {
    replay(Arc::<[Bid]>::from(lock(&INPUT).clone()))
}

/// Writes down every record with its event time.
fn out<T: Record>(name: &'static str) -> impl Sink<T>
where
    for<'a> T::View<'a>: std::fmt::Debug,
{
    callback::<T, (), _, _>(
        |_| (),
        move |_, time, view| lock(&OUTPUT).push(format!("{name} at {}: {view:?}", time.0)),
    )
}

fn run(pipeline: fn() -> Definition, parallelism: usize) -> Vec<String> {
    lock(&OUTPUT).clear();
    Job::new(pipeline).parallelism(parallelism).run().unwrap();
    let mut rows = std::mem::take(&mut *lock(&OUTPUT));
    rows.sort();
    rows
}

prop_compose! {
    fn bids()(
        auction in 0u64..4,
        price in 0u64..100,
        change in -5i32..5,
        weight in -1e9f64..1e9,
        channel in "[ab]{0,2}",
        note in proptest::option::of("[x-z ]{0,3}"),
        name in "[kl]",
        floor in 0i32..3,
        tags in vec("[t-v]", 0..3),
        step in 0i64..400,
    ) -> (Bid, i64) {
        let place = Place { name, floor };
        (Bid { auction, price, change, weight, channel, note, place, tags, at: Timestamp(0) }, step)
    }
}

/// Bids in order of time, over several windows of a second, some of them before the epoch.
fn inputs() -> impl Strategy<Value = Vec<Bid>> {
    vec(bids(), 0..60).prop_map(|bids| {
        let mut at = -1500;
        let timed = bids.into_iter().map(|(bid, step)| {
            at += step;
            Bid { at: Timestamp(at), ..bid }
        });
        timed.collect()
    })
}

/// All pipelines answer alike, at any parallelism.
fn assert_alike(pipelines: &[fn() -> Definition]) {
    let _alone = lock(&RUNNING);
    let config = Config { cases: 12, failure_persistence: None, ..Config::default() };
    let wrote = Cell::new(false);
    TestRunner::new(config)
        .run(&inputs(), |input| {
            *lock(&INPUT) = input;
            let expected = run(pipelines[0], 1);
            wrote.set(wrote.get() || !expected.is_empty());
            for (index, pipeline) in pipelines.iter().enumerate() {
                for parallelism in 1..=3 {
                    let rows = run(*pipeline, parallelism);
                    prop_assert_eq!(
                        &rows,
                        &expected,
                        "variant {} at parallelism {}",
                        index,
                        parallelism
                    );
                }
            }
            Ok(())
        })
        .unwrap();
    assert!(wrote.get(), "no input led to any output");
}

/// A pipeline over timed bids, four times.
macro_rules! optimised {
    ($name:ident, $source:ident, $bids:ident => $body:tt) => {
        optimised!(@emit $name, $bids, {
            let $bids = source($source()).event_time(|b| b.at).watermarks(monotonic());
            $body
        });
    };
    (@emit $name:ident, $bids:ident, { let $b:ident = $head:expr; { $($body:tt)* } }) => {
        mod $name {
            use super::*;

            #[pipeline(prune = false, preaggregate = false)]
            fn neither() { let $b = $head; $($body)* }
            #[pipeline(prune = true, preaggregate = false)]
            fn pruned() { let $b = $head; $($body)* }
            #[pipeline(prune = false, preaggregate = true)]
            fn preaggregated() { let $b = $head; $($body)* }
            #[pipeline]
            fn both() { let $b = $head; $($body)* }

            #[test]
            fn on_and_off_are_alike() {
                assert_alike(&[neither, pruned, preaggregated, both]);
            }
        }
    };
}

/// Closures with and without an exchange before them.
macro_rules! anywhere {
    ($name:ident, $bids:ident => { $($body:tt)* }) => {
        mod $name {
            use super::*;

            #[pipeline]
            fn fused() { let $bids = source(in_parallel()); $($body)* }
            #[pipeline(prune = false)]
            fn whole() { let $bids = source(in_parallel()).rebalance(); $($body)* }
            #[pipeline]
            fn pruned() { let $bids = source(in_parallel()).rebalance(); $($body)* }

            #[test]
            fn an_exchange_before_a_closure_changes_nothing() {
                assert_alike(&[fused, whole, pruned]);
            }
        }
    };
}

optimised!(field_reads, in_parallel, bids => {
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.price).sink(out("sum"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).count().sink(out("count"));
    bids.key_by(|b| b.channel).window(tumbling(secs(1))).sum(|b| b.change).sink(out("signed"));
    bids.key_by(|b| b.place.floor).window(tumbling(secs(1))).max(|b| b.place.name).sink(out("nested"));
    bids.key_by(|b| b.place).window(tumbling(secs(1))).min(|b| b.note).sink(out("option"));
    bids.key_by(|b| b.note).window(tumbling(millis(700)).offset(millis(100))).avg(|b| b.price).sink(out("mean"));
    bids.key_by(|b| (b.auction, b.channel)).window(tumbling(secs(1))).sum(|b| b.tags.len() as u64).sink(out("len"));
    bids.key_by(|BidRef { auction, .. }| auction).window(tumbling(secs(1))).sum(|BidRef { price: p, change, .. }| p + change.unsigned_abs() as u64).sink(out("pattern"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).fold(0u64, |n, BidRef { price, .. }| n.max(price)).sink(out("pattern in a fold"));
    bids.window_all(tumbling(secs(1))).max(|b| (b.price, b.channel)).sink(out("all"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).wrapping_sum(|b| b.price << 60).sink(out("wrapping"));
});

optimised!(whole_records, in_order, bids => {
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.cost(2)).sink(out("method"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|BidRef { price, change, .. }| price + change.unsigned_abs() as u64).sink(out("pattern"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| { let b = b.price; b }).sink(out("rebound"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).min(|b| format!("{b:?}")).sink(out("named in a literal"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).min(|b| format!("{}", b.price)).sink(out("macro"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(price_of).sink(out("path"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.tags.iter().filter(|b| b.len() as u64 == 1).count() as u64).sink(out("shadowed inside"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.tags.iter().map(|t| t.len() as u64 + b.price).sum::<u64>()).sink(out("nested closure"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).max(|b: BidRef<'_>| b.price).sink(out("typed"));
    bids.key_by(|b| format!("{}{}", b.channel, b.auction)).window(tumbling(secs(1))).count().sink(out("made key"));
    bids.key_by(BidRef::is_large).window(tumbling(secs(1))).max(|b| b.at).sink(out("key by path"));
});

optimised!(order_matters, in_order, bids => {
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.weight).sink(out("float sum"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).avg(|b| b.weight).sink(out("float mean"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).min(|b| b.weight).sink(out("float min"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).first().sink(out("first"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).last().sink(out("last"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).to_vec().sink(out("vec"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).max_by(|b| b.channel).sink(out("max by"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).min_by(|b| b.note).map(|w| w.value.price).sink(out("min by"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).top(2, |b| b.price).sink(out("top"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).count_distinct(|b| b.channel).sink(out("distinct"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).approx_count_distinct(|b| b.channel).sink(out("about"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).quantile(0.9, |b| b.weight).sink(out("quantile"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).fold(String::new(), |mut all, b| { all.push_str(b.channel); all }).sink(out("fold"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).reduce(|a, b| BidRef { price: a.price + b.price, ..b }).sink(out("reduce"));
});

#[rustfmt::skip]
optimised!(elements, in_order, bids => {
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).trigger(trigger::count(2)).sum(|b| b.price).sink(out("triggered"));
    bids.key_by(|b| b.channel).window(tumbling_count(3)).max(|b| b.price).sink(out("counted"));
    bids.key_by(|b| b.auction).window(sliding_count(3, 2)).reduce(|a, b| if a.price < b.price { b } else { a }).sink(out("slid"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).evictor(evictor::count(2)).aggregate(|w| (w.key(), w.count(), w.min(|b| b.channel))).sink(out("evicted"));
    bids.key_by(|b| b.auction).window(global_window()).delta_trigger(20, |old, new| new.change - old.change).purging().apply(|w, bids, out| out.emit((w.key(), bids.iter().map(|b| b.price).sum::<u64>()))).sink(out("far"));
    bids.key_by(|b| b.note).window(session(millis(300))).apply(|w, bids, out| bids.iter().for_each(|b| out.emit((w.window().start, b.channel)))).sink(out("applied"));
});

optimised!(running, in_order, bids => {
    bids.key_by(|b| b.auction).sum(|b| b.price).sink(out("sum"));
    bids.key_by(|b| b.channel).count().sink(out("count"));
    bids.key_by(|b| b.auction).avg(|b| b.weight).sink(out("mean"));
    bids.key_by(|b| b.auction).last().sink(out("last"));
    bids.key_by(|b| b.auction).reduce(|a, b| if b.is_large() { b } else { a }).sink(out("reduce"));
    bids.key_by(|b| b.auction).fold(0u64, |n, b| n * 3 % 1000 + b.price).sink(out("fold"));
    bids.key_by(|b| b.auction).aggregate(|w| (w.key(), w.max(|b| b.price) - w.min(|b| b.price), w.count())).sink(out("several"));
    bids.key_by(|b| b.auction).filter(|b| b.price > 30).map(|b| b.channel).sink(out("forgotten key"));
});

/// The share of prices above a limit.
#[derive(Clone, Copy)]
struct Share {
    above: u64,
}

impl Aggregate for Share {
    type In = u64;
    type Acc = (u64, u64);
    type Out<'a> = f64;
    fn add(&self, acc: &mut (u64, u64), price: u64) -> Result<(), Overflow> {
        acc.0 += u64::from(price > self.above);
        acc.1 += 1;
        Ok(())
    }
    fn merge(&self, acc: &mut (u64, u64), other: View<'_, (u64, u64)>) -> Result<(), Overflow> {
        acc.0 += other.0;
        acc.1 += other.1;
        Ok(())
    }
    fn finish(&self, acc: &(u64, u64)) -> f64 {
        acc.0 as f64 / acc.1 as f64
    }
}

impl Combine for Share {}

/// The greatest rise from one price to the next, which depends on the order: not to be combined.
#[derive(Clone, Copy)]
struct Rise;

impl Aggregate for Rise {
    type In = u64;
    /// The first and the last price, and the rise between.
    type Acc = (Option<(u64, u64)>, u64);
    type Out<'a> = u64;
    fn add(&self, acc: &mut Self::Acc, price: u64) -> Result<(), Overflow> {
        self.merge(acc, (Some((price, price)), 0))
    }
    fn merge(&self, acc: &mut Self::Acc, behind: View<'_, Self::Acc>) -> Result<(), Overflow> {
        acc.1 = acc.1.max(behind.1);
        acc.0 = match (acc.0, behind.0) {
            (Some((first, before)), Some((after, last))) => {
                acc.1 = acc.1.max(after.saturating_sub(before));
                Some((first, last))
            }
            (before, after) => before.or(after),
        };
        Ok(())
    }
    fn finish(&self, acc: &Self::Acc) -> u64 {
        acc.1
    }
}

optimised!(expressions, in_order, bids => {
    bids.key_by(|b| b.auction)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.window().start, w.count(), w.sum(|b| b.price) / w.count()))
        .sink(out("combined"));
    bids.key_by(|b| b.auction)
        .window(tumbling(secs(1)))
        .aggregate(|w| {
            let spread = w.max(|b| b.price) - w.min(|b| b.price);
            (w.key(), if spread > 50 { "wild" } else { "calm" }, w.max(|b| b.channel))
        })
        .sink(out("statements"));
    bids.key_by(|b| b.channel)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.count(), w.sum(|b| b.weight), w.last().place))
        .sink(out("mixed"));
    bids.key_by(|b| b.channel)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.with(Share { above: 50 }, |b| b.price), w.count()))
        .sink(out("own, marked"));
    bids.key_by(|b| b.channel)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.with(Rise, |b| b.price), w.count()))
        .sink(out("own, not marked"));
});

optimised!(chains_of_exchanges, in_parallel, bids => {
    bids.rebalance().map(|b| b.price).parallelism(2).sink(out("own parallelism"));
    bids.rebalance().filter(|b| b.price > 20).key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.change).sink(out("twice"));
    bids.key_by(|b| b.channel)
        .filter(|b| b.price > 20)
        .inspect(|b| assert!(b.price > 20))
        .key_by(|b| b.auction)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.count(), w.max(|b| b.note)))
        .sink(out("behind another key"));
    bids.global().filter(|b| b.note.is_some()).map(|b| (b.note, b.place.name, b.price)).sink(out("global"));
    bids.rebalance().filter_map(|b| b.note).map(|note| note.trim()).key_by(|note| note).window(tumbling(secs(1))).count().sink(out("views"));
    bids.rebalance().flat_map(|b| b.tags).key_by(|tag| tag).window(tumbling(secs(1))).count().sink(out("flattened"));
    bids.map(|b| (b.auction, b.channel)).rebalance().filter(|(auction, _)| auction % 2 == 0).map(|(_, channel)| channel).sink(out("tuples"));
    bids.map(|b| (b.auction, b.channel)).rebalance().map(|b| b.1).sink(out("tuple fields"));
    let large = bids.rebalance().filter(|b| b.price > 50);
    large.map(|b| b.channel).sink(out("one reader"));
    large.map(|b| b.place.floor).sink(out("another reader"));
    let (even, odd) = bids.rebalance().partition(|b| b.auction % 2 == 0);
    even.map(|b| b.price).sink(out("even"));
    odd.map(|b| b.change).sink(out("odd"));
    bids.rebalance().map(|_| 1u64).key_by(|n| n).window(tumbling(secs(1))).count().sink(out("nothing"));
    bids.key_by(|b| b.auction).window(tumbling(secs(1))).count().key_by(|w| w.window.start).window(tumbling(secs(1))).max(|w| w.value).sink(out("window behind window"));
    bids.rebalance().event_time(|b| b.at).watermarks(bounded(hours(1))).key_by(|b| b.auction).window(tumbling(secs(1))).sum(|b| b.price).sink(out("time behind an exchange"));
    bids.map(|b| BidWith { auction: b.price, price: 1, change: b.change, weight: b.weight, channel: "made", note: b.note, place: b.place, tags: b.tags, at: b.at })
        .key_by(|b| b.auction)
        .window(tumbling(secs(1)))
        .aggregate(|w| (w.key(), w.max(|b| b.channel), w.sum(|b| b.price)))
        .sink(out("made on the way"));
});

anywhere!(maps, bids => {
    bids.map(|b| b.price).sink(out("field"));
    bids.map(|b| b).sink(out("itself"));
    bids.map(|b| b.into_owned()).sink(out("owned"));
    bids.map(|b| b.cost(3)).sink(out("method"));
    bids.map(|BidRef { auction, channel, .. }| (auction, channel)).sink(out("pattern"));
    bids.map(|b| format!("{b:?}")).sink(out("macro"));
    bids.map(|b| format!("{}", b.price)).sink(out("macro of a field"));
    bids.map(price_of).sink(out("path"));
    bids.map(|b| b.note.map(str::len).unwrap_or_default() as u64).sink(out("option"));
    bids.map(|b| BidRef { price: b.price + 1, ..b }).filter(|b| b.is_large()).sink(out("changed"));
    bids.map(|b| { let b = b.place; b.name }).sink(out("rebound"));
    bids.map(|b| b.tags.iter().map(move |tag| format!("{tag}{}", b.price)).collect::<Vec<_>>()).sink(out("inner closure"));
    bids.map(|b| match b.note { Some(b) => b.len() as u64, None => b.price }).sink(out("match"));
    bids.map(|b| (b.price..b.price + 2).sum::<u64>()).sink(out("range"));
    bids.map(|b| if b.weight < 0.0 { -b.weight } else { b.weight }).sink(out("float"));
});

anywhere!(filters, bids => {
    bids.filter(|b| b.price > 30).sink(out("whole behind"));
    bids.filter(|b| b.price > 30).map(|b| b.channel).sink(out("fields behind"));
    bids.filter(BidRef::is_large).map(|b| b.auction).sink(out("path"));
    bids.filter_map(|b| b.note).sink(out("filter map"));
    bids.filter_map(|b| (b.price > 30).then_some((b.auction, b.place))).sink(out("some"));
    bids.inspect(|b| assert!(b.price < 100)).map(|b| b.change).sink(out("inspect"));
    bids.flat_map(|b| b.tags).sink(out("flat map"));
    bids.flat_map(|b| (0..b.price % 3).map(move |i| (i, b.channel))).sink(out("iterator"));
    bids.flat_map(|b| [b.price, b.auction]).sink(out("array"));
    let (large, small) = bids.partition(|b| b.is_large());
    large.map(|b| b.channel).union(small.map(|b| b.place.name)).sink(out("partition"));
});

anywhere!(fallible_and_owned, bids => {
    let bad = side();
    bids.try_map(|b| b.note.ok_or("no note")).errors_to(bad).sink(out("note"));
    bad.map(|failed| format!("{}: {}", failed.record.price, failed.error)).sink(out("bad"));
    bids.try_filter_map(|b| if b.price > 90 { Err("dear") } else { Ok((b.price > 30).then_some(b.channel)) }).or_skip().sink(out("skipped"));
    bids.try_flat_map(|b| b.channel.split_once('a').map(|(a, b)| [a, b]).ok_or("no a")).or_skip().sink(out("parts"));
    bids.owned().map(|mut b| { b.channel.push('!'); b.channel }).sink(out("owned"));
    bids.filter(|b| b.price > 3).owned().filter_map(|b| b.note).sink(out("owned behind a filter"));
    bids.owned().try_map(|b| if b.price > 30 { Ok(b.tags) } else { Err("cheap") }).or_skip().sink(out("owned, fallible"));
});

/// What process functions keep.
#[record]
#[derive(Default)]
struct Kept {
    n: u64,
    best: u64,
    floors: i64,
}

optimised!(process_functions, in_order, bids => {
    bids.key_by(|b| b.auction)
        .process(Kept::default)
        .on_event(|kept, b, cx| {
            kept.n += 1;
            if b.price > kept.best {
                kept.best = b.price;
                cx.emit((cx.key(), kept.n, b.channel, b.note));
            }
            cx.timer_at(b.at);
        })
        .on_timer(|_, at, cx| cx.emit((cx.key(), 0u64, "timer", Some(if at.0 % 2 == 0 { "" } else { "odd" }))))
        .ttl(event_time(secs(1)))
        .sink(out("fields"));
    bids.key_by(|b| b.channel)
        .process(Kept::default)
        .on_event(|kept, BidRef { place, .. }, cx| {
            kept.floors += i64::from(place.floor);
            cx.emit((kept.floors, place.name));
        })
        .sink(out("taken apart"));
    bids.key_by(|b| b.auction).dedup().filter(|b| b.price > 20).map(|b| b.channel).sink(out("first"));
    bids.key_by(|b| b.auction)
        .connect(bids.key_by(|b| b.price))
        .process(Kept::default)
        .on_left(|kept, b, _| kept.n += b.price)
        .on_right(|kept, b, _| kept.floors += i64::from(b.change))
        .on_end(|kept, cx| cx.emit((cx.key(), kept.n, kept.floors)))
        .sink(out("connected"));
    bids.key_by(|b| b.auction)
        .connect(bids.filter(|b| b.price > 50).broadcast_by(|b| b.auction))
        .process(Kept::default)
        .on_event(|kept, b, _| kept.n += b.price)
        .on_end(|kept, cx| {
            if let Some(bid) = cx.broadcast().get(cx.key()) {
                cx.emit((cx.key(), kept.n, bid.channel, bid.price));
            }
        })
        .sink(out("told"));
});
