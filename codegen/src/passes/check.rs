//! What can be said of the whole graph: everything is used, time is there where it is needed, ids are unique.

use std::collections::{BTreeMap, BTreeSet};

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
    super::process::check(&graph, errors);
    super::joins::check(&graph, errors);
    check_uids(&graph, errors);
    let ids = assign_ids(&graph);
    Checked { graph, order, ids }
}

/// Sides are written and read, streams are read. Of what a refused statement mentions, nothing is known.
fn check_uses(graph: &Graph, errors: &mut Diagnostics) {
    let is_known = |id: &NodeId| !graph.refused.contains(id);
    for (id, node) in graph.iter().filter(|(id, _)| is_known(id)) {
        let Op::Side { name, external } = &node.op else { continue };
        let name = name.to_string();
        if node.inputs.is_empty() {
            errors.report(&m::SIDE_UNWRITTEN, node.site.span, &name, "");
            continue;
        }
        match (external, graph.readers(id).is_empty()) {
            (false, true) => errors.report(&m::SIDE_UNREAD, node.site.span, &name, ""),
            (true, false) => errors.report(&m::FRAGMENT_SIDE_READ, node.site.span, &name, ""),
            _ => {}
        }
    }
    for (name, id) in graph.bindings.iter().filter(|(_, id)| is_known(id)) {
        // `let (matching, _) = ..`: half of a partition may be unwanted.
        let is_unwanted =
            matches!(graph.node(*id).op, Op::Arm(_)) && name.to_string().starts_with('_');
        if !is_unwanted && graph.readers(*id).is_empty() {
            errors.report(&m::UNUSED_STREAM, name.span(), &name.to_string(), "");
        }
    }
}

/// Event-time windows need event time upstream; where streams merge, on every way.
fn check_time(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        let is_window = node.op.window_options().is_some();
        if is_window && !is_behind_hole(graph, id) && time_of(graph, id).is_none() {
            errors.report(&m::NEEDS_TIME, node.site.span, "", &node.place);
        }
    }
}

/// True if a side upstream has writers that are not known, or none, which is reported anyway.
pub(super) fn is_behind_hole(graph: &Graph, id: NodeId) -> bool {
    let (mut open, mut seen) = (vec![id], BTreeSet::new());
    while let Some(id) = open.pop() {
        let node = graph.node(id);
        let has_hole = graph.refused.contains(&id) || node.inputs.is_empty();
        if matches!(node.op, Op::Side { .. }) && has_hole {
            return true;
        }
        if seen.insert(id) {
            open.extend(&node.inputs);
        }
    }
    false
}

fn check_lateness(graph: &Graph, errors: &mut Diagnostics) {
    for (id, node) in graph.iter() {
        let Some((options, late)) = node.op.window_options() else { continue };
        if time_of(graph, id) != Some(TimeDomain::Processing) {
            continue;
        }
        let lateness = options.iter().find(|(name, _)| name == "allowed_lateness");
        if let Some((name, _)) = lateness {
            let span = name.span();
            errors.report(&m::PROCESSING_LATENESS, span, "allowed_lateness", &node.place);
        }
        if late.is_some() {
            let span = node.modifiers.late_to.unwrap_or(node.site.span);
            errors.report(&m::PROCESSING_LATENESS, span, "late_to", &node.place);
        }
    }
}

/// Which time a stream's records carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TimeDomain {
    /// That of the records.
    Event,
    /// That of the machine.
    Processing,
}

/// The time that reaches `id`, or none: where streams merge, it has to be the same on every way.
pub(crate) fn time_of(graph: &Graph, id: NodeId) -> Option<TimeDomain> {
    times_of(graph, id, &mut BTreeMap::new())
        .into_iter()
        .reduce(|a, b| if a == b { a } else { None })?
}

/// What arrives at `id` on all ways; a way back to where it came from adds nothing.
fn times_of(
    graph: &Graph,
    id: NodeId,
    known: &mut BTreeMap<NodeId, BTreeSet<Option<TimeDomain>>>,
) -> BTreeSet<Option<TimeDomain>> {
    if let Some(times) = known.get(&id) {
        return times.clone();
    }
    known.insert(id, BTreeSet::new());
    let node = graph.node(id);
    let times = match &node.op {
        Op::EventTime { .. } => BTreeSet::from([Some(TimeDomain::Event)]),
        Op::ProcessingTime => BTreeSet::from([Some(TimeDomain::Processing)]),
        // A fragment's stream has the time that its signature promises; the bound is checked by rustc.
        Op::Fragment { .. } => BTreeSet::from([Some(TimeDomain::Event)]),
        Op::Input { timed: true, .. } => BTreeSet::from([Some(TimeDomain::Event)]),
        Op::Source { .. } | Op::Input { timed: false, .. } => BTreeSet::from([None]),
        _ => node.inputs.iter().flat_map(|input| times_of(graph, *input, known)).collect(),
    };
    known.insert(id, times.clone());
    times
}

fn check_uids(graph: &Graph, errors: &mut Diagnostics) {
    let mut seen = BTreeMap::new();
    for (id, node) in graph.iter() {
        let Some((uid, span)) = &node.modifiers.uid else { continue };
        if !node.op.is_stateful() && !matches!(node.op, Op::Source { .. } | Op::Sink { .. }) {
            errors.report(&m::UID_STATELESS, *span, &node.site.kind, &node.place);
        }
        if seen.insert(uid.clone(), id).is_some() {
            errors.report(&m::DUPLICATE_UID, *span, uid, &node.place);
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
