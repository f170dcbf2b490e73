//! Compares what came out with what was recorded.

use serde_json::Value;

use super::Case;
use super::replay::{Segment, Step};

/// How two answers may differ and still count as equal.
#[derive(Clone, Copy, Default)]
pub struct Leniency {
    /// The order of values in lists is the backend's.
    pub lists: bool,
    /// Equal records count once.
    pub duplicates: bool,
    /// The order of records is not determined.
    pub order: bool,
    /// Late records do not count.
    pub late: bool,
}

/// The first step in which the two differ, as text.
pub fn difference(
    case: &Case,
    found: &[Step],
    recorded: &[Step],
    lenient: Leniency,
) -> Option<String> {
    for (index, (found, recorded)) in found.iter().zip(recorded).enumerate() {
        let (ours, theirs) = (canonical(case, found, lenient), canonical(case, recorded, lenient));
        if ours != theirs {
            let step = case.steps.get(index).map_or("the end".to_owned(), Value::to_string);
            return Some(format!(
                "step {index} ({step}):\n    recorded {}\n    found    {}",
                shown(&theirs),
                shown(&ours)
            ));
        }
    }
    None
}

fn shown(segments: &[Segment]) -> String {
    let mut texts = Vec::new();
    for segment in segments {
        texts.extend(segment.records.iter().chain(&segment.mark).map(Value::to_string));
    }
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(" ") }
}

/// The records of each kind in a comparable order. Records that are not of the main output are written elsewhere: how
/// they stand among the others is not known.
fn canonical(case: &Case, step: &Step, lenient: Leniency) -> Vec<Segment> {
    let mut segments: Vec<Segment> = step.segments.clone();
    if lenient.late {
        let is_kept = |record: &Value| record[0] == "R" || record[0] == "C";
        segments.iter_mut().for_each(|segment| segment.records.retain(is_kept));
    }
    segments.retain(|segment| !segment.records.is_empty() || segment.mark.is_some());
    for segment in &mut segments {
        let records = &mut segment.records;
        if lenient.lists {
            records.iter_mut().for_each(|record| sort_lists(&mut record[2]));
        }
        if !case.ordered || lenient.order {
            records.sort_by_key(Value::to_string);
        } else {
            records.sort_by_key(|record| record[0].to_string());
        }
        if lenient.duplicates {
            records.dedup();
        }
    }
    segments
}

/// Sorts the lists inside a payload.
fn sort_lists(payload: &mut Value) {
    let Value::Array(fields) = payload else { return };
    for field in fields {
        if let Value::Array(list) = field {
            list.sort_by_key(Value::to_string);
        }
    }
}
