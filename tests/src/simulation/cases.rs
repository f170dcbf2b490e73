//! The pipelines, and what must come of each.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::task::{Context, Poll};

use thalweg::job::Definition;
use thalweg::prelude::*;
use thalweg::testing::simulation::below;

use super::feed::feed;
use super::ledger::{Row, ledger};

/// What happened.
#[record]
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Of its split: 0, 1, 2…
    pub id: u64,
    /// Its key.
    pub key: u64,
    /// How much.
    pub n: i64,
    /// Milliseconds.
    pub at: i64,
}

/// How far events are out of order, in milliseconds.
pub const BOUND: i64 = 20;

/// A pipeline and its oracle.
pub struct Case {
    /// For people.
    pub name: &'static str,
    /// Runs it.
    pub pipeline: fn() -> Definition,
    /// Its sources.
    pub sources: &'static [&'static str],
    /// Rows of each ledger, from the events of each source.
    pub expected: fn(&Inputs) -> BTreeMap<&'static str, Vec<Row>>,
    /// Of these ledgers, a key's second number only grows.
    pub versions: &'static [&'static str],
    /// In these ledgers a row is a sum: records that come twice change it, and do not repeat it.
    pub sums: &'static [&'static str],
    /// Each key is in one split only.
    pub split_keys: bool,
    /// Rows of a key may be summed up in whatever portions.
    pub portions: bool,
}

/// By source, by split.
pub type Inputs = BTreeMap<String, Vec<Vec<Event>>>;

/// All of them.
pub const CASES: &[Case] = &[
    Case {
        name: "windows",
        pipeline: windows,
        sources: &["events"],
        expected: expect_windows,
        versions: &[],
        sums: &["tumbling", "sliding"],
        split_keys: false,
        portions: false,
    },
    Case {
        name: "sessions",
        pipeline: sessions,
        sources: &["events"],
        expected: expect_sessions,
        versions: &[],
        sums: &["sessions"],
        split_keys: false,
        portions: false,
    },
    Case {
        name: "running",
        pipeline: running,
        sources: &["events"],
        expected: expect_running,
        versions: &["places"],
        sums: &["sums"],
        split_keys: true,
        portions: false,
    },
    Case {
        name: "timers",
        pipeline: timers,
        sources: &["events", "others"],
        expected: expect_timers,
        versions: &[],
        sums: &["spans"],
        split_keys: false,
        portions: false,
    },
    Case {
        name: "joins",
        pipeline: joins,
        sources: &["events", "others"],
        expected: expect_joins,
        versions: &[],
        sums: &[],
        split_keys: false,
        portions: false,
    },
    Case {
        name: "portions",
        pipeline: portions,
        sources: &["events"],
        expected: expect_portions,
        versions: &[],
        sums: &["portions"],
        split_keys: false,
        portions: true,
    },
    Case {
        name: "answers",
        pipeline: answers,
        sources: &["events"],
        expected: expect_answers,
        versions: &[],
        sums: &["asked"],
        split_keys: false,
        portions: false,
    },
];

fn all<'a>(inputs: &'a Inputs, source: &str) -> impl Iterator<Item = &'a Event> {
    inputs[source].iter().flatten()
}

#[pipeline]
fn windows() {
    let events: Stream<Event> = source(feed("events"));
    let timed = events.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    timed
        .key_by(|e| e.key)
        .window(tumbling(millis(50)))
        .sum(|e| e.n)
        .map(|w| (w.key, w.window.start.0, w.value))
        .sink(ledger("tumbling"));
    timed
        .key_by(|e| e.key % 3)
        .window(sliding(millis(100), millis(50)))
        .count()
        .map(|w| (w.key, w.window.start.0, w.value as i64))
        .sink(ledger("sliding"));
    events.rebalance().filter(|e| e.n > 0).map(|e| (e.key, e.at, e.n)).sink(ledger("copies"));
}

fn expect_windows(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    let (mut tumbling, mut sliding) = (BTreeMap::new(), BTreeMap::new());
    let mut copies = Vec::new();
    for e in all(inputs, "events") {
        let start = e.at.div_euclid(50) * 50;
        *tumbling.entry((e.key, start)).or_insert(0) += e.n;
        for start in [start - 50, start] {
            *sliding.entry((e.key % 3, start)).or_insert(0) += 1;
        }
        if e.n > 0 {
            copies.push((e.key, e.at, e.n));
        }
    }
    let rows = |sums: BTreeMap<(u64, i64), i64>| -> Vec<Row> {
        sums.into_iter().map(|((key, start), n)| (key, start, n)).collect()
    };
    [("tumbling", rows(tumbling)), ("sliding", rows(sliding)), ("copies", copies)].into()
}

#[pipeline]
fn sessions() {
    let events: Stream<Event> = source(feed("events"));
    let timed = events.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    timed
        .key_by(|e| e.key)
        .window(session(millis(30)))
        .sum(|e| e.n)
        .map(|w| (w.key, w.window.start.0, w.value))
        .sink(ledger("sessions"));
}

fn expect_sessions(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    let mut by_key: BTreeMap<u64, Vec<&Event>> = BTreeMap::new();
    for e in all(inputs, "events") {
        by_key.entry(e.key).or_default().push(e);
    }
    let mut rows = Vec::new();
    for (key, mut events) in by_key {
        events.sort_by_key(|e| e.at);
        let mut open: Option<(i64, i64, i64)> = None;
        for e in events {
            open = match open {
                Some((start, last, n)) if e.at <= last + 30 => Some((start, e.at, n + e.n)),
                closed => {
                    rows.extend(closed.map(|(start, _, n)| (key, start, n)));
                    Some((e.at, e.at, e.n))
                }
            };
        }
        rows.extend(open.map(|(start, _, n)| (key, start, n)));
    }
    [("sessions", rows)].into()
}

#[pipeline]
fn running() {
    let events: Stream<Event> = source(feed("events"));
    let keyed = events.key_by(|e| e.key);
    keyed.count().map(|c| (c.key, c.value as i64, 0i64)).sink(ledger("places"));
    keyed.sum(|e| e.n).map(|c| (c.key, 0i64, c.value)).sink(ledger("sums"));
}

fn expect_running(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    let (mut counts, mut sums) = (BTreeMap::new(), BTreeMap::new());
    let (mut places, mut totals) = (Vec::new(), Vec::new());
    for e in all(inputs, "events") {
        let (count, sum) = (counts.entry(e.key).or_insert(0), sums.entry(e.key).or_insert(0));
        (*count, *sum) = (*count + 1, *sum + e.n);
        places.push((e.key, *count, 0));
        totals.push((e.key, 0, *sum));
    }
    [("places", places), ("sums", totals)].into()
}

/// What a key has in spans of time that have not passed: their ends, and the sum of each.
#[record]
#[derive(Default)]
struct Open {
    spans: Vec<(i64, i64)>,
}

#[pipeline]
fn timers() {
    let events: Stream<Event> = source(feed("events"));
    let events =
        events.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    let others: Stream<Event> = source(feed("others"));
    let others =
        others.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    events
        .union(others)
        .key_by(|e| e.key)
        .process(Open::default)
        .on_event(|open, e, cx| {
            let end = (e.at.div_euclid(40) + 1) * 40;
            match open.spans.iter_mut().find(|span| span.0 == end) {
                Some((_, sum)) => *sum += e.n,
                None => open.spans.push((end, e.n)),
            }
            cx.timer_at(Timestamp::from_millis(end));
        })
        .on_timer(|open, now, cx| {
            // A timer that nobody has set finds nothing: 0 is a row too many.
            let fired = open.spans.iter().filter(|span| span.0 == now.0);
            let sum: i64 = fired.map(|span| span.1).sum();
            cx.emit((cx.key(), now.0, sum));
            open.spans.retain(|span| span.0 != now.0);
        })
        .sink(ledger("spans"));
}

fn expect_timers(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    let mut spans = BTreeMap::new();
    for e in all(inputs, "events").chain(all(inputs, "others")) {
        *spans.entry((e.key, (e.at.div_euclid(40) + 1) * 40)).or_insert(0) += e.n;
    }
    let rows = spans.into_iter().map(|((key, end), n)| (key, end, n)).collect();
    [("spans", rows)].into()
}

#[pipeline]
fn joins() {
    let events: Stream<Event> = source(feed("events"));
    let events =
        events.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    let others: Stream<Event> = source(feed("others"));
    let others =
        others.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    events
        .join(others)
        .on(|e| e.key, |o| o.key)
        .within(-millis(15)..=millis(15))
        .map(|(e, o)| (e.key, e.at, o.n))
        .sink(ledger("pairs"));
}

fn expect_joins(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    let mut pairs = Vec::new();
    for left in all(inputs, "events") {
        let near = |right: &&Event| right.key == left.key && (right.at - left.at).abs() <= 15;
        pairs.extend(all(inputs, "others").filter(near).map(|right| (left.key, left.at, right.n)));
    }
    [("pairs", pairs)].into()
}

#[pipeline]
fn portions() {
    let events: Stream<Event> = source(feed("events"));
    events
        .key_by(|e| e.key)
        .process(|| 0i64)
        .on_event(|sum, e, cx| {
            *sum += e.n;
            cx.processing_timer_after(millis(3));
        })
        .on_timer(|sum, _, cx| {
            cx.emit((cx.key(), 0i64, *sum));
            *sum = 0;
        })
        .on_end(|sum, cx| cx.emit((cx.key(), 0i64, *sum)))
        .sink(ledger("portions"));
}

fn expect_portions(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    [("portions", all(inputs, "events").map(|e| (e.key, 0, e.n)).collect())].into()
}

/// A server's answer, which comes when it comes.
struct Later(i64);

impl Future for Later {
    type Output = i64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<i64> {
        if below(3) == 0 {
            return Poll::Ready(self.0);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// What an event is asked about: a hash map, whose entries have no order of their own.
#[record]
#[derive(Default)]
struct Seen {
    sums: HashMap<u64, i64>,
}

#[pipeline]
fn answers() {
    let events: Stream<Event> = source(feed("events"));
    let timed = events.event_time(|e| Timestamp::from_millis(e.at)).watermarks(bounded(millis(20)));
    let answered = timed.async_map(|e| Later(2 * e.n)).unordered().capacity(3);
    answered
        .key_by(|(e, _)| e.key)
        .window(tumbling(millis(50)))
        .sum(|(_, twice)| twice)
        .map(|w| (w.key, w.window.start.0, w.value))
        .sink(ledger("asked"));
    events
        .key_by(|e| e.key % 2)
        .process(Seen::default)
        .on_event(|seen, e, cx| {
            *seen.sums.entry(e.key).or_default() += e.n;
            cx.emit((e.key, 0i64, e.n));
        })
        .sink(ledger("seen"));
}

fn expect_answers(inputs: &Inputs) -> BTreeMap<&'static str, Vec<Row>> {
    let (mut asked, mut seen) = (BTreeMap::new(), Vec::new());
    for e in all(inputs, "events") {
        *asked.entry((e.key, e.at.div_euclid(50) * 50)).or_insert(0) += 2 * e.n;
        seen.push((e.key, 0, e.n));
    }
    let asked = asked.into_iter().map(|((key, start), n)| (key, start, n)).collect();
    [("asked", asked), ("seen", seen)].into()
}

/// What the rows of each key come to.
pub fn summed(rows: Vec<Row>) -> Vec<Row> {
    let mut sums = BTreeMap::new();
    for (key, at, n) in rows {
        *sums.entry((key, at)).or_insert(0) += n;
    }
    sums.into_iter().map(|((key, at), n)| (key, at, n)).collect()
}
