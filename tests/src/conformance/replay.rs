//! Feeds the steps of a case to a pipeline and keeps what each led to.

use serde_json::{Value, json};
use thalweg::prelude::*;
use thalweg::testing::{Pipeline, Setup};
use thalweg::time::TimeEvent;

use super::Case;

/// What the steps send.
#[record]
#[derive(Debug)]
pub struct Event {
    /// Its key.
    pub key: i64,
    /// Its value.
    pub value: i64,
    /// What the keyed process function does with it.
    pub command: i64,
    /// Its event time.
    pub at: Timestamp,
}

/// What one step led to.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Records, each `[kind, time, payload]`, between watermarks and idle marks, which are `["W", time]` and
    /// `["S", status]`. Each segment ends with the mark in front of the next.
    pub segments: Vec<Segment>,
}

/// Records up to a watermark or idle mark.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// The records.
    pub records: Vec<Value>,
    /// What ended it.
    pub mark: Option<Value>,
}

impl Step {
    /// With what came next.
    fn then(&mut self, next: Step) {
        for segment in next.segments {
            match self.segments.last_mut() {
                Some(open) if open.mark.is_none() => {
                    open.records.extend(segment.records);
                    open.mark = segment.mark;
                }
                _ => self.segments.push(segment),
            }
        }
    }
}

/// Where a pipeline's input and output are.
pub struct Ports {
    /// The sources, by side.
    pub sources: &'static [&'static str],
    /// Sinks of event and late records, with the kind under which these were recorded.
    pub late: &'static [(&'static str, &'static str)],
    /// Sinks of texts that were recorded under a kind of their own.
    pub texts: &'static [(&'static str, &'static str)],
    /// Whether state is gone at the end of time; without windows it is kept for ever.
    pub forgets: bool,
    /// Whether late records were recorded although the configuration does not say so.
    pub tells_late: bool,
}

/// One source, one sink of late records.
pub const ONE: Ports = Ports {
    sources: &["events"],
    late: &[("late", "L")],
    texts: &[],
    forgets: true,
    tells_late: false,
};
/// One source, no late records, state that is kept for ever.
pub const PLAIN: Ports =
    Ports { sources: &["events"], late: &[], texts: &[], forgets: false, tells_late: false };
impl Case {
    fn late_output(&self) -> bool {
        self.is("late_output")
    }
}

/// Replays a case. The pipeline's results are text: the payload as JSON, in which `"wm"` stands for the watermark that
/// was reached when it was made and `"time"` for its event time.
pub fn replay(setup: Setup, case: &Case, ports: &Ports) -> Vec<Step> {
    let mut t = setup.only_fed_watermarks().start();
    let mut steps = Vec::new();
    t.time_at("out");
    let crash = crash(case);
    for (index, step) in case.steps.iter().enumerate() {
        if crash == Some(index) {
            t.checkpoint().crash_and_restore();
            // What was told before is told again.
            t.time_at("out");
        }
        feed(&mut t, step, ports);
        steps.push(look(&mut t, case, ports));
    }
    let mut last = Step::default();
    if ports.sources.len() > 1 {
        // As the recordings end: each side becomes active, and then its time ends.
        for source in ports.sources {
            t.active(*source);
            last.then(look(&mut t, case, ports));
            t.watermark(*source, Timestamp::MAX);
            last.then(look(&mut t, case, ports));
        }
    }
    for source in ports.sources {
        t.end(*source);
    }
    last.then(look(&mut t, case, ports));
    steps.push(last);
    let left = t.all_state();
    assert!(
        !ports.forgets || (left.entries, left.bytes) == (0, 0),
        "state is left after the end of time: {left:?}"
    );
    steps
}

/// The step before which the tasks crash: a different one in each case. None where splits are idle, because they take part
/// in time again then.
fn crash(case: &Case) -> Option<usize> {
    let idles = case.steps.iter().any(|step| matches!(step[0].as_str(), Some("I" | "A")));
    let mix = |sum: usize, byte: u8| sum.wrapping_mul(31).wrapping_add(byte.into());
    let any = case.id.bytes().fold(case.steps.len(), mix);
    any.checked_rem(case.steps.len()).filter(|_| !idles)
}

fn feed(t: &mut Pipeline, step: &Value, ports: &Ports) {
    let number = |index: usize| step[index].as_i64();
    let side = |index: usize| number(index).unwrap_or(0) as usize;
    match step[0].as_str() {
        Some("E") => {
            let event = Event {
                at: Timestamp(number(1).unwrap_or_default()),
                key: number(2).unwrap_or_default(),
                value: number(3).unwrap_or_default(),
                command: number(5).unwrap_or_default(),
            };
            t.send(ports.sources[side(4)], event);
        }
        Some("W") => {
            let time = Timestamp(number(1).unwrap_or_default());
            match number(2) {
                Some(side) => {
                    t.watermark(ports.sources[side as usize], time);
                }
                None => {
                    for source in ports.sources {
                        t.watermark(*source, time);
                    }
                }
            }
        }
        Some("I") => {
            t.idle(ports.sources[side(1)]);
        }
        Some("A") => {
            t.active(ports.sources[side(1)]);
        }
        other => panic!("a step of kind {other:?}"),
    }
}

/// What came out since the last look. Records precede the watermark that made them.
fn look(t: &mut Pipeline, case: &Case, ports: &Ports) -> Step {
    let watermark = t.watermark_at("out").0;
    let mut records: Vec<Value> = Vec::new();
    for (time, text) in t.output::<String>("out") {
        let mut payload = parsed(&text);
        fill_in(&mut payload, watermark, time.0);
        records.push(json!(["R", time.0, payload]));
    }
    for (sink, kind) in ports.texts {
        for (time, text) in t.output::<String>(sink) {
            records.push(json!([kind, time.0, parsed(&text)]));
        }
    }
    for (sink, kind) in ports.late {
        for (time, event) in t.output::<Event>(sink) {
            if case.late_output() || ports.tells_late {
                records.push(json!([kind, time.0, [event.key, event.value]]));
            }
        }
    }
    let mut step = Step::default();
    let mut marks = t.time_at("out").into_iter().map(mark);
    step.segments.push(Segment { records, mark: marks.next() });
    step.segments.extend(marks.map(|mark| Segment { records: Vec::new(), mark: Some(mark) }));
    step
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn fill_in(payload: &mut Value, watermark: i64, time: i64) {
    match payload {
        Value::String(text) if text == "wm" => *payload = json!(watermark),
        Value::String(text) if text == "time" => *payload = json!(time),
        Value::Array(list) => list.iter_mut().for_each(|value| fill_in(value, watermark, time)),
        _ => {}
    }
}

pub fn mark(event: TimeEvent) -> Value {
    match event {
        TimeEvent::Watermark(time) => json!(["W", time.0]),
        TimeEvent::Idle => json!(["S", "idle"]),
        TimeEvent::Active => json!(["S", "active"]),
    }
}

/// What Flink recorded, by step.
pub fn recorded(case: &Case) -> Vec<Step> {
    let mut steps = vec![Step::default(); case.steps.len() + 1];
    for entry in &case.output {
        let Value::Array(entry) = entry else { continue };
        let Some(step) = entry[0].as_u64().and_then(|step| steps.get_mut(step as usize)) else {
            continue;
        };
        let what = Value::Array(entry[1..].to_vec());
        if step.segments.last().is_none_or(|last| last.mark.is_some()) {
            step.segments.push(Segment::default());
        }
        let Some(last) = step.segments.last_mut() else { continue };
        match entry[1].as_str() {
            Some("W" | "S") => last.mark = Some(what),
            _ => last.records.push(what),
        }
    }
    steps
}
