//! Watermarks and the windows of a timestamp: what Flink has classes of its own for.

use serde_json::{Value, json};
use thalweg::prelude::*;
use thalweg::testing;

use super::super::Case;
use super::super::replay::Event;
use super::{Answer, numbered, with};
use crate::conformance::compare::difference;
use crate::conformance::lenient::Leniency;
use crate::conformance::replay::{Segment, Step, recorded};

/// Several channels meet in one task.
#[pipeline]
fn channels() {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let out = timed.global().map(|e| e.value).parallelism(1);
    out.sink(discard());
}

/// The watermarks of several channels, and which are idle.
pub fn valve(case: &Case) -> Answer {
    let channels_of = case.number("channels").unwrap_or(1) as usize;
    let setup = testing::pipeline(channels).parallelism(channels_of).splits("events", channels_of);
    let mut t = setup.only_fed_watermarks().start();
    let mut found = Vec::new();
    for step in &case.steps {
        let number = |index: usize| step[index].as_i64().unwrap_or(0);
        match step[0].as_str() {
            Some("W") => t.watermark(("events", number(2) as usize), Timestamp(number(1))),
            Some("I") => t.idle(("events", number(1) as usize)),
            _ => t.active(("events", number(1) as usize)),
        };
        let marks = t.time_at("out").into_iter().map(super::super::replay::mark);
        let segment = |mark| Segment { records: Vec::new(), mark: Some(mark) };
        found.push(Step { segments: marks.map(segment).collect() });
    }
    Answer::Whole(difference(case, &found, &recorded(case), Leniency::default()))
}

#[pipeline]
fn bounded_time(bound: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(bounded(millis(bound)));
    let out = timed.map(|e| e.value);
    out.sink(discard());
}

#[pipeline]
fn monotonic_time(bound: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(move |e| e.at + millis(bound)).watermarks(monotonic());
    let out = timed.map(|e| e.value);
    out.sink(discard());
}

/// Watermarks made from timestamps: what they are whenever Flink asks for them.
pub fn generator(case: &Case) -> Answer {
    let setup = match case.word("strategy") {
        "bounded_out_of_orderness" => testing::pipeline(bounded_time),
        _ => testing::pipeline(monotonic_time),
    };
    let mut t = with(setup, case, &["bound"]).start();
    let mut found = Vec::new();
    for (index, step) in case.steps.iter().enumerate() {
        if step[0] == "P" {
            found.push(json!([index, t.watermark_at("out").0]));
        } else {
            let at = Timestamp(step[1].as_i64().unwrap_or(0));
            t.send("events", Event { key: 0, value: 0, command: 0, at });
        }
    }
    let differs = found != case.output;
    Answer::Whole(
        differs.then(|| format!("found {}, recorded {:?}", Value::from(found), case.output)),
    )
}

#[pipeline]
fn tumbling_windows(size: i64, offset: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let out = timed
        .key_by(|e| e.key)
        .window(tumbling(millis(size)))
        .offset(millis(offset))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count()));
    out.sink(discard());
}

#[pipeline]
fn sliding_windows(size: i64, slide: i64, offset: i64) {
    let events: Stream<Event> = source(collection(Vec::<Event>::new()));
    let timed = events.event_time(|e| e.at).watermarks(monotonic());
    let out = timed
        .key_by(|e| e.key)
        .window(sliding(millis(size), millis(slide)))
        .offset(millis(offset))
        .aggregate(|w| (w.key(), w.window().start, w.window().end, w.count()));
    out.sink(discard());
}

/// The windows that each timestamp belongs to.
pub fn assigner(case: &Case) -> Answer {
    let setup = match case.word("window") {
        "tumbling" => testing::pipeline(tumbling_windows),
        _ => testing::pipeline(sliding_windows),
    };
    let mut t = numbered(setup, case).only_fed_watermarks().start();
    for (index, step) in case.steps.iter().enumerate() {
        let at = Timestamp(step.as_i64().unwrap_or(0));
        t.send("events", Event { key: index as i64, value: 0, command: 0, at });
    }
    t.finish();
    let mut found = vec![Vec::new(); case.steps.len()];
    for (key, start, end, _) in t.results::<(i64, Timestamp, Timestamp, u64)>("out") {
        found[key as usize].push(json!([start.0, end.0]));
    }
    for (index, (found, recorded)) in found.iter_mut().zip(&case.output).enumerate() {
        // Flink tells the windows of a timestamp from the last to the first; they fire from the first to the last.
        found.reverse();
        let found = Value::from(std::mem::take(found));
        if found != *recorded {
            let step = &case.steps[index];
            return Answer::Whole(Some(format!("{step} is in {found}, recorded {recorded}")));
        }
    }
    Answer::Whole(None)
}
