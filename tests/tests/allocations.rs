//! No allocation per record: a run over four times as many records allocates no more, but for a few per batch at most.
#![allow(unsafe_code)] // Counts what the global allocator is asked for.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use thalweg::connector::{Replay, Sink, callback, replay};
use thalweg::job::{Definition, Job};
use thalweg::prelude::*;

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: hands every call on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[record]
struct Bid {
    auction: u64,
    price: u64,
    channel: String,
    date_time: Timestamp,
}

#[record]
struct Person {
    name: String,
    date_time: Timestamp,
}

#[record]
enum Event {
    Person(Person),
    Bid(Bid),
}

impl EventRef<'_> {
    fn date_time(self) -> Timestamp {
        match self {
            EventRef::Person(person) => person.date_time,
            EventRef::Bid(bid) => bid.date_time,
        }
    }
}

fn bid(event: EventRef<'_>) -> Option<BidRef<'_>> {
    match event {
        EventRef::Bid(bid) => Some(bid),
        EventRef::Person(_) => None,
    }
}

/// Records of one lap.
const LAP: u64 = 10_000;
/// A window's records.
const WINDOW: u64 = 10_000;
const KEYS: u64 = 100;
/// Batches of a channel at most: in its ring, being written, being read.
const BATCHES: u64 = 8 + 2;
/// An arena and three columns, each grown a few times if the batch is the first of its port.
const ALLOCATIONS_PER_BATCH: u64 = 12;

static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let event = |i| {
        let date_time = Timestamp(i as i64);
        match i % 50 {
            0 => Event::Person(Person { name: format!("person-{i}"), date_time }),
            _ => Event::Bid(Bid {
                auction: i % KEYS,
                price: i * 7919 % 1000,
                channel: format!("channel-{}", i % 17),
                date_time,
            }),
        }
    };
    (0..LAP).map(event).collect()
});
static LAPS: AtomicU64 = AtomicU64::new(0);
/// What the sinks were given.
static ROWS: AtomicU64 = AtomicU64::new(0);
/// One job at a time, so that nobody else allocates.
static RUNNING: Mutex<()> = Mutex::new(());

fn laps() -> u64 {
    LAPS.load(Ordering::Relaxed)
}

fn events() -> Replay<Event> {
    replay(EVENTS.as_slice()).repeat(laps())
}

fn counted<T: Record>() -> impl Sink<T> {
    callback::<T, u64, _, _>(|_| 0, |rows, _, _| *rows += 1).on_finish(|rows| {
        ROWS.fetch_add(rows, Ordering::Relaxed);
    })
}

#[pipeline]
fn q0() {
    source(events())
        .event_time(|event| event.date_time())
        .watermarks(bounded(secs(1)))
        .sink(counted());
}

#[pipeline]
fn q1() {
    source(events())
        .event_time(|event| event.date_time())
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .map(|bid| BidRef { price: (bid.price as f64 * 0.908) as u64, ..bid })
        .sink(counted());
}

#[pipeline]
fn q2() {
    source(events())
        .event_time(|event| event.date_time())
        .watermarks(bounded(secs(1)))
        .filter_map(bid)
        .filter(|bid| bid.auction % 13 == 0)
        .map(|bid| (bid.auction, bid.price))
        .sink(counted());
}

#[pipeline]
fn keyed_count() {
    source(events()).filter_map(bid).key_by(|bid| bid.auction).count().sink(counted());
}

#[pipeline]
fn whole_records_cross() {
    source(events()).filter_map(bid).rebalance().map(|bid| bid).sink(counted());
}

#[pipeline]
fn preaggregated() {
    source(generate(laps() * LAP, |i| (i % KEYS, i * 7919 % 1000, Timestamp(i as i64))))
        .event_time(|(.., at)| at)
        .watermarks(bounded(secs(1)))
        .key_by(|(key, ..)| key)
        .window(tumbling(millis(WINDOW as i64)))
        .aggregate(|w| (w.key(), w.count(), w.max(|(_, price, _)| price)))
        .sink(counted());
}

#[pipeline(preaggregate = false)]
fn aggregated_behind_the_exchange() {
    source(generate(laps() * LAP, |i| (i % KEYS, i * 7919 % 1000, Timestamp(i as i64))))
        .event_time(|(.., at)| at)
        .watermarks(bounded(secs(1)))
        .key_by(|(key, ..)| key)
        .window(tumbling(millis(WINDOW as i64)))
        .sum(|(_, price, _)| price)
        .sink(counted());
}

/// As q5 and q11: windows that overlap, aggregated before the exchange and behind it, and sessions.
#[pipeline]
fn overlapping() {
    source(generate(laps() * LAP, |i| (i % KEYS, Timestamp(i as i64))))
        .event_time(|(_, at)| at)
        .watermarks(bounded(secs(1)))
        .key_by(|(key, _)| key)
        .window(sliding(millis(5 * WINDOW as i64), millis(WINDOW as i64)))
        .count()
        .window_all(tumbling(millis(WINDOW as i64)))
        .max(|count| (count.value, count.key))
        .sink(counted());
}

#[pipeline(preaggregate = false)]
fn overlapping_behind_the_exchange() {
    source(generate(laps() * LAP, |i| (i % KEYS, Timestamp(i as i64 - (i % 7) as i64 * 100))))
        .event_time(|(_, at)| at)
        .watermarks(bounded(secs(1)))
        .key_by(|(key, _)| key)
        .window(sliding(millis(WINDOW as i64), millis(300)))
        .count()
        .sink(counted());
}

/// Each key has a session per lap.
#[pipeline]
fn sessions() {
    source(generate(laps() * LAP, |i| (i / 2_000 % 5 * KEYS + i % KEYS, Timestamp(i as i64))))
        .event_time(|(_, at)| at)
        .watermarks(bounded(secs(1)))
        .key_by(|(key, _)| key)
        .window(session(millis(500)))
        .count()
        .sink(counted());
}

/// Records whose times go on from lap to lap, twice: as both sides of a join.
macro_rules! joined {
    ($name:ident: $keys:expr, [$($bound:tt)*]) => {
        #[pipeline]
        fn $name() {
            let bids = source(generate(laps() * LAP, |i| {
                (i % $keys, i, Timestamp(i as i64))
            }))
            .event_time(|(.., at)| at)
            .watermarks(bounded(millis(100)));
            bids.join(bids).on(|b| b.0, |b| b.0) $($bound)*.sink(counted());
        }
    };
}
joined! { joined_by_window: u64::MAX, [.window(tumbling(millis(WINDOW as i64)))] }
joined! { joined_by_interval: u64::MAX, [.within(-secs(5)..=secs(5))] }
joined! { joined_as_of: KEYS, [.as_of()] }
#[pipeline]
fn processed() {
    source(events())
        .filter_map(bid)
        .key_by(|bid| bid.auction)
        .process(|| 0u64)
        .on_event(|n, bid, cx| {
            *n += 1;
            cx.emit((cx.key(), *n, bid.channel));
        })
        .sink(counted());
}

/// Allocations of a run over so many laps, and the rows it wrote.
fn allocations(pipeline: fn() -> Definition, parallelism: usize, laps: u64) -> (u64, u64) {
    LAPS.store(laps, Ordering::Relaxed);
    ROWS.store(0, Ordering::Relaxed);
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    Job::new(pipeline).parallelism(parallelism).run().unwrap();
    (ALLOCATIONS.load(Ordering::Relaxed) - before, ROWS.load(Ordering::Relaxed))
}

#[track_caller]
fn assert_steady(pipeline: fn() -> Definition) {
    assert_steady_but(pipeline, 0);
}

/// Where windows overlap, a run has some that begin before its first record and end behind its last: `more` rows.
#[track_caller]
fn assert_steady_but(pipeline: fn() -> Definition, more: u64) {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    LazyLock::force(&EVENTS);
    for parallelism in [1, 2] {
        allocations(pipeline, parallelism, 1);
        let (few, few_rows) = allocations(pipeline, parallelism, 2);
        let (many, many_rows) = allocations(pipeline, parallelism, 32);
        assert!(few_rows > more, "{few_rows} rows");
        assert!(many_rows - more == 16 * (few_rows - more), "{few_rows} rows, then {many_rows}");
        let records = 30 * LAP;
        // How many of a pool's batches are made is a matter of the threads' luck; more than the pool there are not.
        let channels = 2 * (parallelism * parallelism) as u64;
        let pools = channels * BATCHES * ALLOCATIONS_PER_BATCH;
        let bound = few + pools + records / 2000;
        assert!(
            many <= bound,
            "{few} allocations, but {many} with {records} records more, at parallelism {parallelism}"
        );
    }
}

#[test]
fn overlapping_windows_allocate_nothing_per_record() {
    assert_steady_but(overlapping, 4);
}

/// What allocates per window or per slot of timers, but not per record.
#[track_caller]
fn assert_nearly_steady(pipeline: fn() -> Definition, parallelisms: &[usize]) {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for &parallelism in parallelisms {
        allocations(pipeline, parallelism, 1);
        let (few, _) = allocations(pipeline, parallelism, 2);
        let (many, rows) = allocations(pipeline, parallelism, 32);
        assert!(rows > 10_000, "{rows} rows");
        assert!(many <= few + 30 * LAP / 200, "{few} allocations, then {many}");
    }
}

#[test]
fn overlapping_windows_behind_an_exchange_allocate_nothing_per_record() {
    assert_nearly_steady(overlapping_behind_the_exchange, &[1, 2]);
}

#[test]
fn sessions_allocate_nothing_per_record() {
    // Of two sources one is half the run ahead: its sessions are all kept until the other has come so far.
    assert_nearly_steady(sessions, &[1]);
}

#[test]
fn joins_allocate_nothing_per_record() {
    // At a higher parallelism one task gets ahead of the other, and what waits for both grows.
    assert_nearly_steady(joined_by_window, &[1]);
    assert_nearly_steady(joined_by_interval, &[1]);
    assert_nearly_steady(joined_as_of, &[1]);
}

macro_rules! steady {
    ($($name:ident: $pipeline:ident;)*) => {
        $(#[test]
        fn $name() {
            assert_steady($pipeline);
        })*
    };
}

steady! {
    passing_on_allocates_nothing_per_record: q0;
    converting_allocates_nothing_per_record: q1;
    selecting_allocates_nothing_per_record: q2;
    counting_by_key_allocates_nothing_per_record: keyed_count;
    exchanging_whole_records_allocates_nothing_per_record: whole_records_cross;
    preaggregated_windows_allocate_nothing_per_record: preaggregated;
    process_functions_allocate_nothing_per_record: processed;
    windows_behind_an_exchange_allocate_nothing_per_record: aggregated_behind_the_exchange;
}
