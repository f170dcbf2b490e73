//! What can be said of process functions and times to live once all words are known.

use std::collections::BTreeSet;

use super::check::{TimeDomain, is_behind_hole, time_of};
use crate::diagnostic::{Diagnostics, Extent};
use crate::ir::{Graph, Hook, Node, NodeId, Op, ProcessInputs, ProcessOp};
use crate::lower::is_event_time;
use crate::messages as m;

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        if let Op::Process(process) = &node.op {
            check_process(graph, id, process, errors);
        }
        check_ttl(graph, id, node, errors);
        check_broadcast(graph, id, node, errors);
    }
}

/// What `broadcast_by` makes goes to process functions that take rules.
fn check_broadcast(graph: &Graph, id: NodeId, node: &Node, errors: &mut Diagnostics) {
    let takes_rules = |reader: &NodeId| {
        let reader = graph.node(*reader);
        let takes =
            matches!(&reader.op, Op::Process(process) if process.inputs == ProcessInputs::Rules);
        takes && reader.inputs.first() == Some(&id)
    };
    if matches!(node.op, Op::BroadcastBy { .. }) && !graph.readers(id).iter().all(takes_rules) {
        errors.report(&m::BROADCAST_ALONE, node.site.span, "", &node.place);
    }
}

/// One task reads both inputs: it cannot wait for itself.
fn check_inputs(graph: &Graph, node: &Node, errors: &mut Diagnostics) {
    let [a, b] = node.inputs[..] else { return };
    if a != b && (is_above(graph, a, b) || is_above(graph, b, a)) {
        errors.report(&m::CONNECT_ONE, node.site.span, "", &node.place);
    }
}

fn is_above(graph: &Graph, a: NodeId, b: NodeId) -> bool {
    let (mut open, mut seen) = (vec![b], BTreeSet::new());
    while let Some(id) = open.pop() {
        if id == a {
            return true;
        }
        if seen.insert(id) {
            open.extend(&graph.node(id).inputs);
        }
    }
    false
}

fn check_process(graph: &Graph, id: NodeId, process: &ProcessOp, errors: &mut Diagnostics) {
    let node = graph.node(id);
    check_inputs(graph, node, errors);
    if process.is_value() {
        return;
    }
    let mut required = process.inputs.required().iter();
    if let Some(missing) = required.find(|hook| process.closure(**hook).is_none()) {
        errors.report(&m::PROCESS_INCOMPLETE, node.site.span, missing.word(), &node.place);
        return;
    }
    if let (Some(word), None) = (&process.sets_timer, process.closure(Hook::Timer)) {
        errors.report(&m::TIMER_UNHEARD, word.span(), &word.to_string(), &node.place);
    }
    if let Some(word) = &process.needs_time
        && !is_behind_hole(graph, id)
        && time_of(graph, id).is_none()
    {
        errors.report(&m::TIMER_NEEDS_TIME, word.span(), &word.to_string(), &node.place);
    }
    if !process.emits && node.annotation.is_none() {
        errors.report(&m::EMITS_NOTHING, node.site.span, "", &node.place);
    }
}

fn check_ttl(graph: &Graph, id: NodeId, node: &Node, errors: &mut Diagnostics) {
    let Some((ttl, span)) = &node.modifiers.ttl else { return };
    if !node.op.takes_ttl() {
        errors.report(&m::TTL_STATELESS, *span, &node.site.kind, &node.place);
    } else if is_event_time(ttl)
        && !is_behind_hole(graph, id)
        && time_of(graph, id) != Some(TimeDomain::Event)
    {
        errors.report(&m::TTL_NEEDS_TIME, Extent::of(ttl), "", &node.place);
    }
}
