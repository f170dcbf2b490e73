//! Joins, from pipeline to rows, at several parallelisms.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use thalweg::connector::{Replay, Sink, callback, replay};
use thalweg::job::{Definition, Job};
use thalweg::prelude::*;

#[record]
#[derive(Clone, Debug, PartialEq)]
struct Order {
    id: u64,
    shop: String,
    at: Timestamp,
}

#[record]
#[derive(Clone, Debug, PartialEq)]
struct Payment {
    order: u64,
    shop: String,
    cents: i64,
    at: Timestamp,
}

/// What all pipelines read and write; one test runs at a time.
static ORDERS: Mutex<Vec<Order>> = Mutex::new(Vec::new());
static PAYMENTS: Mutex<Vec<Payment>> = Mutex::new(Vec::new());
static OUTPUT: Mutex<BTreeMap<&str, Vec<String>>> = Mutex::new(BTreeMap::new());
static RUNNING: Mutex<()> = Mutex::new(());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn orders() -> Replay<Order> {
    replay(Arc::<[Order]>::from(lock(&ORDERS).clone()))
}

fn payments() -> Replay<Payment> {
    replay(Arc::<[Payment]>::from(lock(&PAYMENTS).clone()))
}

/// Writes down every record with its event time.
fn out<T: Record>(name: &'static str) -> impl Sink<T>
where
    for<'a> T::View<'a>: std::fmt::Debug,
{
    callback::<T, (), _, _>(
        |_| (),
        move |(), time, view| {
            lock(&OUTPUT).entry(name).or_default().push(format!("{}: {view:?}", time.0));
        },
    )
}

/// What was written under each name, sorted.
fn run(pipeline: fn() -> Definition, parallelism: usize) -> BTreeMap<&'static str, Vec<String>> {
    lock(&OUTPUT).clear();
    Job::new(pipeline).parallelism(parallelism).run().unwrap();
    let mut rows = std::mem::take(&mut *lock(&OUTPUT));
    rows.values_mut().for_each(|rows| rows.sort());
    rows
}

/// Runs a pipeline over an input at several parallelisms: all must write what is expected.
fn check(
    orders: Vec<Order>,
    payments: Vec<Payment>,
    pipeline: fn() -> Definition,
    expected: &BTreeMap<&'static str, Vec<String>>,
) {
    let _alone = lock(&RUNNING);
    (*lock(&ORDERS), *lock(&PAYMENTS)) = (orders, payments);
    for parallelism in [1, 2, 3] {
        assert_eq!(run(pipeline, parallelism), *expected, "at parallelism {parallelism}");
    }
}

#[pipeline]
fn by_window() {
    let orders = source(orders()).event_time(|o| o.at).watermarks(bounded(secs(100)));
    let payments = source(payments()).event_time(|p| p.at).watermarks(bounded(secs(100)));
    orders
        .join(payments)
        .on(|o| o.id, |p| p.order)
        .window(tumbling(millis(100)))
        .map(|(o, p)| (o.id, o.shop, p.cents))
        .sink(out("inner"));
    orders
        .left_join(payments)
        .on(|order| order.id, |payment| payment.order)
        .window(tumbling(millis(100)))
        .offset(millis(30))
        .map(|(o, p)| (o.id, p.map(|p| p.cents)))
        .sink(out("left"));
    orders
        .right_join(payments)
        .on(|o| (o.shop, o.id), |p| (p.shop, p.order))
        .window(sliding(millis(100), millis(50)))
        .map(|(o, p)| (o.map(|o| o.shop), p.cents))
        .sink(out("right"));
    orders
        .full_join(payments)
        .on(|o| o.shop, |p| p.shop)
        .window(session(millis(50)))
        .uid("sessions")
        .map(|(o, p)| (o.map(|o| o.id), p.map(|p| p.cents)))
        .sink(out("full"));
    orders
        .co_group(payments)
        .on(|o| o.shop, |p| p.shop)
        .window(tumbling(millis(100)))
        .apply(|w, orders, payments, out| {
            let sum: i64 = payments.iter().map(|p| p.cents).sum();
            out.emit((w.key(), w.window().start, orders.len() as u64, sum));
            if orders.is_empty() {
                out.emit((w.key(), w.window().end, 0u64, payments.first().map_or(0, |p| p.cents)));
            }
        })
        .filter(|(_, _, n, _)| n < 1000)
        .sink(out("groups"));
}

/// The windows of a time: start and end.
fn windows(time: i64, size: i64, slide: i64, offset: i64) -> Vec<(i64, i64)> {
    let last = time - (time - offset).rem_euclid(slide);
    (0..)
        .map(|back| last - back * slide)
        .take_while(|start| start + size > time)
        .map(|start| (start, start + size))
        .collect()
}

/// The rows of nested loops: time, and the numbers of the records.
fn nested(
    orders: &[Order],
    payments: &[Payment],
    meet: impl Fn(&Order, &Payment) -> Vec<i64>,
) -> Vec<(i64, usize, usize)> {
    let mut rows = Vec::new();
    for (i, order) in orders.iter().enumerate() {
        for (j, payment) in payments.iter().enumerate() {
            rows.extend(meet(order, payment).into_iter().map(|time| (time, i, j)));
        }
    }
    rows
}

fn common(a: &[(i64, i64)], b: &[(i64, i64)]) -> Vec<i64> {
    a.iter().filter(|window| b.contains(window)).map(|(_, end)| end - 1).collect()
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}

/// What `by_window` writes but for sessions.
fn expected_by_window(o: &[Order], p: &[Payment]) -> BTreeMap<&'static str, Vec<String>> {
    let at = |time: Timestamp, size, slide, offset| windows(time.0, size, slide, offset);
    let inner = nested(o, p, |o, p| match o.id == p.order {
        true => common(&at(o.at, 100, 100, 0), &at(p.at, 100, 100, 0)),
        false => vec![],
    });
    let inner = inner
        .into_iter()
        .map(|(t, i, j)| format!("{t}: {:?}", (o[i].id, o[i].shop.as_str(), p[j].cents)));
    let pairs = nested(o, p, |o, p| match o.id == p.order {
        true => common(&at(o.at, 100, 100, 30), &at(p.at, 100, 100, 30)),
        false => vec![],
    });
    let mut left: Vec<String> =
        pairs.iter().map(|(t, i, j)| format!("{t}: {:?}", (o[*i].id, Some(p[*j].cents)))).collect();
    for (i, order) in o.iter().enumerate() {
        if !pairs.iter().any(|pair| pair.1 == i) {
            let end = at(order.at, 100, 100, 30)[0].1 - 1;
            left.push(format!("{end}: {:?}", (order.id, None::<i64>)));
        }
    }
    let pairs = nested(o, p, |o, p| match (&o.shop, o.id) == (&p.shop, p.order) {
        true => common(&at(o.at, 100, 50, 0), &at(p.at, 100, 50, 0)),
        false => vec![],
    });
    let mut right: Vec<String> = pairs
        .iter()
        .map(|(t, i, j)| format!("{t}: {:?}", (Some(o[*i].shop.as_str()), p[*j].cents)))
        .collect();
    for (j, payment) in p.iter().enumerate() {
        for (_, end) in at(payment.at, 100, 50, 0) {
            if !pairs.iter().any(|pair| (pair.0, pair.2) == (end - 1, j)) {
                right.push(format!("{}: {:?}", end - 1, (None::<&str>, payment.cents)));
            }
        }
    }
    let mut groups: BTreeMap<(i64, &str), (u64, Vec<i64>)> = BTreeMap::new();
    for order in o {
        let (start, _) = at(order.at, 100, 100, 0)[0];
        groups.entry((start, &order.shop)).or_default().0 += 1;
    }
    for payment in p {
        let (start, _) = at(payment.at, 100, 100, 0)[0];
        groups.entry((start, &payment.shop)).or_default().1.push(payment.cents);
    }
    let groups = groups.iter().flat_map(|((start, shop), (n, cents))| {
        let sum: i64 = cents.iter().sum();
        let row = |at: i64, n: u64, cents: i64| {
            format!("{}: {:?}", start + 99, (*shop, Timestamp(at), n, cents))
        };
        let alone = (*n == 0).then(|| row(start + 100, 0, cents[0]));
        [Some(row(*start, *n, sum)), alone].into_iter().flatten()
    });
    let expected = [
        ("inner", sorted(inner.collect())),
        ("left", sorted(left)),
        ("right", sorted(right)),
        ("groups", sorted(groups.collect())),
    ];
    expected.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

fn inputs() -> impl Strategy<Value = (Vec<Order>, Vec<Payment>)> {
    let order = (0u64..5, "[ab]", 0i64..60);
    let payment = (0u64..5, "[ab]", 0i64..1000, 0i64..60);
    (vec(order, 0..30), vec(payment, 0..30)).prop_map(|(orders, payments)| {
        let mut at = -300;
        let orders = orders.into_iter().map(|(id, shop, step)| {
            at += step - 5;
            Order { id, shop, at: Timestamp(at) }
        });
        let orders = orders.collect();
        let mut at = -300;
        // Numbers that tell payments apart, whichever task reads which.
        let payments = payments.into_iter().map(|(order, shop, cents, step)| {
            at += step - 5;
            Payment { order, shop, cents: cents * 100, at: Timestamp(at) }
        });
        (orders, payments.collect())
    })
}

fn for_inputs(cases: u32, mut test: impl FnMut(Vec<Order>, Vec<Payment>)) {
    let mut runner =
        TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    for _ in 0..cases {
        let (orders, payments) = inputs().new_tree(&mut runner).unwrap().current();
        test(orders, payments);
    }
}

#[test]
fn windows_join_what_nested_loops_do() {
    for_inputs(12, |orders, mut payments| {
        // The first of a group is not the same at each parallelism: let all be.
        payments.iter_mut().for_each(|payment| payment.cents %= 2);
        let mut expected = expected_by_window(&orders, &payments);
        let _alone = lock(&RUNNING);
        (*lock(&ORDERS), *lock(&PAYMENTS)) = (orders.clone(), payments.clone());
        let sessions = run(by_window, 1).remove("full");
        for parallelism in [1, 2, 3] {
            let mut rows = run(by_window, parallelism);
            assert_eq!(rows.remove("full"), sessions, "at parallelism {parallelism}");
            // Whose amount comes first depends on who was read first.
            for rows in [&mut rows, &mut expected] {
                for row in rows.get_mut("groups").into_iter().flatten() {
                    if row.contains(", 0, ") {
                        row.truncate(row.rfind(',').unwrap());
                    }
                }
            }
            assert_eq!(rows, expected, "at parallelism {parallelism}");
        }
    });
}

#[pipeline]
fn by_time() {
    let orders = source(orders()).event_time(|o| o.at).watermarks(bounded(secs(100)));
    let payments = source(payments()).event_time(|p| p.at).watermarks(bounded(secs(100)));
    orders
        .join(payments)
        .on(|o| o.id, |p| p.order)
        .within(-millis(40)..=millis(20))
        .map(|(o, p)| (o.at, p.at, p.cents))
        .sink(out("inner"));
    orders
        .full_join(payments)
        .on(|o| o.shop, |p| p.shop)
        .within(millis(10)..millis(50))
        .map(|(o, p)| (o.map(|o| o.at), p.map(|p| p.at)))
        .sink(out("full"));
    orders
        .left_join(payments)
        .on(|o| o.id, |p| p.order)
        .as_of()
        .map(|(o, p)| (o.at, p.map(|p| p.at)))
        .sink(out("as of"));
    // A stream with itself.
    orders
        .join(orders)
        .on(|o| o.id, |o| o.id)
        .within(-millis(40)..=millis(40))
        .map(|(a, b)| (a.at, b.at))
        .sink(out("itself"));
}

fn expected_by_time(o: &[Order], p: &[Payment]) -> BTreeMap<&'static str, Vec<String>> {
    let inner = nested(o, p, |o, p| {
        let meets = o.id == p.order && (-40..=20).contains(&(p.at.0 - o.at.0));
        if meets { vec![o.at.0.max(p.at.0)] } else { vec![] }
    });
    let inner = inner
        .into_iter()
        .map(|(t, i, j)| format!("{t}: {:?}", (o[i].at, p[j].at, p[j].cents)))
        .collect();
    let pairs = nested(o, p, |o, p| {
        let meets = o.shop == p.shop && (10..50).contains(&(p.at.0 - o.at.0));
        if meets { vec![o.at.0.max(p.at.0)] } else { vec![] }
    });
    let mut full: Vec<String> = pairs
        .iter()
        .map(|(t, i, j)| format!("{t}: {:?}", (Some(o[*i].at), Some(p[*j].at))))
        .collect();
    for (i, order) in o.iter().enumerate().filter(|(i, _)| pairs.iter().all(|pair| pair.1 != *i)) {
        let _ = i;
        full.push(format!("{}: {:?}", order.at.0 + 49, (Some(order.at), None::<Timestamp>)));
    }
    for (j, payment) in p.iter().enumerate() {
        if pairs.iter().all(|pair| pair.2 != j) {
            full.push(format!("{}: {:?}", payment.at.0, (None::<Timestamp>, Some(payment.at))));
        }
    }
    let as_of = o.iter().map(|order| {
        let held = p.iter().filter(|p| p.order == order.id && p.at <= order.at).map(|p| p.at).max();
        format!("{}: {:?}", order.at.0, (order.at, held))
    });
    let mut itself = Vec::new();
    for a in o {
        for b in o.iter().filter(|b| b.id == a.id && (b.at - a.at).abs() <= millis(40)) {
            itself.push(format!("{}: {:?}", a.at.0.max(b.at.0), (a.at, b.at)));
        }
    }
    let expected = [
        ("inner", sorted(inner)),
        ("full", sorted(full)),
        ("as of", sorted(as_of.collect())),
        ("itself", sorted(itself)),
    ];
    expected.into_iter().filter(|(_, rows)| !rows.is_empty()).collect()
}

#[test]
fn times_join_what_nested_loops_do() {
    for_inputs(12, |orders, payments| {
        let expected = expected_by_time(&orders, &payments);
        check(orders, payments, by_time, &expected);
    });
}

#[pipeline]
fn late_ones() {
    let orders = source(orders()).event_time(|o| o.at).watermarks(monotonic());
    let payments = source(payments()).event_time(|p| p.at).watermarks(monotonic());
    let late_orders = side();
    let late_payments = side();
    let by_window = orders
        .full_join(payments)
        .on(|o| o.id, |p| p.order)
        .window(tumbling(millis(50)))
        .late_left_to(late_orders)
        .late_right_to(late_payments);
    by_window.map(|(o, p)| (o.map(|o| o.id), p.map(|p| p.order))).sink(out("window"));
    late_orders.map(|o| (Some(o.id), None::<u64>)).sink(out("window"));
    late_payments.map(|p| (None::<u64>, Some(p.order))).sink(out("window"));
    let late_orders = side();
    let late_payments = side();
    orders
        .full_join(payments)
        .on(|o| o.id, |p| p.order)
        .late_left_to(late_orders)
        .within(-millis(20)..=millis(20))
        .late_right_to(late_payments)
        .map(|(o, p)| (o.map(|o| o.id), p.map(|p| p.order)))
        .sink(out("interval"));
    late_orders.map(|o| (Some(o.id), None::<u64>)).sink(out("interval"));
    late_payments.map(|p| (None::<u64>, Some(p.order))).sink(out("interval"));
    let late_orders = side();
    let late_payments = side();
    orders
        .full_join(payments)
        .on(|o| o.id, |p| p.order)
        .as_of()
        .late_left_to(late_orders)
        .late_right_to(late_payments)
        .map(|(o, p)| (o.map(|o| o.id), p.map(|p| p.order)))
        .sink(out("as of"));
    late_orders.map(|o| (Some(o.id), None::<u64>)).sink(out("as of"));
    late_payments.map(|p| (None::<u64>, Some(p.order))).sink(out("as of"));
}

/// What is late depends on which side is read first; but a record comes out exactly once, in a row or on a side.
#[test]
fn no_record_is_lost_late_or_not() {
    for_inputs(8, |mut orders, mut payments| {
        for (id, order) in orders.iter_mut().enumerate() {
            order.id = id as u64;
        }
        for (id, payment) in payments.iter_mut().enumerate() {
            payment.order = id as u64;
        }
        let _alone = lock(&RUNNING);
        (*lock(&ORDERS), *lock(&PAYMENTS)) = (orders.clone(), payments.clone());
        for parallelism in [1, 2, 3] {
            let rows = run(late_ones, parallelism);
            for name in ["window", "interval", "as of"] {
                let mut seen = [BTreeMap::new(), BTreeMap::new()];
                for row in rows.get(name).into_iter().flatten() {
                    let parts: Vec<&str> = row.split(['(', ')']).collect();
                    let (left, right) = match row.contains("None, ") {
                        true => (None, Some(parts[2])),
                        false if row.ends_with("None)") => (Some(parts[2]), None),
                        false => (Some(parts[2]), Some(parts[4])),
                    };
                    for (side, id) in [left, right].into_iter().enumerate() {
                        id.into_iter().for_each(|id| *seen[side].entry(id).or_insert(0) += 1);
                    }
                }
                assert_eq!(seen[0].len(), orders.len(), "{name} {rows:?}");
                assert_eq!(seen[1].len(), payments.len(), "{name} {rows:?}");
                let once = |seen: &BTreeMap<&str, i32>| seen.values().all(|times| *times == 1);
                assert!(seen.iter().all(once), "{name} at {parallelism}: {rows:?}");
            }
        }
    });
}

#[operator]
fn paid(orders: Timed<Order>, late: Side<Order>, slack: Span) -> Timed<(u64, bool)> {
    let again = orders.filter(|o| o.id % 2 == 0);
    orders
        .left_join(again)
        .on(|o| o.id, |o| o.id)
        .within(-slack..=slack)
        .late_left_to(late)
        .map(|(o, again)| (o.id, again.is_some()))
}

#[pipeline]
fn in_a_fragment(both: bool) {
    let orders = source(orders()).event_time(|o| o.at).watermarks(bounded(secs(100)));
    let late = side();
    let first = paid(orders, late, millis(0));
    first.sink(out("first"));
    late.sink(discard());
    if both {
        // What a fragment returns is joined again, in a branch.
        first.join(orders).on(|(id, _)| id, |o| o.id).window(session(mins(10))).sink(out("both"));
    }
}

#[test]
fn fragments_and_branches_join() {
    let _alone = lock(&RUNNING);
    let order = |id: u64, at: i64| Order { id, shop: "a".to_owned(), at: Timestamp(at) };
    *lock(&ORDERS) = (0..6).map(|id| order(id, id as i64 * 10)).collect();
    let first: Vec<String> =
        (0..6).map(|id| format!("{}: ({id}, {})", id * 10, id % 2 == 0)).collect();
    for parallelism in [1, 2, 3] {
        for both in [false, true] {
            lock(&OUTPUT).clear();
            Job::new(in_a_fragment).arg("both", both).parallelism(parallelism).run().unwrap();
            let mut rows = std::mem::take(&mut *lock(&OUTPUT));
            rows.values_mut().for_each(|rows| rows.sort());
            assert_eq!(rows.remove("first"), Some(sorted(first.clone())));
            assert_eq!(rows.remove("both").map_or(0, |rows| rows.len()), if both { 6 } else { 0 });
        }
    }
}

#[pipeline]
fn in_processing_time() {
    let orders = source(orders()).processing_time();
    let payments = source(payments()).processing_time();
    orders
        .join(payments)
        .on(|o| o.id, |p| p.order)
        .window(tumbling(days(10_000)))
        .map(|(o, p)| (o.id, p.cents))
        .sink(out("rows"));
}

#[test]
fn windows_of_processing_time_end_with_the_input() {
    let order = |id| Order { id, shop: "a".to_owned(), at: Timestamp(0) };
    let payment =
        |order| Payment { order, shop: "b".to_owned(), cents: 5, at: Timestamp(order as i64) };
    let _alone = lock(&RUNNING);
    (*lock(&ORDERS), *lock(&PAYMENTS)) =
        ((0..9).map(order).collect(), (3..20).map(payment).collect());
    for parallelism in [1, 2, 3] {
        assert_eq!(run(in_processing_time, parallelism)["rows"].len(), 6);
    }
}

#[pipeline]
fn counted_in_a_branch(both: bool) {
    let orders = source(orders()).event_time(|o| o.at).watermarks(monotonic());
    orders.map(|o| o.id).sink(out("first"));
    if both {
        orders.key_by(|o| o.id).window(tumbling(millis(1))).count().sink(out("both"));
        source(collection([1u64, 2])).rebalance().key_by(|n| n).count().sink(out("own"));
    }
}

#[test]
fn exchanges_in_branches_that_are_not_taken_lead_nowhere() {
    let order = |id| Order { id, shop: "a".to_owned(), at: Timestamp(id as i64) };
    let _alone = lock(&RUNNING);
    *lock(&ORDERS) = (0..20_000).map(order).collect();
    for parallelism in [1, 2, 3] {
        for both in [true, false] {
            lock(&OUTPUT).clear();
            Job::new(counted_in_a_branch).arg("both", both).parallelism(parallelism).run().unwrap();
            let rows = std::mem::take(&mut *lock(&OUTPUT));
            let count = |name| rows.get(name).map_or(0, Vec::len);
            let expected = if both { (20_000, 20_000, 2) } else { (20_000, 0, 0) };
            assert_eq!((count("first"), count("both"), count("own")), expected);
        }
    }
}
