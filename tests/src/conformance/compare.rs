//! Compares what came out with what was recorded.

use serde_json::Value;

use super::Case;
use super::lenient::{Leniency, prepared, sort_lists};
use super::replay::{Segment, Step};

/// The first step in which the two differ, as text.
pub fn difference(
    case: &Case,
    found: &[Step],
    recorded: &[Step],
    lenient: Leniency,
) -> Option<String> {
    let (found, recorded) = (prepared(case, found, lenient), prepared(case, recorded, lenient));
    for (index, (found, recorded)) in found.iter().zip(&recorded).enumerate() {
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
    }
    segments
}
