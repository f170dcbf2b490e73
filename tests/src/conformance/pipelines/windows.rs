//! Windows of keyed streams.

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, EventWith, ONE};
use super::functions::{Figures, list};
use super::{Answer, steps, with};

/// A pipeline per window and function: what stands between `key_by` and the function, and the function's name.
macro_rules! pipelines {
    ($($name:ident($($parameter:ident),*) [$($window:tt)*] $function:ident;)*) => {
        $(pipelines! { @$function $name ($($parameter),*) [$($window)*] })*
    };
    (@values $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| format!(
                "[{},{},{},{}]",
                w.key(), w.window().start.0, w.window().end.0, list(w.to_vec().iter().map(|e| e.value))
            ))
        } }
    };
    (@figures $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| (w.key(), w.with(Figures, |e| e.value)))
            .map(|(key, (n, sum, min, max, hash))| format!("[{key},{n},{sum},{min},{max},{hash}]"))
        } }
    };
    (@figures_process $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| (w.key(), w.window().start, w.window().end, w.with(Figures, |e| e.value)))
            .map(|(key, start, end, (n, sum, min, max, hash))| format!(
                "[{key},{},{},{n},{sum},{min},{max},{hash},\"wm\"]", start.0, end.0
            ))
        } }
    };
    (@reduce $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .reduce(|a, b| EventWith { key: a.key, value: a.value + b.value, command: 0, at: a.at })
            .map(|r| format!("[{},{}]", r.key, r.value.value))
        } }
    };
    (@reduce_process $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| (w.key(), w.window().start, w.window().end, w.sum(|e| e.value), w.max(|e| e.at)))
            .map(|(key, start, end, sum, last)| format!(
                "[{key},{},{},{sum},{}]", start.0, end.0, last.0
            ))
        } }
    };
    (@sum $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .sum(|e| e.value).map(|w| format!("[{},{}]", w.key, w.value))
        } }
    };
    (@max $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .max(|e| e.value).map(|w| format!("[{},{}]", w.key, w.value))
        } }
    };
    (@max_by $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .max_by(|e| e.value).map(|w| format!("[{},{}]", w.key, w.value.value))
        } }
    };
    (@min_by $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .min_by(|e| e.value).map(|w| format!("[{},{}]", w.key, w.value.value))
        } }
    };
    (@emit $name:ident ($($parameter:ident),*) [$($window:tt)*] { $($result:tt)* }) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late = side();
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.key_by(|e| e.key) $($window)* .late_to(late) $($result)*;
            out.sink(discard());
            late.sink(discard());
        }
    };
}

pipelines! {
    tumbling_values(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] values;
    tumbling_figures(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] figures;
    tumbling_figures_process(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] figures_process;
    tumbling_reduce(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] reduce;
    tumbling_reduce_process(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] reduce_process;
    tumbling_sum(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] sum;
    tumbling_max(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] max;
    tumbling_max_by(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] max_by;
    tumbling_min_by(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))] min_by;
}

/// Replays a case of a keyed window.
pub fn answer(case: &Case) -> Answer {
    let plain = case.word("trigger").is_empty() && case.word("evictor").is_empty();
    let setup = match (case.word("window"), case.word("function"), plain) {
        ("tumbling", "process", true) => testing::pipeline(tumbling_values),
        ("tumbling", "aggregate", true) => testing::pipeline(tumbling_figures),
        ("tumbling", "aggregate_process", true) => testing::pipeline(tumbling_figures_process),
        ("tumbling", "reduce", true) => testing::pipeline(tumbling_reduce),
        ("tumbling", "reduce_process", true) => testing::pipeline(tumbling_reduce_process),
        ("tumbling", "sum", true) => testing::pipeline(tumbling_sum),
        ("tumbling", "max", true) => testing::pipeline(tumbling_max),
        ("tumbling", "maxBy", true) => testing::pipeline(tumbling_max_by),
        ("tumbling", "minBy", true) => testing::pipeline(tumbling_min_by),
        _ => return Answer::NotBuilt,
    };
    steps(with(setup, case, &["size", "offset", "lateness"]), case, &ONE)
}
