//! Two inputs by key: windows, groups, intervals.

use std::ops::Bound;

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, EventRef, Ports};
use super::functions::list;
use super::{Answer, steps, with};

/// A pair of an inner join.
fn pair((left, right): (EventRef<'_>, EventRef<'_>)) -> String {
    format!("[{},{},{}]", left.key, left.value, right.value)
}

/// A row of a left join.
fn left_row((left, right): (EventRef<'_>, Option<EventRef<'_>>)) -> String {
    let right = right.map_or("null".to_owned(), |right| right.value.to_string());
    format!("[{},{},{right}]", left.key, left.value)
}

/// A pair of an interval join.
fn timed_pair((left, right): (EventRef<'_>, EventRef<'_>)) -> String {
    let (left_at, right_at) = (left.at.0, right.at.0);
    format!("[{},{},{},{left_at},{right_at},\"time\"]", left.key, left.value, right.value)
}

/// A pipeline per join and bound: the words behind the keys.
macro_rules! pipelines {
    ($($name:ident($($parameter:ident),*) $join:ident [$($bound:tt)*] [$($words:tt)*];)*) => {$(
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let late_left = side();
            let late_right = side();
            let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
            let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
            let timed_lefts = lefts.event_time(|e| e.at).watermarks(monotonic());
            let timed_rights = rights.event_time(|e| e.at).watermarks(monotonic());
            let out = timed_lefts
                .$join(timed_rights)
                .on(|e| e.key, |e| e.key)
                $($bound)*
                .late_left_to(late_left)
                .late_right_to(late_right)
                $($words)*;
            out.sink(discard());
            late_left.sink(discard());
            late_right.sink(discard());
        }
    )*};
}

pipelines! {
    tumbling_pairs(size, offset, lateness) join [
        .window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))
        ] [.map(pair)
    ];
    sliding_pairs(size, slide, offset, lateness) join [
        .window(sliding(millis(size), millis(slide))).offset(millis(offset))
        .allowed_lateness(millis(lateness))
        ] [.map(pair)
    ];
    session_pairs(gap, lateness) join [
        .window(session(millis(gap))).allowed_lateness(millis(lateness))
        ] [.map(pair)
    ];
    left_rows(size, offset, lateness) left_join [
        .window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))
        ] [.map(left_row)
    ];
    tumbling_groups(size, offset, lateness) co_group [
        .window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))
        ] [
        .apply(|w, lefts, rights, out| {
            let (lefts, rights) = (list(lefts.iter().map(|e| e.value)), list(rights.iter().map(|e| e.value)));
            out.emit(format!("[{},{lefts},{rights}]", w.key()));
        })
    ];
    sliding_groups(size, slide, offset, lateness) co_group [
        .window(sliding(millis(size), millis(slide))).offset(millis(offset))
        .allowed_lateness(millis(lateness))
        ] [
        .apply(|w, lefts, rights, out| {
            let (lefts, rights) = (list(lefts.iter().map(|e| e.value)), list(rights.iter().map(|e| e.value)));
            out.emit(format!("[{},{lefts},{rights}]", w.key()));
        })
    ];
    session_groups(gap, lateness) co_group [
        .window(session(millis(gap))).allowed_lateness(millis(lateness))
        ] [
        .apply(|w, lefts, rights, out| {
            let (lefts, rights) = (list(lefts.iter().map(|e| e.value)), list(rights.iter().map(|e| e.value)));
            out.emit(format!("[{},{lefts},{rights}]", w.key()));
        })
    ];
    interval(lower, upper, lower_exclusive, upper_exclusive) join [
        .within(bounds(lower, upper, lower_exclusive, upper_exclusive))
        ] [.map(timed_pair)
    ];
}

fn bounds(
    lower: i64,
    upper: i64,
    lower_exclusive: i64,
    upper_exclusive: i64,
) -> (Bound<Span>, Bound<Span>) {
    let bound = |at: i64, exclusive: i64| match exclusive {
        0 => Bound::Included(millis(at)),
        _ => Bound::Excluded(millis(at)),
    };
    (bound(lower, lower_exclusive), bound(upper, upper_exclusive))
}

const TWO: Ports = Ports {
    sources: &["lefts", "rights"],
    late: &[("late_left", "LL"), ("late_right", "RL")],
    texts: &[],
    forgets: true,
    tells_late: false,
};

/// Joins and groups by window.
pub fn by_window(case: &Case) -> Answer {
    let grouped = case.word("op") == "cogroup";
    let outer = case.word("function") == "left_outer";
    let (pipeline, parameters): (_, &[&str]) = match (case.word("window"), grouped, outer) {
        ("tumbling", _, true) => (testing::pipeline(left_rows), &["size", "offset", "lateness"]),
        ("tumbling", true, _) => {
            (testing::pipeline(tumbling_groups), &["size", "offset", "lateness"])
        }
        ("tumbling", ..) => (testing::pipeline(tumbling_pairs), &["size", "offset", "lateness"]),
        ("sliding", true, _) => {
            (testing::pipeline(sliding_groups), &["size", "slide", "offset", "lateness"])
        }
        ("sliding", ..) => {
            (testing::pipeline(sliding_pairs), &["size", "slide", "offset", "lateness"])
        }
        ("session", true, _) => (testing::pipeline(session_groups), &["gap", "lateness"]),
        ("session", ..) => (testing::pipeline(session_pairs), &["gap", "lateness"]),
        _ => return Answer::NotBuilt,
    };
    steps(with(pipeline, case, parameters), case, &TWO)
}

/// Joins by interval.
pub fn by_interval(case: &Case) -> Answer {
    let setup = with(testing::pipeline(interval), case, &["lower", "upper"]);
    let setup = ["lower_exclusive", "upper_exclusive"]
        .iter()
        .fold(setup, |setup, name| setup.arg(name, i64::from(case.is(name))));
    steps(setup, case, &TWO)
}
