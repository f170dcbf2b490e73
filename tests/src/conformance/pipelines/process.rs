//! Process functions with timers.

use std::collections::BTreeMap;

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, PLAIN};
use super::functions::list;
use super::{Answer, steps};

/// What the recorded function keeps per key.
#[record]
#[derive(Default)]
struct Kept {
    count: Option<i64>,
    list: Vec<i64>,
    chain: BTreeMap<i64, i64>,
}

/// A number as JSON.
pub fn or_null(count: Option<i64>) -> String {
    count.map_or("null".to_owned(), |count| count.to_string())
}

#[pipeline]
fn timers() {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let out = timed
        .key_by(|e| e.key)
        .process(Kept::default)
        .on_event(|state, e, cx| {
            state.count = Some(state.count.unwrap_or(0) + 1);
            let (at, watermark) = (cx.timestamp(), cx.watermark());
            let value = millis(e.value);
            match e.command {
                0 => state.list.push(e.value),
                1 => cx.timer_at(Timestamp(e.value)),
                2 => cx.cancel(Timestamp(e.value)),
                3 if watermark == Timestamp::MIN => cx.timer_at(at + value),
                3 => cx.timer_at(watermark + value),
                4 => {
                    *state = Kept::default();
                    cx.clear();
                }
                5 => {
                    state.chain.insert(at.0, e.value);
                    cx.timer_at(at);
                }
                _ => {
                    cx.timer_at(at);
                    cx.timer_at(at);
                    cx.timer_at(at + millis(1));
                    cx.cancel(at + millis(1));
                }
            }
            let (count, kept) = (or_null(state.count), list(&state.list));
            cx.emit(format!(
                "[\"e\",{},{},{count},{kept},{},{}]",
                e.key, e.value, watermark.0, at.0
            ));
        })
        .on_timer(|state, at, cx| {
            let count = state.count.unwrap_or(0) + 100;
            state.count = Some(count);
            if let Some(period) = state.chain.remove(&at.0)
                && count.div_euclid(100) % 5 != 0
            {
                let next = at + millis(period);
                state.chain.insert(next.0, period);
                cx.timer_at(next);
                cx.cancel(next + millis(1));
            }
            let (kept, watermark) = (state.list.len(), cx.watermark().0);
            let (key, at) = (cx.key(), at.0);
            cx.emit(format!("[\"t\",{key},{at},{count},{kept},{watermark},{at}]"));
        });
    out.sink(discard());
}

/// Replays a case of a keyed process function, whose state is kept for ever.
pub fn keyed(case: &Case) -> Answer {
    steps(testing::pipeline(timers), case, &PLAIN)
}
