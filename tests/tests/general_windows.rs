//! Triggers, evictors, functions over elements, global and count windows, end to end.

use std::sync::{LazyLock, Mutex, PoisonError};

use thalweg::connector::Collected;
use thalweg::job::Job;
use thalweg::prelude::*;
use thalweg::record::View;
use thalweg::task::Ending;
use thalweg::trigger::{Trigger, TriggerCx, TriggerResult};
use thalweg::window::{Events, Out, WindowCx, WindowFunction};

#[record]
struct Bid {
    auction: u32,
    price: u64,
    url: String,
    at: Timestamp,
}

static INPUT: Mutex<Vec<Bid>> = Mutex::new(Vec::new());
static RUNNING: Mutex<()> = Mutex::new(());
static LINES: LazyLock<Collected<String>> = LazyLock::new(Collected::default);

/// Read by one task, so that the order is kept.
fn input() -> impl thalweg::connector::Source<Record = Bid> {
    collection(INPUT.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

fn bid(auction: u32, price: u64, at: i64) -> Bid {
    Bid { auction, price, url: format!("https://example.test/{price}"), at: Timestamp(at) }
}

/// What a pipeline writes, in order of the text, at parallelism 1, 2 and 3: the same each time.
#[track_caller]
fn check(job: impl Fn() -> Job, bids: &[Bid], expected: &[&str]) {
    let _running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for parallelism in 1..=3 {
        *INPUT.lock().unwrap_or_else(PoisonError::into_inner) = bids.to_vec();
        let summary = job().parallelism(parallelism).run();
        let summary = summary.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(summary.ending, Ending::Finished);
        let mut lines: Vec<String> = LINES.take();
        lines.sort();
        assert_eq!(lines, expected, "at parallelism {parallelism}");
    }
}

#[pipeline]
fn below_mean(margin: u64) {
    source(input())
        .event_time(|b| b.at)
        .watermarks(monotonic())
        .key_by(|b| b.auction)
        .window(tumbling(millis(10)))
        .apply(|w, bids, out| {
            let mean = bids.iter().map(|b| b.price).sum::<u64>() / bids.len() as u64;
            for b in bids {
                if b.price + margin < mean {
                    out.emit((w.key(), w.window().start, b.url));
                }
            }
        })
        .map(|(auction, start, url)| format!("{auction} {} {url}", start.0))
        .sink(LINES.sink());
}

#[test]
fn apply_emits_what_borrows_from_elements() {
    let bids = [bid(1, 10, 1), bid(2, 5, 2), bid(1, 100, 3), bid(1, 40, 9), bid(1, 9, 12)];
    check(|| Job::new(below_mean).arg("margin", "10"), &bids, &["1 0 https://example.test/10"]);
    check(
        || Job::new(below_mean).arg("margin", "0"),
        &bids,
        &["1 0 https://example.test/10", "1 0 https://example.test/40"],
    );
}

/// Numbers the firings of each key and of each window, and says when a window goes away.
struct Counting {
    cleared: Side<String>,
    prefix: String,
}

impl WindowFunction for Counting {
    type Key = u32;
    type In = Bid;
    type Out = String;
    type KeyState = u64;
    type WindowState = u64;

    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        bids: Events<'_, Bid>,
        out: &mut Out<'_, String>,
    ) {
        *w.key_state() += 1;
        *w.window_state() += 1;
        let prices: Vec<u64> = bids.iter().map(|b| b.price).collect();
        let (key, window) = (*w.key_state(), *w.window_state());
        let (auction, start, prefix) = (w.key(), w.window().start.0, &self.prefix);
        out.emit(format!("{prefix} {auction} {start} {prices:?} key {key} window {window}"));
    }

    fn clear(&self, w: &mut WindowCx<'_, Self>) {
        let text = format!("{} {} cleared after {}", w.key(), w.window().start.0, w.window_state());
        w.emit_to(self.cleared, text);
        if w.window().start.0 >= 10 {
            w.forget_key();
        }
    }
}

#[pipeline]
fn counting(prefix: String) {
    let cleared = side();
    let late = side();
    source(input())
        .event_time(|b| b.at)
        .watermarks(bounded(millis(0)))
        .key_by(|b| b.auction)
        .window(tumbling(millis(10)))
        .allowed_lateness(millis(5))
        .late_to(late)
        .process(Counting { cleared, prefix })
        .sink(LINES.sink());
    cleared.sink(LINES.sink());
    late.map(|b| format!("late {}", b.price)).sink(LINES.sink());
}

#[test]
fn functions_keep_state_per_key_and_per_window_and_write_to_sides() {
    let bids = [bid(1, 1, 1), bid(1, 2, 2), bid(1, 3, 13), bid(2, 7, 15)];
    check(
        || Job::new(counting).arg("prefix", ">"),
        &bids,
        &[
            "1 0 cleared after 1",
            "1 10 cleared after 1",
            "2 10 cleared after 1",
            "> 1 0 [1, 2] key 1 window 1",
            "> 1 10 [3] key 2 window 1",
            "> 2 10 [7] key 1 window 1",
        ],
    );
}

#[pipeline]
fn counts(n: u64) {
    let bids = source(input()).event_time(|b| b.at).watermarks(monotonic()).key_by(|b| b.auction);
    bids.window(tumbling_count(n))
        .sum(|b| b.price)
        .map(|w| format!("tumbling {} {}", w.key, w.value))
        .sink(LINES.sink());
    bids.window(sliding_count(3, 2))
        .aggregate(|w| (w.key(), w.count(), w.to_vec()))
        .map(|(key, n, bids)| {
            let prices: Vec<u64> = bids.iter().map(|b| b.price).collect();
            format!("sliding {key} {n} {prices:?}")
        })
        .sink(LINES.sink());
    bids.window(sliding_count(3, 2))
        .reduce(|a, b| if a.price >= b.price { a } else { b })
        .map(|w| format!("greatest {} {}", w.key, w.value.price))
        .sink(LINES.sink());
    bids.window(sliding_count(2, 2))
        .fold(100u64, |sum, b| sum + b.price)
        .map(|w| format!("folded {} {}", w.key, w.value))
        .sink(LINES.sink());
    bids.window(tumbling_count(3))
        .reduce(|a, b| BidWith {
            auction: a.auction,
            price: a.price * 10 + b.price,
            url: a.url,
            at: b.at,
        })
        .map(|w| format!("reduced {} {}", w.key, w.value.price))
        .sink(LINES.sink());
    bids.window(tumbling_count(2))
        .fold(0u64, |sum, b| sum * 10 + b.price)
        .map(|w| format!("digits {} {}", w.key, w.value))
        .sink(LINES.sink());
}

#[test]
fn windows_of_a_number_of_elements() {
    let bids: Vec<Bid> = (1..=5).map(|n| bid(1, n, n as i64)).chain([bid(2, 9, 9)]).collect();
    check(
        || Job::new(counts).arg("n", "2"),
        &bids,
        &[
            "digits 1 12",
            "digits 1 34",
            "folded 1 103",
            "folded 1 107",
            "greatest 1 2",
            "greatest 1 4",
            "reduced 1 123",
            "sliding 1 2 [1, 2]",
            "sliding 1 3 [2, 3, 4]",
            "tumbling 1 3",
            "tumbling 1 7",
        ],
    );
}

#[pipeline]
fn triggered(step: u64) {
    let bids = source(input()).event_time(|b| b.at).watermarks(monotonic());
    let keyed = bids.key_by(|b| b.auction);
    keyed
        .window(global_window())
        .trigger(trigger::purging(trigger::count(2)))
        .to_vec()
        .map(|w| format!("purged {} {}", w.key, w.value.len()))
        .sink(LINES.sink());
    keyed
        .window(global_window())
        .trigger(trigger::end_of_stream())
        .fold(0u64, |sum, b| sum + b.price)
        .map(|w| format!("at the end {} {}", w.key, w.value))
        .sink(LINES.sink());
    keyed
        .window(global_window())
        .delta_trigger(step, |old, new| new.price - old.price)
        .purging()
        .apply(|w, bids, out| out.emit(format!("far {} {}", w.key(), bids.len())))
        .sink(LINES.sink());
    keyed
        .window(global_window())
        .delta_trigger(step, |old, new| new.price - old.price)
        .count()
        .map(|w| format!("so far {} {}", w.key, w.value))
        .sink(LINES.sink());
    bids.window_all(tumbling(millis(100)))
        .trigger(trigger::early(millis(10)))
        .evictor(evictor::count(2))
        .apply(|_, bids, out| {
            let prices: Vec<u64> = bids.iter().map(|b| b.price).collect();
            out.emit(format!("early {prices:?}"));
        })
        .sink(LINES.sink());
    bids.window_all(tumbling(millis(100)))
        .delta_evictor(3u64, |old, new| new.price - old.price)
        .aggregate(|w| (w.count(), w.min(|b| b.price)))
        .map(|(n, least)| format!("near {n} {least}"))
        .sink(LINES.sink());
}

#[test]
fn triggers_and_evictors() {
    let bids: Vec<Bid> = (1..=6).map(|n| bid(1, n, 5 * n as i64)).collect();
    check(
        || Job::new(triggered).arg("step", "2"),
        &bids,
        &[
            "at the end 1 21",
            "early [5, 6]",
            "far 1 4",
            "near 3 4",
            "purged 1 2",
            "purged 1 2",
            "purged 1 2",
            "so far 1 4",
        ],
    );
}

/// Fires for every large bid, and at the end.
#[derive(Clone)]
struct AtOnce {
    price: u64,
}

impl Trigger<Bid> for AtOnce {
    type State = u64;
    const MERGES: bool = true;

    fn on_element(&self, bid: View<'_, Bid>, cx: &mut TriggerCx<'_, u64>) -> TriggerResult {
        cx.event_timer(cx.last());
        *cx.state() += 1;
        if bid.price >= self.price { TriggerResult::Fire } else { TriggerResult::Continue }
    }

    fn on_event_time(&self, _: Timestamp, cx: &mut TriggerCx<'_, u64>) -> TriggerResult {
        if *cx.state() > 1 { TriggerResult::Fire } else { TriggerResult::Continue }
    }

    fn on_merge(&self, merged: u64, cx: &mut TriggerCx<'_, u64>) {
        *cx.state() += merged;
    }
}

#[pipeline]
fn own_trigger(price: u64) {
    source(input())
        .event_time(|b| b.at)
        .watermarks(bounded(millis(50)))
        .key_by(|b| b.auction)
        .window(session(millis(10)))
        .trigger(AtOnce { price })
        .sum(|b| b.price)
        .map(|w| format!("{} {}..{} {}", w.key, w.window.start.0, w.window.end.0, w.value))
        .sink(LINES.sink());
}

#[test]
fn a_trigger_of_ones_own_on_sessions() {
    let bids = [bid(1, 1, 0), bid(1, 2, 20), bid(1, 3, 10), bid(2, 90, 0), bid(3, 4, 0)];
    check(|| Job::new(own_trigger).arg("price", "50"), &bids, &["1 0..30 6", "2 0..10 90"]);
}

#[pipeline]
fn sessions(n: i64) {
    let bids = source(input()).event_time(|b| b.at).watermarks(bounded(millis(50)));
    bids.key_by(|b| b.auction)
        .window(dynamic_session())
        .gap(|b| millis(n + (b.price % 2) as i64 * 10))
        .apply(|w, bids, out| {
            let prices: Vec<u64> = bids.iter().map(|b| b.price).collect();
            out.emit(format!(
                "{} {}..{} {prices:?}",
                w.key(),
                w.window().start.0,
                w.window().end.0
            ));
        })
        .sink(LINES.sink());
    bids.window_all(session(millis(12)))
        .evictor(evictor::time(millis(15)))
        .sum(|b| b.price)
        .map(|w| format!("all {}..{} {}", w.window.start.0, w.window.end.0, w.value))
        .sink(LINES.sink());
    bids.window_all(session(millis(12)))
        .trigger(trigger::count(2))
        .reduce(|a, b| if a.price < b.price { a } else { b })
        .map(|w| format!("least {}", w.value.price))
        .sink(LINES.sink());
}

#[test]
fn sessions_keep_their_elements_in_order_of_arrival() {
    let bids = [bid(1, 1, 0), bid(1, 2, 22), bid(1, 3, 11), bid(1, 4, 60)];
    check(
        || Job::new(sessions).arg("n", "5"),
        &bids,
        &["1 0..27 [1, 2, 3]", "1 60..65 [4]", "all 0..34 5", "all 60..72 4", "least 1"],
    );
}

#[pipeline]
fn refused_trigger(n: u64) {
    source(input())
        .event_time(|b| b.at)
        .watermarks(monotonic())
        .window_all(global_window())
        .trigger(trigger::count(n))
        .count()
        .map(|w| w.value.to_string())
        .sink(LINES.sink());
}

#[test]
fn what_cannot_be_is_refused_before_the_job_starts() {
    let _running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let error = Job::new(refused_trigger).arg("n", "0").run().unwrap_err().to_string();
    assert!(error.contains("write `trigger::count(100)`"), "{error}");
}
