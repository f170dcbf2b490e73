//! Sliding windows and sessions end to end, at several parallelisms, against plain loops over the same records.
#![allow(clippy::unwrap_used)] // In a test, a panic is the report.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use thalweg::connector::{Sink, callback};
use thalweg::job::{Definition, Job};
use thalweg::prelude::*;
use thalweg::window::{Session, Sliding};

#[record]
#[derive(Clone)]
struct Click {
    user: String,
    cents: u64,
    at: Timestamp,
}

/// Some users' clicks, out of order by up to half a second.
fn clicks() -> Vec<Click> {
    let click = |i: i64| Click {
        user: format!("user {}", i * i % 7),
        cents: (i * 37 % 101) as u64,
        at: Timestamp(-20_000 + i * 100 + i * 7919 % 500 + (i / 40) * (i % 3) * 1_000),
    };
    (0..400).map(click).collect()
}

/// What the sinks were given, by name.
static SEEN: Mutex<BTreeMap<&str, Vec<String>>> = Mutex::new(BTreeMap::new());
/// One job at a time.
static RUNNING: Mutex<()> = Mutex::new(());

fn seen() -> MutexGuard<'static, BTreeMap<&'static str, Vec<String>>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn out<T: Record>(name: &'static str) -> impl Sink<T>
where
    for<'a> T::View<'a>: Debug,
{
    callback::<T, (), _, _>(
        |_| (),
        move |_, _, view| seen().entry(name).or_default().push(format!("{view:?}")),
    )
}

/// Each sink's lines, sorted, the same at every parallelism.
fn run(pipeline: fn() -> Definition) -> BTreeMap<&'static str, Vec<String>> {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let run = |parallelism| {
        seen().clear();
        Job::new(pipeline).parallelism(parallelism).run().unwrap();
        let mut lines = std::mem::take(&mut *seen());
        lines.values_mut().for_each(|lines| lines.sort());
        lines
    };
    let alone = run(1);
    assert_eq!(run(2), alone);
    assert_eq!(run(3), alone);
    alone
}

/// User, start, end, clicks, cents.
type Row = (String, i64, i64, u64, u64);

fn lines(rows: impl IntoIterator<Item = Row>) -> Vec<String> {
    let line = |(user, start, end, n, cents): Row| {
        format!("{:?}", (user, Timestamp(start), Timestamp(end), n, cents))
    };
    let mut lines: Vec<String> = rows.into_iter().map(line).collect();
    lines.sort();
    lines
}

fn sliding_rows(size: i64, slide: i64, offset: i64) -> Vec<String> {
    let mut rows = BTreeMap::new();
    for click in clicks() {
        let at = click.at.0;
        let mut start = at - (at - offset).rem_euclid(slide);
        while start > at - size {
            let (n, cents) = rows.entry((click.user.clone(), start)).or_insert((0, 0));
            *n += 1;
            *cents += click.cents;
            start -= slide;
        }
    }
    lines(rows.into_iter().map(|((user, start), (n, cents))| (user, start, start + size, n, cents)))
}

fn session_rows(gap: impl Fn(&Click) -> i64) -> Vec<String> {
    let mut by_user: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut sorted = clicks();
    sorted.sort_by_key(|click| click.at);
    for click in sorted {
        let sessions = by_user.entry(click.user.clone()).or_default();
        let end = click.at.0 + gap(&click);
        match sessions.last_mut().filter(|last| click.at.0 <= last.2) {
            Some(last) => {
                *last = (last.0.clone(), last.1, last.2.max(end), last.3 + 1, last.4 + click.cents);
            }
            None => sessions.push((click.user, click.at.0, end, 1, click.cents)),
        }
    }
    lines(by_user.into_values().flatten())
}

fn every_three() -> Sliding {
    sliding(secs(10), secs(3))
}

fn visits() -> Session {
    session(millis(1_500))
}

#[pipeline]
fn windows() {
    let clicks = source(collection(clicks())).event_time(|c| c.at).watermarks(bounded(mins(5)));
    let users = clicks.key_by(|c| c.user);
    users
        .window(sliding(secs(10), secs(2)).offset(millis(300)))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("sliding"));
    users
        .window(every_three())
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("every three"));
    users
        .window(session(millis(1_500)))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("session"));
    users
        .window(visits())
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("visits"));
    users
        .window(dynamic_session())
        .gap(|c| millis(500 + c.cents as i64 * 20))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("dynamic"));
}

#[pipeline]
fn alone() {
    let clicks = source(collection(clicks())).event_time(|c| c.at).watermarks(bounded(mins(5)));
    let extra = 20;
    clicks
        .key_by(|c| c.user)
        .window(sliding(secs(10), secs(2)).offset(millis(300)))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("sliding"));
    clicks
        .key_by(|c| c.user)
        .window(visits())
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("visits"));
    clicks
        .key_by(|c| c.user)
        .window(dynamic_session())
        .gap(|ClickRef { cents, .. }| millis(500 + cents as i64 * extra))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count(), w.sum(|c| c.cents)))
        .sink(out("dynamic"));
    clicks.window_all(sliding(secs(4), secs(8))).count().map(|w| w.value).sink(out("gaps"));
}

#[test]
fn windows_are_those_of_a_plain_loop() {
    let seen = run(windows);
    assert_eq!(seen["sliding"], sliding_rows(10_000, 2_000, 300));
    assert_eq!(seen["every three"], sliding_rows(10_000, 3_000, 0));
    assert_eq!(seen["session"], session_rows(|_| 1_500));
    assert_eq!(seen["visits"], seen["session"]);
    assert_eq!(seen["dynamic"], session_rows(|click| 500 + click.cents as i64 * 20));
}

#[test]
fn what_is_aggregated_before_the_exchange_is_the_same() {
    let seen = run(alone);
    assert_eq!(seen["sliding"], sliding_rows(10_000, 2_000, 300));
    assert_eq!(seen["visits"], session_rows(|_| 1_500));
    assert_eq!(seen["dynamic"], session_rows(|click| 500 + click.cents as i64 * 20));
    let inside = clicks().iter().filter(|click| click.at.0.rem_euclid(8_000) < 4_000).count();
    let counted: usize = seen["gaps"].iter().map(|n| n.parse::<usize>().unwrap()).sum();
    assert_eq!(counted, inside);
}

#[pipeline]
fn kept() {
    let clicks = source(collection(clicks())).event_time(|c| c.at).watermarks(bounded(mins(5)));
    let users = clicks.key_by(|c| c.user);
    users
        .window(sliding(secs(10), secs(5)))
        .reduce(|a, b| if b.cents > a.cents { b } else { a })
        .map(|w| (w.key, w.window.start, w.value.cents))
        .sink(out("reduced"));
    users
        .window(sliding(secs(10), secs(5)))
        .max(|c| c.cents)
        .map(|w| (w.key, w.window.start, w.value))
        .sink(out("greatest"));
    users
        .window(sliding(secs(10), secs(5)))
        .fold(0u64, |all, c| all + c.cents)
        .map(|w| (w.key, w.window.start, w.value))
        .sink(out("folded"));
    users
        .window(sliding(secs(10), secs(5)))
        .sum(|c| c.cents)
        .map(|w| (w.key, w.window.start, w.value))
        .sink(out("summed"));
    users
        .window(sliding(secs(10), secs(5)))
        .to_vec()
        .map(|w| (w.key, w.window.start, w.value.iter().map(|c| c.cents).sum::<u64>()))
        .sink(out("listed"));
    users
        .window(session(millis(1_500)))
        .reduce(|a, b| if b.cents > a.cents { b } else { a })
        .map(|w| (w.key, w.window, w.value.cents))
        .sink(out("sessions reduced"));
    users
        .window(session(millis(1_500)))
        .max(|c| c.cents)
        .map(|w| (w.key, w.window, w.value))
        .sink(out("sessions' greatest"));
}

#[test]
fn all_ways_of_keeping_agree() {
    let seen = run(kept);
    assert!(seen["reduced"].len() > 20);
    assert_eq!(seen["reduced"], seen["greatest"]);
    assert_eq!(seen["folded"], seen["summed"]);
    assert_eq!(seen["listed"], seen["summed"]);
    assert!(seen["sessions reduced"].len() > 20);
    assert_eq!(seen["sessions reduced"], seen["sessions' greatest"]);
}

#[pipeline]
fn late() {
    let times = source(collection([0i64, 60, 20, 18, 100, 14, 70, 5]))
        .event_time(Timestamp)
        .watermarks(monotonic());
    let missed = side();
    let lost = side();
    times
        .key_by(|_| 0u8)
        .window(sliding(millis(10), millis(5)))
        .allowed_lateness(millis(50))
        .late_to(missed)
        .count()
        .map(|w| (w.window.start.0, w.value))
        .sink(out("windows"));
    missed.sink(out("missed"));
    times
        .key_by(|_| 0u8)
        .window(session(millis(10)))
        .late_to(lost)
        .count()
        .map(|w| (w.window.start.0, w.window.end.0, w.value))
        .sink(out("sessions"));
    lost.sink(out("lost"));
}

#[test]
fn late_records_fire_again_or_reach_a_side() {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    seen().clear();
    Job::new(late).parallelism(1).run().unwrap();
    let seen = std::mem::take(&mut *seen());
    // All records come in one batch, before a watermark: nothing is late.
    assert_eq!(seen.get("missed"), None);
    assert!(seen["sessions"].contains(&"(0, 30, 5)".to_owned()), "{seen:?}");
}

#[pipeline]
fn wrong_gap() {
    source(collection([1i64, 2]))
        .event_time(Timestamp)
        .watermarks(monotonic())
        .key_by(|_| 0u8)
        .window(dynamic_session())
        .gap(|at| millis(2 - at))
        .count()
        .sink(out("none"));
}

#[test]
fn a_gap_that_is_none_fails_the_task() {
    let _alone = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let error = Job::new(wrong_gap).parallelism(1).run().unwrap_err().to_string();
    assert!(error.contains("a session's gap must be positive, not 0ms"), "{error}");
}
