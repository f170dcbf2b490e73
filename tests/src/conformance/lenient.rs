//! What may differ in two answers that still count as equal.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Case;
use super::replay::{Segment, Step};

/// How two answers may differ.
#[derive(Clone, Copy, Default)]
pub struct Leniency {
    /// The order of values in lists is the backend's.
    pub lists: bool,
    /// The order of records is not determined.
    pub order: bool,
    /// Late records do not count.
    pub late: bool,
    /// A record that says the same of its key and window as the one before it does not count, nor how often a window
    /// fired.
    pub repeated: bool,
    /// All that counts is what each window's firings came to.
    pub contents: bool,
    /// When records came does not count, and watermarks do not.
    pub steps: bool,
}

/// An answer without what may differ over several steps.
pub fn prepared(case: &Case, steps: &[Step], lenient: Leniency) -> Vec<Step> {
    let mut steps = steps.to_vec();
    if lenient.late {
        retain(&mut steps, |record| record[0] == "R" || record[0] == "C");
    }
    if lenient.repeated || lenient.contents {
        retain(&mut steps, |record| record[0] != "C");
        trim(&mut steps);
    }
    if lenient.repeated {
        unrepeated(&mut steps);
    }
    if lenient.contents {
        return whole(contents(case, &steps));
    }
    if lenient.steps {
        let segments = steps.into_iter().flat_map(|step| step.segments);
        return whole(segments.flat_map(|segment| segment.records).collect());
    }
    steps
}

/// Sorts the lists inside a payload.
pub fn sort_lists(payload: &mut Value) {
    let Value::Array(fields) = payload else { return };
    for field in fields {
        if let Value::Array(list) = field {
            list.sort_by_key(Value::to_string);
        }
    }
}

fn whole(records: Vec<Value>) -> Vec<Step> {
    vec![Step { segments: vec![Segment { records, mark: None }] }]
}

fn retain(steps: &mut [Step], keep: impl Fn(&Value) -> bool) {
    for segment in steps.iter_mut().flat_map(|step| &mut step.segments) {
        segment.records.retain(&keep);
    }
}

/// Key, start, end and values.
const SAID: usize = 4;

fn trim(steps: &mut [Step]) {
    for segment in steps.iter_mut().flat_map(|step| &mut step.segments) {
        for record in &mut segment.records {
            if let Value::Array(payload) = &mut record[2] {
                payload.truncate(SAID);
            }
        }
    }
}

fn unrepeated(steps: &mut [Step]) {
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for segment in steps.iter_mut().flat_map(|step| &mut step.segments) {
        segment.records.retain(|record| {
            let mut what = record.clone();
            sort_lists(&mut what[2]);
            let of = format!("{} {} {}", record[0], record[2][0], record[1]);
            record[0] != "R" || last.insert(of, what.clone()) != Some(what)
        });
    }
}

/// Of each window that was not merged into another, what it fired last, or if it purges, all that it fired. Late
/// records as they are.
fn contents(case: &Case, steps: &[Step]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    let segments = steps.iter().flat_map(|step| &step.segments).rev();
    for record in segments.flat_map(|segment| segment.records.iter().rev()) {
        let number = |index: usize| record[2][index].as_i64().unwrap_or(0);
        let overlaps = |other: &&mut Value| {
            let of = |index: usize| other[2][index].as_i64().unwrap_or(0);
            other[0] == "R" && of(0) == number(0) && of(1) < number(2) && number(1) < of(2)
        };
        let later = kept.iter_mut().find(overlaps);
        match later {
            Some(later) if record[0] == "R" => {
                if let (true, Value::Array(list)) = (case.is("purging"), &mut later[2][3])
                    && let Value::Array(more) = &record[2][3]
                {
                    list.extend(more.iter().cloned());
                }
            }
            _ => kept.push(record.clone()),
        }
    }
    // A late record has no window: one like it is another one.
    kept.iter_mut().for_each(|record| sort_lists(&mut record[2]));
    kept.sort_by_key(|record| json!(record).to_string());
    kept
}
