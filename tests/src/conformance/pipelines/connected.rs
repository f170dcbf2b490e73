//! Process functions of two inputs: both keyed, and rules for all keys.

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, PLAIN, Ports};
use super::functions::list;
use super::process::or_null;
use super::{Answer, steps};

/// What the recorded function keeps per key.
#[record]
#[derive(Default)]
struct Both {
    sum: Option<i64>,
    rights: Vec<i64>,
}

#[pipeline]
fn connected() {
    let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
    let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
    let left = lefts.event_time(|e| e.at).watermarks(monotonic());
    let right = rights.event_time(|e| e.at).watermarks(monotonic());
    let keyed = right.key_by(|e| e.key);
    let out = left
        .key_by(|e| e.key)
        .connect(keyed)
        .process(Both::default)
        .on_left(|state, e, cx| {
            let sum = state.sum.unwrap_or(0) + e.value;
            state.sum = Some(sum);
            let (at, watermark) = (cx.timestamp(), cx.watermark().0);
            cx.timer_at(at + millis(5));
            cx.emit(format!("[\"l\",{},{sum},{watermark},{}]", e.key, at.0));
        })
        .on_right(|state, e, cx| {
            state.rights.push(e.value);
            let (at, watermark) = (cx.timestamp(), cx.watermark().0);
            if e.value % 3 == 0 {
                cx.cancel(at + millis(5));
            }
            let sum = or_null(state.sum);
            cx.emit(format!("[\"r\",{},{sum},{watermark},{}]", e.key, at.0));
        })
        .on_timer(|state, at, cx| {
            let (rights, watermark) = (list(&state.rights), cx.watermark().0);
            state.rights.clear();
            let sum = or_null(state.sum);
            let (key, at) = (cx.key(), at.0);
            cx.emit(format!("[\"t\",{key},{at},{sum},{rights},{watermark}]"));
        });
    out.sink(discard());
}

#[pipeline]
fn ruled() {
    let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
    let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
    let left = lefts.event_time(|e| e.at).watermarks(monotonic());
    let right = rights.event_time(|e| e.at).watermarks(monotonic());
    let rules = right.broadcast_by(|e| e.key % 2);
    let out = left
        .key_by(|e| e.key)
        .connect(rules)
        .process(i64::default)
        .on_event(|count, e, cx| {
            *count += 1;
            let (at, watermark) = (cx.timestamp(), cx.watermark().0);
            cx.timer_at(at + millis(7));
            let rule = or_null(cx.broadcast().get(e.key % 2).map(|rule| rule.value));
            cx.emit(format!("[\"k\",{},{},{rule},{count},{watermark},{}]", e.key, e.value, at.0));
        })
        .on_broadcast(|rules, e, cx| {
            if e.value % 5 == 0 {
                rules.remove(cx.key());
            } else {
                rules.insert(cx.key(), e);
            }
            if e.value % 7 == 0 {
                cx.each_key(|_, count| *count += 1000);
            }
            let mut kept: Vec<(i64, i64)> =
                rules.iter().map(|(key, rule)| (key, rule.value)).collect();
            kept.sort_unstable();
            let kept = list(kept.iter().map(|(key, value)| format!("[{key},{value}]")));
            let (at, watermark) = (cx.timestamp().0, cx.watermark().0);
            cx.emit(format!("[\"b\",{kept},{watermark},{at}]"));
        })
        .on_timer(|count, at, cx| {
            let rule = or_null(cx.broadcast().get(cx.key() % 2).map(|rule| rule.value));
            let (key, at, watermark) = (cx.key(), at.0, cx.watermark().0);
            cx.emit(format!("[\"t\",{key},{at},{count},{rule},{watermark}]"));
        });
    out.sink(discard());
}

/// Two sources, state that is kept for ever.
const TWO: Ports = Ports { sources: &["lefts", "rights"], ..PLAIN };

/// Replays a case of two keyed inputs.
pub fn connect(case: &Case) -> Answer {
    steps(testing::pipeline(connected), case, &TWO)
}

/// Replays a case of rules.
pub fn broadcast(case: &Case) -> Answer {
    steps(testing::pipeline(ruled), case, &TWO)
}
