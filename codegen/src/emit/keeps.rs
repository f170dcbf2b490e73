//! What an operator keeps, in words: shown by `plan`.

use crate::ir::{Aggregation, GeneralOp, JoinBound, Node, Op, ProcessInputs, ProcessOp};

/// `per key and window: count, max; a timer per window end`. None for operators that keep nothing.
pub fn keeps(node: &Node) -> Option<String> {
    let kept = match &node.op {
        Op::Window { aggregation, .. } => {
            format!("per key and window: {}; a timer per window end", accumulated(aggregation))
        }
        Op::GeneralWindow(general) => general_window(general),
        Op::Running { aggregation } => format!("per key: {}", accumulated(aggregation)),
        Op::Process(process) if process.keyed => process_function(process),
        Op::Dedup => "per key: that it was seen".to_owned(),
        Op::Join(join) => match &join.bound {
            JoinBound::Window { .. } => {
                "per key and window: both sides' records; a timer per window end"
            }
            JoinBound::Within { .. } => {
                "per key: both sides' records, as long as a partner may come"
            }
            JoinBound::AsOf { .. } => {
                "per key: the latest right record, and what the watermark has not reached"
            }
        }
        .to_owned(),
        Op::AsyncMap(_) => "records that wait for their answers".to_owned(),
        _ => return None,
    };
    Some(match node.modifiers.ttl {
        Some(_) => format!("{kept}; forgotten after its time to live"),
        None => kept,
    })
}

fn accumulated(aggregation: &Aggregation) -> String {
    match aggregation {
        Aggregation::Calls { calls, .. } if calls.is_empty() => "nothing".to_owned(),
        Aggregation::Calls { calls, .. } => {
            let names: Vec<&str> = calls.iter().map(|call| call.kind.name).collect();
            names.join(", ")
        }
        Aggregation::Reduce(_) => "the reduced record".to_owned(),
        Aggregation::Fold { .. } => "the folded value".to_owned(),
    }
}

fn general_window(general: &GeneralOp) -> String {
    let contents = match general.aggregation() {
        Some(aggregation) if !general.keeps_elements() => accumulated(aggregation),
        _ => "its elements".to_owned(),
    };
    let trigger = match general.firing.trigger {
        Some(_) => ", and what its trigger remembers; timers per key and window",
        None => "; timers",
    };
    format!("per key and window: {contents}{trigger}")
}

fn process_function(process: &ProcessOp) -> String {
    let made: String = crate::lower::text_of(&process.made).chars().take(40).collect();
    let timers = if process.sets_timer.is_some() { ", and its timers" } else { "" };
    let rules = match process.inputs {
        ProcessInputs::Rules => "; per task: all rules",
        _ => "",
    };
    format!("per key: the state that `{made}` makes{timers}{rules}")
}
