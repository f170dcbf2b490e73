//! Field pruning: only what is read behind an exchange crosses it.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::{Expr, Ident};

use super::fields::field_reads;
use super::place::{Chained, EdgeId, Payload};
use crate::catalog::Adds;
use crate::ir::{Aggregation, NodeId, OnError, Op, ProcessOp, Stateless};

/// Tuples, which carry pruned fields, end here.
const FIELDS_MAX: usize = 8;

/// What is read of a record: its fields, or who takes it whole.
type Reads = Result<BTreeSet<String>, NodeId>;

pub(super) fn prune(chained: &mut Chained) {
    // Downstream edges first: what they need, an upstream edge must carry.
    for index in (0..chained.edges.len()).rev() {
        let edge = &chained.edges[index];
        if edge.payload != Payload::Whole {
            continue;
        }
        let to = edge.to;
        if !is_exchange(&chained.graph.node(to).op) {
            continue;
        }
        match reads_behind(chained, to) {
            Ok(fields) if fields.len() <= FIELDS_MAX => {
                let name = |field: &String| Ident::new(field, Span::mixed_site());
                chained.edges[index].payload = Payload::Fields(fields.iter().map(name).collect());
            }
            Ok(_) => {}
            Err(culprit) => chained.edges[index].whole_for = Some(culprit),
        }
    }
}

/// What the readers of `id` read of its records.
fn reads_behind(chained: &Chained, id: NodeId) -> Reads {
    if chained.graph.node(id).annotation.is_some() {
        return Err(id);
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
    Ok(all)
}

/// What a reader, and whoever sees the same record behind it, reads.
fn reads_of(chained: &Chained, id: NodeId) -> Reads {
    let node = chained.graph.node(id);
    let fields = |f: &Expr| field_reads(f, 0).ok_or(id);
    match &node.op {
        Op::Stateless { owned: true, .. }
        | Op::Stateless { fallible: Some(OnError::Side(_)), .. } => Err(id),
        Op::Stateless { kind: Stateless::Filter | Stateless::Inspect, f, .. } => {
            join(fields(f)?, reads_behind(chained, id))
        }
        Op::Stateless { f, .. } => fields(f),
        Op::Partition { f } => join(fields(f)?, reads_behind(chained, id)),
        Op::Arm(_) | Op::ProcessingTime => reads_behind(chained, id),
        Op::EventTime { f, punctuated, .. } => {
            let mut reads = fields(f)?;
            if let Some(f) = punctuated {
                reads.extend(fields(f)?);
            }
            join(reads, reads_behind(chained, id))
        }
        Op::PartitionBy { f } => join(fields(f)?, payload_reads(chained, id)),
        Op::KeyBy { f } => {
            let key = f.as_ref().map_or_else(|| Ok(BTreeSet::new()), fields)?;
            join(key, payload_reads(chained, id))
        }
        Op::Exchange(_) => payload_reads(chained, id),
        Op::Window { late: Some(_), .. } => Err(id),
        Op::Window { gap: Some(gap), aggregation, .. } => {
            join(fields(gap)?, kept(aggregation).ok_or(id))
        }
        Op::Window { aggregation, .. } | Op::Running { aggregation } => kept(aggregation).ok_or(id),
        Op::Dedup => reads_behind(chained, id),
        // Elements, triggers and joins see the declared record; a process function is asked by input, see
        // `process_reads`.
        Op::GeneralWindow(_)
        | Op::Process(_)
        | Op::BroadcastBy { .. }
        | Op::Join(_)
        | Op::Source { .. }
        | Op::Union
        | Op::Side { .. }
        | Op::AsyncMap(_)
        | Op::Fragment { .. }
        | Op::Input { .. }
        | Op::Output
        | Op::Sink { .. } => Err(id),
    }
}

/// What a process function reads of the records of one of its inputs.
fn process_reads(chained: &Chained, id: NodeId, process: &ProcessOp, from: NodeId) -> Reads {
    let reads = |hook| field_reads(process.closure(hook)?, 1);
    let inputs = chained.graph.node(id).inputs.iter().enumerate();
    inputs
        .filter(|(_, input)| **input == from)
        .map(|(index, _)| reads(process.inputs.hook(index)).ok_or(id))
        .try_fold(BTreeSet::new(), join)
}

/// What the next exchange carries.
fn payload_reads(chained: &Chained, id: NodeId) -> Reads {
    let edge: EdgeId = chained.edge_to(id).ok_or(id)?;
    let edge = chained.edge(edge);
    match &edge.payload {
        Payload::Whole => Err(edge.whole_for.unwrap_or(id)),
        Payload::Fields(fields) => Ok(fields.iter().map(ToString::to_string).collect()),
        Payload::Partial(window) => match &chained.graph.node(*window).op {
            Op::Window { aggregation, .. } => kept(aggregation).ok_or(*window),
            _ => Err(id),
        },
    }
}

/// What an aggregation reads. State never depends on it: what is kept are accumulators, not pruned records.
fn kept(aggregation: &Aggregation) -> Option<BTreeSet<String>> {
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
            .try_fold(BTreeSet::new(), |mut all, more| {
                all.extend(more?);
                Some(all)
            }),
    }
}
