//! Field pruning: only what is read behind an exchange crosses it.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::Ident;

use super::fields::field_reads;
use super::place::{Chained, EdgeId, Payload};
use crate::catalog::Adds;
use crate::ir::{Aggregation, NodeId, OnError, Op, ProcessOp, Stateless};

/// Tuples, which carry pruned fields, end here.
const FIELDS_MAX: usize = 8;

/// What is read of a record: its fields, or `None` for the whole.
type Reads = Option<BTreeSet<String>>;

pub(super) fn prune(chained: &mut Chained) {
    // Downstream edges first: what they need, an upstream edge must carry.
    for index in (0..chained.edges.len()).rev() {
        let edge = &chained.edges[index];
        if edge.payload != Payload::Whole {
            continue;
        }
        let to = edge.to;
        let reads = match &chained.graph.node(to).op {
            op if is_exchange(op) => reads_behind(chained, to),
            _ => None,
        };
        if let Some(fields) = reads.filter(|fields| fields.len() <= FIELDS_MAX) {
            let fields = fields.iter().map(|field| Ident::new(field, Span::mixed_site())).collect();
            chained.edges[index].payload = Payload::Fields(fields);
        }
    }
}

/// What the readers of `id` read of its records.
fn reads_behind(chained: &Chained, id: NodeId) -> Reads {
    if chained.graph.node(id).annotation.is_some() {
        return None;
    }
    let readers = chained.graph.readers(id);
    let reads = |reader: NodeId| match &chained.graph.node(reader).op {
        // An operator with a parallelism of its own reads whatever its exchange carries.
        op if chained.edge_to(reader).is_some() && !is_exchange(op) => {
            payload_reads(chained, reader)
        }
        Op::Process(process) => process_reads(chained, reader, process, id),
        _ => reads_of(chained, reader),
    };
    readers.iter().map(|reader| reads(*reader)).try_fold(BTreeSet::new(), join)
}

fn is_exchange(op: &Op) -> bool {
    matches!(op, Op::KeyBy { .. } | Op::Exchange(_) | Op::PartitionBy { .. })
}

fn join(mut all: BTreeSet<String>, more: Reads) -> Reads {
    all.extend(more?);
    Some(all)
}

/// What a reader, and whoever sees the same record behind it, reads.
fn reads_of(chained: &Chained, id: NodeId) -> Reads {
    let node = chained.graph.node(id);
    match &node.op {
        Op::Stateless { owned: true, .. }
        | Op::Stateless { fallible: Some(OnError::Side(_)), .. } => None,
        Op::Stateless { kind: Stateless::Filter | Stateless::Inspect, f, .. } => {
            join(field_reads(f, 0)?, reads_behind(chained, id))
        }
        Op::Stateless { f, .. } => field_reads(f, 0),
        Op::Partition { f } => join(field_reads(f, 0)?, reads_behind(chained, id)),
        Op::Arm(_) | Op::ProcessingTime => reads_behind(chained, id),
        Op::EventTime { f, punctuated, .. } => {
            let mut reads = field_reads(f, 0)?;
            if let Some(f) = punctuated {
                reads.extend(field_reads(f, 0)?);
            }
            join(reads, reads_behind(chained, id))
        }
        Op::PartitionBy { f } => join(field_reads(f, 0)?, payload_reads(chained, id)),
        Op::KeyBy { f } => {
            let key = match f {
                Some(f) => field_reads(f, 0)?,
                None => BTreeSet::new(),
            };
            join(key, payload_reads(chained, id))
        }
        Op::Exchange(_) => payload_reads(chained, id),
        // Elements and triggers see the declared record.
        Op::GeneralWindow(_) => None,
        Op::Window { late: Some(_), .. } => None,
        Op::Window { gap: Some(gap), aggregation, .. } => {
            join(field_reads(gap, 0)?, kept(aggregation))
        }
        Op::Window { aggregation, .. } | Op::Running { aggregation } => kept(aggregation),
        // Asked by input: see `process_reads`.
        Op::Process(_) | Op::BroadcastBy { .. } => None,
        Op::Dedup => reads_behind(chained, id),
        // What is kept are the records as declared.
        Op::Join(_)
        | Op::Source { .. }
        | Op::Union
        | Op::Side { .. }
        | Op::AsyncMap(_)
        | Op::Fragment { .. }
        | Op::Input { .. }
        | Op::Output
        | Op::Sink { .. } => None,
    }
}

/// What a process function reads of the records of one of its inputs.
fn process_reads(chained: &Chained, id: NodeId, process: &ProcessOp, from: NodeId) -> Reads {
    let inputs = chained.graph.node(id).inputs.iter().enumerate();
    inputs
        .filter(|(_, input)| **input == from)
        .map(|(index, _)| field_reads(process.closure(process.inputs.hook(index))?, 1))
        .try_fold(BTreeSet::new(), join)
}

/// What the next exchange carries.
fn payload_reads(chained: &Chained, id: NodeId) -> Reads {
    let edge: EdgeId = chained.edge_to(id)?;
    match &chained.edge(edge).payload {
        Payload::Whole => None,
        Payload::Fields(fields) => Some(fields.iter().map(ToString::to_string).collect()),
        Payload::Partial(window) => match &chained.graph.node(*window).op {
            Op::Window { aggregation, .. } => kept(aggregation),
            _ => None,
        },
    }
}

/// What an aggregation reads. State never depends on it: what is kept are accumulators, not pruned records.
fn kept(aggregation: &Aggregation) -> Reads {
    match aggregation {
        Aggregation::Reduce(_) => None,
        Aggregation::Fold { f, .. } => field_reads(f, 1),
        Aggregation::Calls { calls, .. } => calls
            .iter()
            .map(|call| match (call.kind.adds, &call.f) {
                (Adds::Unit, _) => Some(BTreeSet::new()),
                (Adds::Value, Some(f)) => field_reads(f, 0),
                _ => None,
            })
            .try_fold(BTreeSet::new(), join),
    }
}
