//! `async_map`, end to end. Which future is ready when, a test decides: no clock does.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use thalweg::connector::{Sink, callback};
use thalweg::job::Job;
use thalweg::prelude::*;

#[record]
struct Order {
    id: u64,
    customer: String,
    at: Timestamp,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Doors that futures wait at, by number. Each is opened by another event: there is no order but the one that is named.
#[derive(Default)]
struct Doors {
    open: Mutex<BTreeMap<u64, Vec<Waker>>>,
    opened: Mutex<Vec<u64>>,
}

impl Doors {
    async fn pass(&self, number: u64) {
        std::future::poll_fn(|cx| {
            let mut waiting = lock(&self.open);
            if lock(&self.opened).contains(&number) {
                return Poll::Ready(());
            }
            waiting.entry(number).or_default().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn open(&self, number: u64) {
        let mut waiting = lock(&self.open);
        lock(&self.opened).push(number);
        waiting.remove(&number).into_iter().flatten().for_each(Waker::wake);
    }
}

static DOORS: Mutex<Option<Arc<Doors>>> = Mutex::new(None);
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ASKED: AtomicU64 = AtomicU64::new(0);
static RUNNING: Mutex<()> = Mutex::new(());

/// One test at a time: they share what they look at.
fn begin() -> MutexGuard<'static, ()> {
    let running = lock(&RUNNING);
    *lock(&DOORS) = Some(Arc::default());
    lock(&SEEN).clear();
    ASKED.store(0, Ordering::SeqCst);
    running
}

fn doors() -> Arc<Doors> {
    lock(&DOORS).clone().unwrap()
}

fn notes() -> impl Sink<String> {
    callback::<String, (), _, _>(|_| (), |_, _, line| lock(&SEEN).push(line.to_owned()))
}

fn seen() -> Vec<String> {
    std::mem::take(&mut *lock(&SEEN))
}

fn sorted() -> Vec<String> {
    let mut seen = seen();
    seen.sort();
    seen
}

fn orders(n: u64) -> Vec<Order> {
    let order = |id| Order { id, customer: format!("c{id}"), at: Timestamp(id as i64 * 1_000) };
    (0..n).map(order).collect()
}

/// Record `id` waits for what record `id + 1` opens when it is asked about, in groups of four: the last is ready first.
#[pipeline]
fn backwards() {
    let doors = doors();
    source(collection(orders(40)))
        .async_map(|o| async move {
            doors.open(o.id);
            if o.id % 4 != 3 {
                doors.pass(o.id + 1).await;
            }
            o.customer
        })
        .capacity(8)
        .inspect(|_| ())
        .map(|(o, customer)| format!("{} {} {customer}", o.id, o.customer))
        .sink(notes());
}

#[test]
fn ordered_answers_keep_the_order_of_the_records() {
    let _running = begin();
    for parallelism in 1..=3 {
        *lock(&DOORS) = Some(Arc::default());
        Job::new(backwards).parallelism(parallelism).run().unwrap();
        let expected: Vec<String> = (0..40).map(|id| format!("{id} c{id} c{id}")).collect();
        assert_eq!(seen(), expected, "parallelism {parallelism}");
    }
}

/// A record's door is opened when the one behind it went through the sink: only possible if answers overtake.
#[pipeline]
fn overtaking() {
    let (doors, opener) = (doors(), doors());
    source(collection(orders(20)))
        .async_map(|o| async move {
            if o.id != 19 {
                doors.pass(o.id + 1).await;
            }
            o.id
        })
        .unordered()
        .inspect(|(_, id)| opener.open(id))
        .map(|(_, id)| id.to_string())
        .sink(notes());
}

#[test]
fn unordered_answers_go_on_as_they_come() {
    let _running = begin();
    Job::new(overtaking).run().unwrap();
    let expected: Vec<String> = (0..20).rev().map(|id: u64| id.to_string()).collect();
    assert_eq!(seen(), expected);
}

/// What is summed up per window, and what is late.
fn window_sums(records: u64) -> Vec<String> {
    let mut sums = BTreeMap::<(u64, u64), u64>::new();
    for id in 0..records {
        *sums.entry((id / 10, id % 2)).or_default() += id;
    }
    let mut rows: Vec<String> = sums
        .iter()
        .map(|((window, key), sum)| format!("{} {key} {sum}", window * 10_000))
        .collect();
    rows.sort();
    rows
}

/// Three records wait for each other, the first for the last; a watermark comes behind every one of them.
async fn meet(doors: &Doors, id: u64) -> u64 {
    doors.open(id);
    if id % 3 != 2 {
        doors.pass(id + 1).await;
    }
    id
}

#[pipeline]
fn windows_behind_ordered() {
    let doors = doors();
    let late = side();
    source(collection(orders(600)))
        .event_time(|o| o.at)
        .watermarks(monotonic().every(millis(0)))
        .async_map(|o| async move { meet(&doors, o.id).await })
        .capacity(7)
        .key_by(|(o, _)| o.id % 2)
        .window(tumbling(secs(10)))
        .late_to(late)
        .sum(|(_, id)| id)
        .map(|sum| format!("{} {} {}", sum.window.start.0, sum.key, sum.value))
        .sink(notes());
    late.map(|(o, _)| format!("late {}", o.id)).sink(notes());
}

#[pipeline]
fn windows_behind_unordered() {
    let doors = doors();
    source(collection(orders(600)))
        .event_time(|o| o.at)
        .watermarks(monotonic().every(millis(0)))
        .async_map(|o| async move { meet(&doors, o.id).await })
        .unordered()
        .capacity(7)
        .key_by(|(o, _)| o.id % 2)
        .window(tumbling(secs(10)))
        .sum(|(_, id)| id)
        .map(|sum| format!("{} {} {}", sum.window.start.0, sum.key, sum.value))
        .sink(notes());
}

#[test]
fn watermarks_overtake_no_record() {
    let _running = begin();
    for pipeline in [windows_behind_ordered, windows_behind_unordered] {
        for parallelism in 1..=3 {
            *lock(&DOORS) = Some(Arc::default());
            Job::new(pipeline).parallelism(parallelism).run().unwrap();
            assert_eq!(sorted(), window_sums(600), "parallelism {parallelism}");
        }
    }
}

#[pipeline]
fn behind_a_window() {
    source(collection(orders(600)))
        .event_time(|o| o.at)
        .watermarks(monotonic().every(millis(0)))
        .key_by(|o| o.id % 2)
        .window(tumbling(secs(10)))
        .sum(|o| o.id)
        // The second one has a chain of its own, as has the first: a window fires whether or not there is room.
        .async_map(|sum| async move { sum.value * 2 })
        .capacity(1)
        .async_map(|(sum, twice)| async move { twice - sum.value })
        .unordered()
        .capacity(2)
        .map(|((sum, _), value)| format!("{} {} {value}", sum.window.start.0, sum.key))
        .sink(notes());
}

#[test]
fn windows_and_futures_may_follow_each_other() {
    let _running = begin();
    for parallelism in 1..=3 {
        Job::new(behind_a_window).parallelism(parallelism).run().unwrap();
        assert_eq!(sorted(), window_sums(600), "parallelism {parallelism}");
    }
}

#[pipeline]
fn odd_ones_fail() {
    let bad = side();
    source(collection(orders(10)))
        .async_map(|o| async move {
            match o.id % 2 {
                0 => Ok(o.id),
                _ => Err(format!("{} is odd", o.id)),
            }
        })
        .errors_to(bad)
        .map(|(o, id)| format!("{} {id}", o.customer))
        .sink(notes());
    bad.map(|failed| format!("{}: {}", failed.record.customer, failed.error)).sink(notes());
}

#[pipeline]
fn odd_ones_are_skipped() {
    source(collection(orders(10)))
        .async_map(|o| async move { if o.id % 2 == 0 { Ok(o.id) } else { Err("odd") } })
        .or_skip()
        .map(|(o, id)| format!("{} {id}", o.customer))
        .sink(notes());
}

#[pipeline]
fn odd_ones_end_it() {
    source(collection(orders(10)))
        .async_map(|o| async move { if o.id % 2 == 0 { Ok(o.id) } else { Err("odd") } })
        .map(|(_, id)| id.to_string())
        .sink(notes());
}

#[pipeline]
fn one_panics() {
    source(collection(orders(10)))
        .async_map(|o| async move {
            assert!(o.id != 7, "seven");
            o.id
        })
        .map(|(_, id)| id.to_string())
        .sink(notes());
}

#[test]
fn errors_go_where_they_are_sent() {
    let _running = begin();
    Job::new(odd_ones_fail).parallelism(2).run().unwrap();
    let mut expected: Vec<String> = (0..10)
        .map(|id| if id % 2 == 0 { format!("c{id} {id}") } else { format!("c{id}: {id} is odd") })
        .collect();
    expected.sort();
    assert_eq!(sorted(), expected);
    let summary = Job::new(odd_ones_are_skipped).run().unwrap();
    assert_eq!(seen(), ["c0 0", "c2 2", "c4 4", "c6 6", "c8 8"]);
    let skipped: u64 = summary.metrics.chains.iter().map(|chain| chain.skipped).sum();
    assert_eq!(skipped, 5);
    let error = Job::new(odd_ones_end_it).run().unwrap_err().to_string();
    assert!(error.contains("async_map") && error.contains("odd"), "{error}");
    assert!(error.contains("c1"), "the record is named: {error}");
    let error = Job::new(one_panics).run().unwrap_err().to_string();
    assert!(error.contains("seven") && error.contains("asynchronous.rs"), "{error}");
}

#[pipeline]
fn third_time_lucky() {
    let attempts = Arc::new(Mutex::new(BTreeMap::<u64, u64>::new()));
    source(collection(orders(5)))
        .async_map(|o| async move {
            let mut attempts = lock(&attempts);
            let attempt = attempts.entry(o.id).or_default();
            *attempt += 1;
            if *attempt > o.id { Ok(*attempt) } else { Err(format!("attempt {attempt}")) }
        })
        .retry(exponential_backoff(3, millis(0), millis(0)))
        .or_skip()
        .map(|(o, attempt)| format!("{} {attempt}", o.id))
        .sink(notes());
}

#[pipeline]
fn nobody_answers() {
    let silent = side();
    source(collection(orders(3)))
        .async_map(|o| async move {
            if o.id == 1 {
                std::future::pending::<()>().await;
            }
            o.id
        })
        .timeout(millis(1))
        .errors_to(silent)
        .map(|(_, id)| id.to_string())
        .sink(discard());
    silent.map(|failed| format!("{} {}", failed.record.id, failed.error)).sink(notes());
}

#[pipeline]
fn asked_once() {
    source(collection((0..100_u64).map(|n| (n, n % 5)).collect::<Vec<_>>()))
        .async_map(|(_, key)| async move {
            ASKED.fetch_add(1, Ordering::SeqCst);
            key * 10
        })
        .capacity(1)
        .cache(5, hours(1), |(_, key)| key)
        .map(|((n, _), answer)| format!("{n:03} {answer}"))
        .sink(notes());
}

#[test]
fn failed_requests_are_made_again_and_silent_ones_given_up() {
    let _running = begin();
    Job::new(third_time_lucky).run().unwrap();
    assert_eq!(seen(), ["0 1", "1 2", "2 3"]);
    Job::new(nobody_answers).run().unwrap();
    assert!(seen().contains(&"1 no answer within 1ms".to_owned()));
    Job::new(asked_once).run().unwrap();
    let expected: Vec<String> = (0..100).map(|n| format!("{n:03} {}", n % 5 * 10)).collect();
    assert_eq!(seen(), expected);
    assert_eq!(ASKED.load(Ordering::SeqCst), 5);
}

#[operator]
fn looked_up(orders: Stream<Order>) -> Stream<(Order, u64)> {
    orders.async_map(|o| async move { o.id + 1 }).capacity(3)
}

#[pipeline]
fn through_fragments() {
    let looked_up_once = looked_up(source(collection(orders(50))).filter(|o| o.id % 2 == 0));
    looked_up_once
        .async_map(|(o, next)| async move { next + o.id })
        .unordered()
        .map(|(_, sum)| format!("{sum:03}"))
        .sink(notes());
    looked_up_once.map(|(o, _)| format!("{:03}", o.id)).sink(notes());
}

#[test]
fn fragments_may_ask_too() {
    let _running = begin();
    for parallelism in 1..=2 {
        Job::new(through_fragments).parallelism(parallelism).run().unwrap();
        let mut expected: Vec<String> = (0..50)
            .step_by(2)
            .flat_map(|id| [format!("{:03}", 2 * id + 1), format!("{id:03}")])
            .collect();
        expected.sort();
        assert_eq!(sorted(), expected);
    }
}

#[pipeline]
fn senseless(capacity: usize) {
    source(collection(orders(1)))
        .async_map(|o| async move { o.id })
        .capacity(capacity)
        .sink(discard());
}

#[test]
fn what_makes_no_sense_is_refused_when_the_plan_is_built() {
    let _running = begin();
    let error = Job::new(senseless).arg("capacity", 0).run().unwrap_err().to_string();
    assert!(error.contains("`capacity` must be between 1"), "{error}");
}
