//! Joins of two streams.

use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::{Event, TWO};
use super::functions::list;
use super::{Answer, numbered, steps};

/// A pipeline per window: every left value with every right one.
macro_rules! joins {
    ($($name:ident($($parameter:ident),*) [$($window:tt)*];)*) => { $(
        #[pipeline]
        fn $name($($parameter: i64),*) {
            let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
            let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
            let left = lefts.event_time(|e| e.at).watermarks(monotonic());
            let right = rights.event_time(|e| e.at).watermarks(monotonic());
            let pairs = left.join(right).on(|l| l.key, |r| r.key) $($window)*;
            let out = pairs.map(|(l, r)| format!("[{},{},{}]", l.key, l.value, r.value));
            out.sink(discard());
        }
    )* };
}

joins! {
    join_tumbling(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))];
    join_sliding(size, slide, lateness)
        [.window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))];
    join_session(gap, lateness)
        [.window(session(millis(gap))).allowed_lateness(millis(lateness))];
}

/// Replays a case of a join by window.
pub fn window_join(case: &Case) -> Answer {
    let setup = match case.word("window") {
        "tumbling" => testing::pipeline(join_tumbling),
        "sliding" => testing::pipeline(join_sliding),
        "session" => testing::pipeline(join_session),
        _ => return Answer::NotBuilt,
    };
    steps(numbered(setup, case), case, &TWO)
}

/// A pipeline per window: both sides' values.
macro_rules! groups {
    ($($name:ident($($parameter:ident),*) [$($window:tt)*];)*) => { $(
        #[pipeline]
        fn $name($($parameter: i64,)* left_outer: bool) {
            let lefts: Stream<Event> = source(collection(Vec::<Event>::new()));
            let rights: Stream<Event> = source(collection(Vec::<Event>::new()));
            let left = lefts.event_time(|e| e.at).watermarks(monotonic());
            let right = rights.event_time(|e| e.at).watermarks(monotonic());
            let out = left
                .co_group(right)
                .on(|l| l.key, |r| r.key)
                $($window)*
                .apply(move |w, lefts, rights, out| {
                    let key = w.key();
                    if !left_outer {
                        let lefts = list(lefts.iter().map(|e| e.value));
                        let rights = list(rights.iter().map(|e| e.value));
                        out.emit(format!("[{key},{lefts},{rights}]"));
                        return;
                    }
                    for left in lefts.iter() {
                        for right in rights.iter() {
                            out.emit(format!("[{key},{},{}]", left.value, right.value));
                        }
                        if rights.is_empty() {
                            out.emit(format!("[{key},{},null]", left.value));
                        }
                    }
                });
            out.sink(discard());
        }
    )* };
}

groups! {
    group_tumbling(size, offset, lateness)
        [.window(tumbling(millis(size))).offset(millis(offset)).allowed_lateness(millis(lateness))];
    group_sliding(size, slide, lateness)
        [.window(sliding(millis(size), millis(slide))).allowed_lateness(millis(lateness))];
    group_session(gap, lateness)
        [.window(session(millis(gap))).allowed_lateness(millis(lateness))];
}

/// Replays a case of groups of two streams.
pub fn co_group(case: &Case) -> Answer {
    let setup = match case.word("window") {
        "tumbling" => testing::pipeline(group_tumbling),
        "sliding" => testing::pipeline(group_sliding),
        "session" => testing::pipeline(group_session),
        _ => return Answer::NotBuilt,
    };
    let outer = case.word("function") == "left_outer";
    steps(numbered(setup, case).arg("left_outer", outer), case, &TWO)
}
