//! Windows over all records, windows behind windows, and which windows are merged.

use serde_json::{Value, json};
use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, EventWith, ONE, PLAIN, Ports};
use super::functions::list;
use super::{Answer, numbered, steps};

/// A pipeline per window over all records.
macro_rules! over_all {
    ($($name:ident($($parameter:ident),*) [$($window:tt)*];)*) => { $(
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late = side();
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let windows = timed $($window)* .late_to(late).to_vec();
            let out = windows.map(|w| {
                let events = list(w.value.iter().map(|e| format!("[{},{}]", e.key, e.value)));
                format!("[{},{},{events}]", w.window.start.0, w.window.end.0)
            });
            out.sink(discard());
            late.sink(discard());
        }
    )* };
}

over_all! {
    all_tumbling(size, lateness)
        [.window_all(tumbling(millis(size))).allowed_lateness(millis(lateness))];
    all_sliding(size, slide, lateness)
        [.window_all(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))];
    all_session(gap, lateness)
        [.window_all(session(millis(gap))).allowed_lateness(millis(lateness))];
}

/// Windows by number over all records.
macro_rules! counted_over_all {
    ($($name:ident($($parameter:ident),*) $window:expr;)*) => { $(
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.window_all($window).apply(|_, events, out| {
                let events = list(events.iter().map(|e| format!("[{},{}]", e.key, e.value)));
                out.emit(format!("[null,null,{events}]"));
            });
            out.sink(discard());
        }
    )* };
}

counted_over_all! {
    all_counted(size) tumbling_count(size as u64);
    all_counted_sliding(size, slide) sliding_count(size as u64, slide as u64);
}

/// Replays a case of windows over all records.
pub fn window_all(case: &Case) -> Answer {
    let setup = match case.word("window") {
        "tumbling" => testing::pipeline(all_tumbling),
        "sliding" => testing::pipeline(all_sliding),
        "session" => testing::pipeline(all_session),
        _ => {
            let pipeline =
                if case.number("slide").is_some() { all_counted_sliding } else { all_counted };
            return steps(numbered(testing::pipeline(pipeline), case), case, &PLAIN);
        }
    };
    steps(numbered(setup, case), case, &ONE)
}

/// A pipeline per first window: sums per key, and windows over all of these.
macro_rules! chained {
    ($($name:ident($($parameter:ident),*) [$($window:tt)*];)*) => { $(
        #[pipeline]
        fn $name($($parameter: i64,)* second_size: i64, second_lateness: i64) {
            let late = side();
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let sums = timed.key_by(|e| e.key) $($window)* .sum(|e| e.value);
            let windows = sums
                .map(|sum| (sum.key, sum.value))
                .window_all(tumbling(millis(second_size)))
                .allowed_lateness(millis(second_lateness))
                .late_to(late)
                .to_vec();
            let out = windows.map(|w| {
                let mut sums: Vec<(i64, i64)> = w.value.iter().collect();
                sums.sort_unstable();
                let sums = list(sums.iter().map(|(key, sum)| format!("[{key},{sum}]")));
                format!("[{},{},{sums}]", w.window.start.0, w.window.end.0)
            });
            out.sink(discard());
            late.map(|(key, value)| EventWith { key, value, command: 0i64, at: Timestamp(0) })
                .sink(discard());
        }
    )* };
}

chained! {
    chain_tumbling(size, lateness)
        [.window(tumbling(millis(size))).allowed_lateness(millis(lateness))];
    chain_sliding(size, slide, lateness)
        [.window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))];
    chain_session(gap, lateness)
        [.window(session(millis(gap))).allowed_lateness(millis(lateness))];
}

/// Replays a case of windows behind windows.
pub fn chain(case: &Case) -> Answer {
    let setup = match case.word("window") {
        "tumbling" => testing::pipeline(chain_tumbling),
        "sliding" => testing::pipeline(chain_sliding),
        "session" => testing::pipeline(chain_session),
        _ => return Answer::NotBuilt,
    };
    steps(numbered(setup, case), case, &Ports { tells_late: true, ..ONE })
}

#[pipeline]
fn merging() {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let out = timed
        .key_by(|e| e.key)
        .window(dynamic_session())
        .gap(|e| millis(e.value))
        .aggregate(|w| (w.window().start, w.window().end, w.to_vec()));
    out.sink(discard());
}

/// Which windows are merged, and into which.
pub fn merged(case: &Case) -> Answer {
    let mut t = testing::pipeline(merging).only_fed_watermarks().start();
    for step in &case.steps {
        let (start, end) = (step[0].as_i64().unwrap_or(0), step[1].as_i64().unwrap_or(0));
        let event = Event { key: 0, value: end - start, command: 0, at: Timestamp(start) };
        t.send("events", event);
    }
    t.finish();
    let mut found: Vec<Value> = Vec::new();
    for (start, end, events) in t.results::<(Timestamp, Timestamp, Vec<Event>)>("out") {
        let window = |e: &Event| json!([e.at.0, e.at.0 + e.value]);
        let mut members: Vec<Value> = events.iter().map(window).collect();
        members.sort_by_key(Value::to_string);
        // Flink tells a window once, however many elements have it.
        members.dedup();
        if members.len() > 1 {
            found.push(json!([start.0, end.0, members]));
        }
    }
    let mut recorded = case.output.clone();
    for merge in &mut recorded {
        if let Value::Array(members) = &mut merge[2] {
            members.sort_by_key(Value::to_string);
        }
    }
    found.sort_by_key(Value::to_string);
    recorded.sort_by_key(Value::to_string);
    let differs = found != recorded;
    Answer::Whole(differs.then(|| format!("found {found:?}, recorded {recorded:?}")))
}
