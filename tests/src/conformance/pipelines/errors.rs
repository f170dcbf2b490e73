//! Arguments that are refused.

use thalweg::prelude::*;
use thalweg::testing::{self, Setup};

use super::super::Case;
use super::super::replay::Event;
use super::Answer;

#[pipeline]
fn tumbling_of(size: i64, offset: i64, lateness: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let windows = timed
        .key_by(|e| e.key)
        .window(tumbling(millis(size)))
        .offset(millis(offset))
        .allowed_lateness(millis(lateness))
        .count();
    windows.sink(discard());
}

#[pipeline]
fn sliding_of(size: i64, slide: i64, offset: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let windows = timed
        .key_by(|e| e.key)
        .window(sliding(millis(size), millis(slide)))
        .offset(millis(offset))
        .count();
    windows.sink(discard());
}

#[pipeline]
fn session_of(gap: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    timed.key_by(|e| e.key).window(session(millis(gap))).count().sink(discard());
}

#[pipeline]
fn dynamic_of(gap: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let windows =
        timed.key_by(|e| e.key).window(dynamic_session()).gap(move |_| millis(gap)).count();
    windows.sink(discard());
}

#[pipeline]
fn early_of(size: i64, every: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let windows = timed
        .key_by(|e| e.key)
        .window(tumbling(millis(size)))
        .trigger(trigger::early(millis(every)))
        .count();
    windows.sink(discard());
}

#[pipeline]
fn early_session_of(gap: i64, every: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let windows = timed
        .key_by(|e| e.key)
        .window(session(millis(gap)))
        .trigger(trigger::early(millis(every)))
        .count();
    windows.sink(discard());
}

/// What the compiler refuses, so that there is nothing to run: the cases under `tests/ui` and the refused examples in the
/// operators' documentation hold it to that.
const AT_COMPILE_TIME: &[&str] =
    &["allowedLateness on global window", "per-window state", "delta trigger with session"];

/// The number behind a word of a description.
fn behind(text: &str, word: &str) -> i64 {
    let mut words = text.split_whitespace().skip_while(|found| *found != word).skip(1);
    words.next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Whether arguments are refused where Flink refuses them.
pub fn answer(case: &Case) -> Answer {
    let text = case.config.as_str().unwrap_or_default();
    let number = |word: &str| behind(text, word);
    let setup: Setup = match text.split([' ', ':']).next() {
        _ if text.contains("without timestamp") => {
            // `event_time` is checked at compile time, so there is nothing to run.
            return Answer::Whole(Some("cannot be expressed".to_owned()));
        }
        _ if AT_COMPILE_TIME.iter().any(|refused| text.starts_with(refused)) => {
            return verdict(case, true);
        }
        _ if text.contains("with session") => {
            testing::pipeline(early_session_of).arg("gap", 10).arg("every", 5)
        }
        _ if text.starts_with("continuous trigger") => {
            testing::pipeline(early_of).arg("size", 10).arg("every", number("interval"))
        }
        _ if text.contains("dynamic gap") => {
            let setup = testing::pipeline(dynamic_of).arg("gap", number("gap"));
            let mut t = setup.start();
            let event = Event { key: 0, value: 0, command: 0, at: Timestamp(0) };
            let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                t.send("events", event);
            }));
            return verdict(case, refused.is_err());
        }
        Some("tumbling") => {
            let setup = testing::pipeline(tumbling_of).arg("lateness", 0);
            setup.arg("size", number("size")).arg("offset", number("offset"))
        }
        Some("allowedLateness") => {
            let lateness = number("allowedLateness");
            testing::pipeline(tumbling_of)
                .arg("size", 10)
                .arg("offset", 0)
                .arg("lateness", lateness)
        }
        Some("sliding") => {
            let setup = testing::pipeline(sliding_of).arg("size", number("size"));
            setup.arg("slide", number("slide")).arg("offset", number("offset"))
        }
        Some("session") => testing::pipeline(session_of).arg("gap", number("gap")),
        _ => return Answer::NotBuilt,
    };
    verdict(case, setup.try_start().is_err())
}

fn verdict(case: &Case, refused: bool) -> Answer {
    let differs = refused != case.error.is_some();
    Answer::Whole(differs.then(|| format!("refused: {refused}; Flink: {:?}", case.error)))
}
