//! Process functions of two inputs, end to end.

use std::sync::{LazyLock, Mutex, PoisonError};

use thalweg::connector::{Collected, Source};
use thalweg::job::Job;
use thalweg::prelude::*;
use thalweg::task::Ending;

#[record]
struct Order {
    id: u32,
    text: String,
    country: u64,
    at: Timestamp,
}

#[record]
struct Payment {
    order: u32,
    euros: i64,
    at: Timestamp,
}

#[record]
#[derive(Default)]
struct Open {
    texts: ListState<String>,
    paid: i64,
}

static RUNNING: Mutex<()> = Mutex::new(());
static LINES: LazyLock<Collected<String>> = LazyLock::new(Collected::default);

fn orders() -> impl Source<Record = Order> {
    let order = |i: u32| Order {
        id: i % 5,
        text: format!("order {i}"),
        country: u64::from(i % 3),
        at: Timestamp(i64::from(i) * 1_000),
    };
    collection((0..20).map(order).collect::<Vec<_>>())
}

fn payments() -> impl Source<Record = Payment> {
    let payment =
        |i: u32| Payment { order: i % 4, euros: i64::from(i), at: Timestamp(i64::from(i) * 700) };
    collection((0..20).map(payment).collect::<Vec<_>>())
}

/// What a pipeline writes, in order of the text, at parallelism 1, 2 and 3: the same each time.
fn answers(job: impl Fn() -> Job) -> Vec<String> {
    let _running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut all: Vec<Vec<String>> = Vec::new();
    for parallelism in 1..=3 {
        let summary = job().parallelism(parallelism).run();
        let summary = summary.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(summary.ending, Ending::Finished);
        all.push(LINES.sorted());
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]), "{all:#?}");
    all.swap_remove(0)
}

#[pipeline]
fn unpaid() {
    let large = side();
    let payments = source(payments())
        .event_time(|p| p.at)
        .watermarks(bounded(hours(1)))
        .filter(|p| p.euros != 3)
        .key_by(|p| p.order);
    source(orders())
        .event_time(|o| o.at)
        .watermarks(bounded(hours(1)))
        .key_by(|o| o.id)
        .connect(payments)
        .process(Open::default)
        .on_left(|open, o, cx| {
            open.texts.push(o.text);
            cx.timer_at(Timestamp(1_000_000));
        })
        .on_right(|open, p, cx| {
            open.paid += p.euros;
            if p.euros > 17 {
                cx.emit_to(large, p.euros);
            }
        })
        .on_timer(|open, _, cx| {
            for text in open.texts.iter() {
                cx.emit((cx.key(), text, open.paid));
            }
            cx.clear();
        })
        .on_end(|open, cx| cx.emit((cx.key(), "end", open.paid)))
        .filter(|(_, text, _)| text.len() < 8)
        .map(|(id, text, paid)| format!("{id} {text} {paid}"))
        .sink(LINES.sink());
    large.map(|euros| format!("large {euros}")).sink(LINES.sink());
}

#[test]
fn two_inputs_share_state_and_timers() {
    let mut expected = vec!["large 18".to_owned(), "large 19".to_owned()];
    // Payments i with i % 4 == id, but the third: 0+4+..+16, 1+5+..+17, 2+6+..+18, 7+..+19; nobody pays order 4.
    for (id, paid) in [(0, 40), (1, 45), (2, 50), (3, 52), (4, 0)] {
        expected.extend((0..10).filter(|i| i % 5 == id).map(|i| format!("{id} order {i} {paid}")));
    }
    expected.sort();
    assert_eq!(answers(|| Job::new(unpaid)), expected);
}

#[pipeline]
fn ruled() {
    let rules = source(collection(vec![(0u64, 100i64), (1, 200), (2, 300), (1, -1), (4, 500)]))
        .event_time(|_| Timestamp(0))
        .watermarks(monotonic())
        .broadcast_by(|(country, _)| country);
    source(orders())
        .event_time(|o| o.at)
        .watermarks(monotonic())
        .key_by(|o| o.id)
        .connect(rules)
        .process(|| 0u64)
        .on_event(|n, o, cx| {
            *n += 1;
            // What is known of the rules now depends on who was faster; in the end all are.
            let _ = cx.broadcast().get(o.country);
            cx.timer_at(Timestamp::MAX);
        })
        .on_broadcast(|rules, (country, limit), cx| {
            if limit < 0 {
                rules.remove(cx.key());
            } else {
                rules.insert(country, (country, limit));
            }
            cx.each_key(|_, n| *n += 0);
        })
        .on_timer(|n, _, cx| {
            for (country, (_, limit)) in cx.broadcast().iter() {
                cx.emit((cx.key(), *n, country, limit));
            }
        })
        .map(|(id, n, country, limit)| format!("{id} {n} {country} {limit}"))
        .sink(LINES.sink());
}

#[test]
fn every_task_knows_the_rules() {
    let mut expected = Vec::new();
    for id in 0..5 {
        for (country, limit) in [(0, 100), (2, 300), (4, 500)] {
            expected.push(format!("{id} 4 {country} {limit}"));
        }
    }
    assert_eq!(answers(|| Job::new(ruled)), expected);
}

#[pipeline]
fn kept() {
    let rules = source(collection(vec![0u64, 1, 2]))
        .map(|i| (i % 2, ["a", "b", "c"][i as usize]))
        .processing_time()
        .broadcast_by(|(country, _)| country);
    source(orders())
        .processing_time()
        .key_by(|o| o.id)
        .connect(rules)
        .process(|| 0u64)
        .on_event(|n, _, _| *n += 1)
        .on_end(|n, cx| {
            let texts: Vec<&str> = [0, 1]
                .iter()
                .filter_map(|c| cx.broadcast().get(*c))
                .map(|(_, text)| text)
                .collect();
            cx.emit((cx.key(), *n, texts.join(" ")));
        })
        .map(|(id, n, texts)| format!("{id} {n} {texts}"))
        .sink(LINES.sink());
}

#[test]
fn rules_are_kept_by_themselves() {
    let expected: Vec<String> = (0..5).map(|id| format!("{id} 4 c b")).collect();
    assert_eq!(answers(|| Job::new(kept)), expected);
}
