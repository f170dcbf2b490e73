//! What can be said of process functions and times to live once all words are known.

use super::check::{TimeDomain, is_behind_hole, time_of};
use crate::diagnostic::{Diagnostics, Extent};
use crate::ir::{Graph, Hook, Node, NodeId, Op, ProcessOp};
use crate::lower::is_event_time;
use crate::messages as m;

pub(super) fn check(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        if let Op::Process(process) = &node.op {
            check_process(graph, id, process, errors);
        }
        check_ttl(graph, id, node, errors);
    }
}

fn check_process(graph: &Graph, id: NodeId, process: &ProcessOp, errors: &mut Diagnostics) {
    let node = graph.node(id);
    if process.is_value() {
        return;
    }
    if process.closure(Hook::Event).is_none() {
        errors.report(&m::PROCESS_INCOMPLETE, node.site.span, "", &node.place);
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
