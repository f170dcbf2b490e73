//! Windows of keyed streams.

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, EventWith, ONE};
use super::functions::{Figures, list};
use super::{Answer, numbered, steps};

/// A pipeline per window and function: what stands between `key_by` and the function, and the function's name.
macro_rules! pipelines {
    ($($name:ident($($parameter:ident),*) [$window:ident] $function:ident;)*) => {
        $(pipelines! { @$window ($($parameter)*) @$function $name ($($parameter),*) })*
    };
    (@tumbling ($size:ident $offset:ident $lateness:ident) $($rest:tt)*) => {
        pipelines! { $($rest)* [
            .window(tumbling(millis($size))).offset(millis($offset)).allowed_lateness(millis($lateness))
        ] }
    };
    (@sliding ($size:ident $slide:ident $offset:ident $lateness:ident) $($rest:tt)*) => {
        pipelines! { $($rest)* [
            .window(sliding(millis($size), millis($slide))).offset(millis($offset))
                .allowed_lateness(millis($lateness))
        ] }
    };
    (@session ($gap:ident $lateness:ident) $($rest:tt)*) => {
        pipelines! { $($rest)* [
            .window(session(millis($gap))).allowed_lateness(millis($lateness))
        ] }
    };
    (@dynamic ($lateness:ident) $($rest:tt)*) => {
        pipelines! { $($rest)* [
            .window(dynamic_session()).gap(|e| millis(1 + e.value.rem_euclid(10)))
                .allowed_lateness(millis($lateness))
        ] }
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
    // Lists of merged sessions have no order in Flink, so their hash says nothing.
    (@session_figures $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| (w.key(), w.window().start, w.window().end, w.with(Figures, |e| e.value)))
            .map(|(key, start, end, (n, sum, min, max, _))| format!(
                "[{key},{},{},{n},{sum},{min},{max},null,\"wm\"]", start.0, end.0
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
    tumbling_values(size, offset, lateness) [tumbling] values;
    tumbling_figures(size, offset, lateness) [tumbling] figures;
    tumbling_figures_process(size, offset, lateness) [tumbling] figures_process;
    tumbling_reduce(size, offset, lateness) [tumbling] reduce;
    tumbling_reduce_process(size, offset, lateness) [tumbling] reduce_process;
    tumbling_sum(size, offset, lateness) [tumbling] sum;
    tumbling_max(size, offset, lateness) [tumbling] max;
    tumbling_max_by(size, offset, lateness) [tumbling] max_by;
    tumbling_min_by(size, offset, lateness) [tumbling] min_by;
    sliding_values(size, slide, offset, lateness) [sliding] values;
    sliding_figures_process(size, slide, offset, lateness) [sliding] figures_process;
    session_values(gap, lateness) [session] values;
    session_figures_process(gap, lateness) [session] session_figures;
    session_reduce_process(gap, lateness) [session] reduce_process;
    dynamic_values(lateness) [dynamic] values;
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
        ("sliding", "process", true) => testing::pipeline(sliding_values),
        ("sliding", "aggregate_process", true) => testing::pipeline(sliding_figures_process),
        ("session", "process", true) => testing::pipeline(session_values),
        ("session", "aggregate_process", true) => testing::pipeline(session_figures_process),
        ("session", "reduce_process", true) => testing::pipeline(session_reduce_process),
        ("session-dynamic", "process", true) => testing::pipeline(dynamic_values),
        _ => return Answer::NotBuilt,
    };
    steps(numbered(setup, case), case, &ONE)
}
