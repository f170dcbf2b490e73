//! Joins: both sides live in one time, and it is one that the bound can work with.

use super::check::{TimeDomain, is_behind_hole, time_of};
use crate::diagnostic::Diagnostics;
use crate::ir::{Graph, Join, JoinBound, Node, NodeId, Op};
use crate::messages as m;

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        let Op::Join(join) = &node.op else { continue };
        if !is_behind_hole(graph, id) {
            check_join(graph, node, join, errors);
        }
    }
}

fn check_join(graph: &Graph, node: &Node, join: &Join, errors: &mut Diagnostics) {
    let time = |input: NodeId| time_of(graph, input);
    let mut times = Vec::new();
    for ((input, span), word) in node.inputs.iter().zip(join.sides).zip(["left", "right"]) {
        match time(*input) {
            Some(time) => times.push(time),
            None => errors.report(&m::JOIN_TIME, span, word, &node.place),
        }
    }
    let [left, right] = times[..] else { return };
    if left != right {
        return errors.report(&m::JOIN_TIMES, node.site.span, "", &node.place);
    }
    if left == TimeDomain::Event {
        return;
    }
    match &join.bound {
        JoinBound::Within { span, .. } => {
            errors.report(&m::JOIN_PROCESSING, *span, "within", &node.place);
        }
        JoinBound::AsOf { span } => {
            errors.report(&m::JOIN_PROCESSING, *span, "as_of", &node.place);
        }
        JoinBound::Window { options, .. } => {
            for (name, _) in options.iter().filter(|(name, _)| name == "allowed_lateness") {
                let span = name.span();
                errors.report(&m::PROCESSING_LATENESS, span, "allowed_lateness", &node.place);
            }
            for (late, word) in join.late.iter().zip(["late_left_to", "late_right_to"]) {
                if late.is_some() {
                    errors.report(&m::PROCESSING_LATENESS, node.site.span, word, &node.place);
                }
            }
        }
    }
}
