//! What can be said of the whole graph: everything is used, time is there where it is needed, ids are unique.

use std::collections::BTreeMap;

use super::assign_ids::assign_ids;
use crate::diagnostic::Diagnostics;
use crate::ir::{Graph, NodeId, Op};
use crate::messages as m;

/// A graph without mistakes, its nodes in topological order, with ids.
pub struct Checked {
    /// The graph.
    pub graph: Graph,
    /// The nodes, writers before readers.
    pub order: Vec<NodeId>,
    /// The id of each stateful operator.
    pub ids: BTreeMap<NodeId, String>,
}

pub(super) fn check(graph: Graph, errors: &mut Diagnostics) -> Checked {
    check_uses(&graph, errors);
    let order = topological_order(&graph, errors);
    check_time(&graph, errors);
    check_lateness(&graph, errors);
    check_uids(&graph, errors);
    let ids = assign_ids(&graph);
    Checked { graph, order, ids }
}

/// Sides are written and read, streams are read.
fn check_uses(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        let read = !graph.readers(id).is_empty();
        match &node.op {
            Op::Side { name, external: true } => {
                if node.inputs.is_empty() {
                    errors.report(&m::SIDE_UNWRITTEN, node.site.span, &name.to_string(), "");
                }
                if read {
                    errors.report(&m::FRAGMENT_SIDE_READ, node.site.span, &name.to_string(), "");
                }
            }
            Op::Side { name, .. } => {
                let name = name.to_string();
                if node.inputs.is_empty() {
                    errors.report(&m::SIDE_UNWRITTEN, node.site.span, &name, "");
                }
                if !read {
                    errors.report(&m::SIDE_UNREAD, node.site.span, &name, "");
                }
            }
            Op::Sink { .. }
            | Op::Output
            | Op::Fragment { .. }
            | Op::Arm(_)
            | Op::Partition { .. } => {}
            _ if !read && !node.binding.is_empty() => {
                errors.report(&m::UNUSED_STREAM, node.site.span, &node.binding, "");
            }
            _ => {}
        }
    }
}

/// Event-time windows need event time upstream; where streams merge, on every way.
fn check_time(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        if matches!(node.op, Op::Window { .. }) && time_of(graph, id, &mut Vec::new()).is_none() {
            errors.report(&m::NEEDS_TIME, node.site.span, "", "");
        }
    }
}

fn check_lateness(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        let Op::Window { options, late, .. } = &node.op else { continue };
        if time_of(graph, id, &mut Vec::new()) != Some(TimeDomain::Processing) {
            continue;
        }
        let lateness = options.iter().find(|(name, _)| name == "allowed_lateness");
        if let Some((name, _)) = lateness {
            errors.report(&m::PROCESSING_LATENESS, name.span(), "allowed_lateness", "");
        }
        if late.is_some() {
            errors.report(&m::PROCESSING_LATENESS, node.site.span, "late_to", "");
        }
    }
}

/// Which time a stream's records carry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeDomain {
    /// That of the records.
    Event,
    /// That of the machine.
    Processing,
}

/// The time that reaches `id`, or none. A cycle through a side adds nothing.
pub(crate) fn time_of(graph: &Graph, id: NodeId, seen: &mut Vec<NodeId>) -> Option<TimeDomain> {
    if seen.contains(&id) {
        return None;
    }
    seen.push(id);
    let node = graph.node(id);
    match &node.op {
        Op::EventTime { .. } => Some(TimeDomain::Event),
        Op::ProcessingTime => Some(TimeDomain::Processing),
        // A fragment's stream has the time that its signature promises; the bound is checked by rustc.
        Op::Fragment { .. } => Some(TimeDomain::Event),
        Op::Source { .. } | Op::Input { timed: false } => None,
        Op::Input { timed: true } => Some(TimeDomain::Event),
        _ => {
            let times: Vec<_> =
                node.inputs.iter().map(|input| time_of(graph, *input, seen)).collect();
            times.iter().copied().reduce(|a, b| if a == b { a } else { None }).flatten()
        }
    }
}

fn check_uids(graph: &Graph, errors: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for (id, node) in graph.iter() {
        let Some((uid, span)) = &node.modifiers.uid else { continue };
        if !node.op.is_stateful() && !matches!(node.op, Op::Source { .. } | Op::Sink { .. }) {
            errors.report(&m::UID_STATELESS, *span, &node.site.kind, "");
        }
        if seen.insert(uid.clone(), id).is_some() {
            errors.report(&m::DUPLICATE_UID, *span, uid, "");
        }
    }
}

/// Writers before readers; a side that feeds itself is refused.
fn topological_order(graph: &Graph, errors: &mut Diagnostics) -> Vec<NodeId> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    fn visit(
        graph: &Graph,
        id: NodeId,
        marks: &mut [Mark],
        order: &mut Vec<NodeId>,
        errors: &mut Diagnostics,
    ) {
        match marks[id.0] {
            Mark::Done => return,
            Mark::Open => {
                errors.report(&m::SIDE_FEEDS_ITSELF, graph.node(id).site.span, "", "");
                return;
            }
            Mark::New => marks[id.0] = Mark::Open,
        }
        for input in &graph.node(id).inputs {
            visit(graph, *input, marks, order, errors);
        }
        marks[id.0] = Mark::Done;
        order.push(id);
    }
    let mut marks = vec![Mark::New; graph.nodes.len()];
    let mut order = Vec::new();
    for (id, _) in graph.iter() {
        visit(graph, id, &mut marks, &mut order, errors);
    }
    order
}
