//! Windows of keyed streams.

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, EventWith, ONE, PLAIN, Ports};
use super::functions::{Calls, Figures, Firings, Never, bounds, list};
use super::{Answer, numbered, steps};

/// A pipeline per window and function: `name(parameters) [window parameters; word(parameters) ..] function;`. The words
/// become what stands between `key_by` and the function.
macro_rules! pipelines {
    ($($name:ident($($parameter:ident),*) [$window:ident $(, $word:ident)*] $function:ident;)*) => {
        $(pipelines! { @window $window [$($word)*] $function $name ($($parameter)*) ($($parameter)*) })*
    };
    (@window tumbling $words:tt $function:ident $name:ident
        ($size:ident $offset:ident $lateness:ident $($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [
            late .window(tumbling(millis($size))).offset(millis($offset)).allowed_lateness(millis($lateness))
        ] }
    };
    (@window sliding $words:tt $function:ident $name:ident
        ($size:ident $slide:ident $offset:ident $lateness:ident $($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [
            late .window(sliding(millis($size), millis($slide))).offset(millis($offset))
                .allowed_lateness(millis($lateness))
        ] }
    };
    (@window session $words:tt $function:ident $name:ident
        ($gap:ident $lateness:ident $($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [
            late .window(session(millis($gap))).allowed_lateness(millis($lateness))
        ] }
    };
    (@window dynamic $words:tt $function:ident $name:ident
        ($lateness:ident $($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [
            late .window(dynamic_session()).gap(|e| millis(1 + e.value.rem_euclid(10)))
                .allowed_lateness(millis($lateness))
        ] }
    };
    (@window global $words:tt $function:ident $name:ident ($($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [endless .window(global_window())] }
    };
    (@window counted $words:tt $function:ident $name:ident ($size:ident $($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [
            endless .window(tumbling_count($size as u64))
        ] }
    };
    (@window counted_sliding $words:tt $function:ident $name:ident
        ($size:ident $slide:ident $($rest:ident)*) $all:tt) => {
        pipelines! { @words $words ($($rest)*) $function $name $all [
            endless .window(sliding_count($size as u64, $slide as u64))
        ] }
    };

    (@words [] () $function:ident $name:ident $all:tt $window:tt) => {
        pipelines! { @$function $name $all $window }
    };
    (@words [purging $($words:ident)*] $rest:tt $function:ident $name:ident $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] $rest $function $name $all [
            $($window)* .trigger(trigger::purging(trigger::event_time()))
        ] }
    };
    (@words [count $($words:ident)*] ($n:ident $($rest:ident)*) $function:ident $name:ident $all:tt
        [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .trigger(trigger::count($n as u64))
        ] }
    };
    (@words [count_purging $($words:ident)*] ($n:ident $($rest:ident)*) $function:ident $name:ident $all:tt
        [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .trigger(trigger::purging(trigger::count($n as u64)))
        ] }
    };
    (@words [early $($words:ident)*] ($every:ident $($rest:ident)*) $function:ident $name:ident $all:tt
        [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .trigger(trigger::early(millis($every)))
        ] }
    };
    (@words [early_purging $($words:ident)*] ($every:ident $($rest:ident)*) $function:ident $name:ident
        $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .trigger(trigger::purging(trigger::early(millis($every))))
        ] }
    };
    (@words [delta $($words:ident)*] ($threshold:ident $($rest:ident)*) $function:ident $name:ident $all:tt
        [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .delta_trigger($threshold, |old, new| new.value - old.value)
        ] }
    };
    (@words [delta_purging $($words:ident)*] ($threshold:ident $($rest:ident)*) $function:ident $name:ident
        $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .delta_trigger($threshold, |old, new| new.value - old.value).purging()
        ] }
    };
    (@words [never $($words:ident)*] $rest:tt $function:ident $name:ident $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] $rest $function $name $all [$($window)* .trigger(Never)] }
    };
    (@words [end $($words:ident)*] $rest:tt $function:ident $name:ident $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] $rest $function $name $all [
            $($window)* .trigger(trigger::end_of_stream())
        ] }
    };
    (@words [evict_count $($words:ident)*] ($n:ident $($rest:ident)*) $function:ident $name:ident $all:tt
        [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .evictor(evictor::count($n as u64))
        ] }
    };
    (@words [evict_count_after $($words:ident)*] ($n:ident $($rest:ident)*) $function:ident $name:ident
        $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .evictor(evictor::count($n as u64).after())
        ] }
    };
    (@words [evict_time $($words:ident)*] ($span:ident $($rest:ident)*) $function:ident $name:ident $all:tt
        [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .evictor(evictor::time(millis($span)))
        ] }
    };
    (@words [evict_delta $($words:ident)*] ($threshold:ident $($rest:ident)*) $function:ident $name:ident
        $all:tt [$($window:tt)*]) => {
        pipelines! { @words [$($words)*] ($($rest)*) $function $name $all [
            $($window)* .delta_evictor($threshold, |old, new| new.value - old.value)
        ] }
    };

    (@values $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| (w.key(), w.window(), w.to_vec()))
            .map(|(key, window, events)| format!(
                "[{key},{},{}]", bounds(window), list(events.iter().map(|e| e.value))
            ))
        } }
    };
    (@apply $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .apply(|w, events, out| {
                let values = list(events.iter().map(|e| e.value));
                out.emit(format!("[{},{},{values}]", w.key(), bounds(w.window())));
            })
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
            .aggregate(|w| (w.key(), w.window(), w.with(Figures, |e| e.value)))
            .map(|(key, window, (n, sum, min, max, hash))| format!(
                "[{key},{},{n},{sum},{min},{max},{hash},\"wm\"]", bounds(window)
            ))
        } }
    };
    // Lists of merged sessions have no order in Flink, so their hash says nothing.
    (@session_figures $($rest:tt)*) => {
        pipelines! { @emit $($rest)* {
            .aggregate(|w| (w.key(), w.window(), w.with(Figures, |e| e.value)))
            .map(|(key, window, (n, sum, min, max, _))| format!(
                "[{key},{},{n},{sum},{min},{max},null,\"wm\"]", bounds(window)
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
            .aggregate(|w| (w.key(), w.window(), w.sum(|e| e.value), w.max(|e| e.at)))
            .map(|(key, window, sum, last)| format!("[{key},{},{sum},{}]", bounds(window), last.0))
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
    (@emit $name:ident ($($parameter:ident)*) [endless $($window:tt)*] { $($result:tt)* }) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out = timed.key_by(|e| e.key) $($window)* $($result)*;
            out.sink(discard());
        }
    };
    (@emit $name:ident ($($parameter:ident)*) [late $($window:tt)*] { $($result:tt)* }) => {
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
    (@firings $($rest:tt)*) => { pipelines! { @process $($rest)* Firings } };
    (@calls $($rest:tt)*) => { pipelines! { @process $($rest)* Calls } };
    (@process $name:ident ($($parameter:ident)*) [late $($window:tt)*] $function:ident) => {
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late = side();
            let cleared = side();
            let events: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed = events.event_time(|e| e.at).watermarks(monotonic());
            let out =
                timed.key_by(|e| e.key) $($window)* .late_to(late).process($function { cleared });
            out.sink(discard());
            cleared.sink(discard());
            late.sink(discard());
        }
    };
}

pipelines! {
    tumbling_values(size, offset, lateness) [tumbling] values;
    tumbling_apply(size, offset, lateness) [tumbling] apply;
    tumbling_firings(size, offset, lateness) [tumbling] firings;
    tumbling_purging_firings(size, offset, lateness) [tumbling, purging] firings;
    tumbling_count_apply(size, offset, lateness, trigger_count) [tumbling, count] apply;
    tumbling_count_purging_firings(size, offset, lateness, trigger_count)
        [tumbling, count_purging] firings;
    tumbling_early_apply(size, offset, lateness, trigger_interval) [tumbling, early] apply;
    tumbling_early_firings(size, offset, lateness, trigger_interval) [tumbling, early] firings;
    tumbling_early_purging_apply(size, offset, lateness, trigger_interval)
        [tumbling, early_purging] apply;
    tumbling_evict_count(size, offset, lateness, evictor_count) [tumbling, evict_count] apply;
    tumbling_evict_count_after(size, offset, lateness, evictor_count)
        [tumbling, evict_count_after] apply;
    tumbling_evict_time(size, offset, lateness, evictor_ms) [tumbling, evict_time] apply;
    tumbling_evict_delta(size, offset, lateness, evictor_threshold) [tumbling, evict_delta] apply;
    tumbling_figures(size, offset, lateness) [tumbling] figures;
    tumbling_figures_process(size, offset, lateness) [tumbling] figures_process;
    tumbling_reduce(size, offset, lateness) [tumbling] reduce;
    tumbling_reduce_process(size, offset, lateness) [tumbling] reduce_process;
    tumbling_sum(size, offset, lateness) [tumbling] sum;
    tumbling_max(size, offset, lateness) [tumbling] max;
    tumbling_max_by(size, offset, lateness) [tumbling] max_by;
    tumbling_min_by(size, offset, lateness) [tumbling] min_by;
    sliding_values(size, slide, offset, lateness) [sliding] values;
    sliding_apply(size, slide, offset, lateness) [sliding] apply;
    sliding_firings(size, slide, offset, lateness) [sliding] firings;
    sliding_figures_process(size, slide, offset, lateness) [sliding] figures_process;
    session_values(gap, lateness) [session] values;
    session_apply(gap, lateness) [session] apply;
    session_calls(gap, lateness) [session] calls;
    session_purging_apply(gap, lateness) [session, purging] apply;
    session_count_apply(gap, lateness, trigger_count) [session, count] apply;
    session_count_purging_apply(gap, lateness, trigger_count) [session, count_purging] apply;
    session_early_apply(gap, lateness, trigger_interval) [session, early] apply;
    session_evict_time(gap, lateness, evictor_ms) [session, evict_time] apply;
    session_figures_process(gap, lateness) [session] session_figures;
    session_reduce_process(gap, lateness) [session] reduce_process;
    dynamic_values(lateness) [dynamic] values;
    dynamic_apply(lateness) [dynamic] apply;
    global_never() [global, never] apply;
    global_end() [global, end] apply;
    global_count(trigger_count) [global, count] apply;
    global_count_purging(trigger_count) [global, count_purging] apply;
    global_count_figures(trigger_count) [global, count] figures_process;
    global_count_evict_time(trigger_count, evictor_ms) [global, count, evict_time] apply;
    global_delta(trigger_threshold) [global, delta] apply;
    global_delta_purging(trigger_threshold) [global, delta_purging] apply;
    counted_apply(size) [counted] apply;
    counted_reduce(size) [counted] reduce;
    counted_sliding_apply(size, slide) [counted_sliding] apply;
    counted_sliding_sum(size, slide) [counted_sliding] sum;
}

/// Window, trigger, evictor and function in words: `tumbling count purging process`.
fn described(case: &Case) -> String {
    let window = match (case.word("window"), case.number("slide")) {
        ("count", Some(_)) => "count-sliding",
        (window, _) => window,
    };
    let mut words = vec![window, case.word("trigger")];
    if case.is("purging") {
        words.push("purging");
    }
    if !case.word("evictor").is_empty() {
        words.extend(["evict", case.word("evictor")]);
    }
    if case.is("evict_after") {
        words.push("after");
    }
    words.push(case.word("function"));
    words.retain(|word| !word.is_empty() && *word != "default");
    words.join(" ")
}

/// The sides that a window function with state writes to.
const CLEARED: Ports = Ports { texts: &[("cleared", "C")], ..ONE };
/// Windows that time does not end keep what they have.
const ENDLESS: Ports = PLAIN;

/// Replays a case of a keyed window.
pub fn answer(case: &Case) -> Answer {
    let pipeline = match &*described(case) {
        "tumbling process" => return both(case, tumbling_values, tumbling_apply),
        "sliding process" => return both(case, sliding_values, sliding_apply),
        "session process" => return both(case, session_values, session_apply),
        "session-dynamic process" => return both(case, dynamic_values, dynamic_apply),
        "tumbling aggregate" => tumbling_figures,
        "tumbling aggregate_process" => tumbling_figures_process,
        "tumbling reduce" => tumbling_reduce,
        "tumbling reduce_process" => tumbling_reduce_process,
        "tumbling sum" => tumbling_sum,
        "tumbling max" => tumbling_max,
        "tumbling maxBy" => tumbling_max_by,
        "tumbling minBy" => tumbling_min_by,
        "tumbling count process" => tumbling_count_apply,
        "tumbling continuous-event-time process" => tumbling_early_apply,
        "tumbling continuous-event-time purging process" => tumbling_early_purging_apply,
        "tumbling evict count process" => tumbling_evict_count,
        "tumbling evict count after process" => tumbling_evict_count_after,
        "tumbling evict time process" => tumbling_evict_time,
        "tumbling evict delta process" => tumbling_evict_delta,
        "sliding aggregate_process" => sliding_figures_process,
        "session aggregate_process" => session_figures_process,
        "session reduce_process" => session_reduce_process,
        "session event-time purging process" => session_purging_apply,
        "session count process" => session_count_apply,
        "session count purging process" => session_count_purging_apply,
        "session continuous-event-time process" => session_early_apply,
        "session evict time process" => session_evict_time,
        _ => return stateful(case),
    };
    steps(numbered(testing::pipeline(pipeline), case), case, &ONE)
}

/// Cases whose function keeps state, and windows that time does not end.
fn stateful(case: &Case) -> Answer {
    let (pipeline, ports): (fn() -> thalweg::job::Definition, _) = match &*described(case) {
        "tumbling process_state" => (tumbling_firings, &CLEARED),
        "tumbling event-time purging process_state" => (tumbling_purging_firings, &CLEARED),
        "tumbling count purging process_state" => (tumbling_count_purging_firings, &CLEARED),
        "tumbling continuous-event-time process_state" => (tumbling_early_firings, &CLEARED),
        "sliding process_state" => (sliding_firings, &CLEARED),
        "session process_global" => (session_calls, &CLEARED),
        "global process" => (global_never, &ENDLESS),
        "global-end-of-stream process" => (global_end, &ENDLESS),
        "global count process" => (global_count, &ENDLESS),
        "global count purging process" => (global_count_purging, &ENDLESS),
        "global count aggregate_process" => (global_count_figures, &ENDLESS),
        "global count evict time process" => (global_count_evict_time, &ENDLESS),
        "global delta process" => (global_delta, &ENDLESS),
        "global delta purging process" => (global_delta_purging, &ENDLESS),
        "count process" => (counted_apply, &ENDLESS),
        "count reduce" => (counted_reduce, &ENDLESS),
        "count-sliding process" => (counted_sliding_apply, &ENDLESS),
        "count-sliding sum" => (counted_sliding_sum, &ENDLESS),
        _ => return Answer::NotBuilt,
    };
    // What state a function keeps per key, nobody bounds.
    let ports = Ports { forgets: false, ..*ports };
    steps(numbered(testing::pipeline(pipeline), case), case, &ports)
}

/// Elements kept by an aggregate, and elements kept for a function, have the same meaning.
fn both(
    case: &Case,
    aggregate: fn() -> thalweg::job::Definition,
    apply: fn() -> thalweg::job::Definition,
) -> Answer {
    let run = |pipeline: fn() -> _| steps(numbered(testing::pipeline(pipeline), case), case, &ONE);
    match (run(aggregate), run(apply)) {
        (Answer::Steps(aggregate), Answer::Steps(apply)) => Answer::Either(aggregate, apply),
        (other, _) => other,
    }
}
