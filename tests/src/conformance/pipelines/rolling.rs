//! Running aggregates of keyed streams.

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, EventWith, PLAIN};
use super::{Answer, steps};

macro_rules! pipelines {
    ($($name:ident { $($running:tt)* })*) => { $(
        #[pipeline]
        fn $name() {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.key_by(|e| e.key) $($running)*;
            out.sink(discard());
        }
    )* };
}

pipelines! {
    reduce {
        .reduce(|a, b| EventWith { key: a.key, value: a.value + b.value, command: 0, at: a.at })
        .map(|r| format!("[{},{}]", r.key, r.value.value))
    }
    sum { .sum(|e| e.value).map(|c| format!("[{},{}]", c.key, c.value)) }
    min { .min(|e| e.value).map(|c| format!("[{},{}]", c.key, c.value)) }
    max { .max(|e| e.value).map(|c| format!("[{},{}]", c.key, c.value)) }
    min_by { .min_by(|e| e.value).map(|c| format!("[{},{}]", c.key, c.value.value)) }
    max_by { .max_by(|e| e.value).map(|c| format!("[{},{}]", c.key, c.value.value)) }
}

/// Replays a case of a running aggregate, whose state is kept for ever.
pub fn answer(case: &Case) -> Answer {
    let setup = match case.word("function") {
        "reduce" => testing::pipeline(reduce),
        "sum" => testing::pipeline(sum),
        "min" => testing::pipeline(min),
        "max" => testing::pipeline(max),
        "minBy" => testing::pipeline(min_by),
        "maxBy" => testing::pipeline(max_by),
        _ => return Answer::NotBuilt,
    };
    steps(setup, case, &PLAIN)
}
