//! Exchange placement and fusion: cuts the graph into chains joined by edges.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Expr, Ident};

use super::Checked;
use crate::catalog::ExchangeKind;
use crate::ir::{Graph, NodeId, Op};

/// A graph cut into chains.
pub struct Chained {
    /// The graph.
    pub graph: Graph,
    /// The id of each stateful operator.
    pub ids: BTreeMap<NodeId, String>,
    /// The chains, upstream first.
    pub chains: Vec<ChainPlan>,
    /// The exchanges.
    pub edges: Vec<Edge>,
    /// The chain of each node.
    pub chain_of: BTreeMap<NodeId, usize>,
}

/// Names an edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct EdgeId(pub usize);

/// An exchange.
pub struct Edge {
    /// The node whose chain reads it.
    pub to: NodeId,
    /// How records are distributed.
    pub route: Route,
    /// What crosses it.
    pub payload: Payload,
    /// The operator behind it that takes the record whole, where that keeps fields from being left out.
    pub whole_for: Option<NodeId>,
}

/// How records are distributed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Route {
    /// By key.
    Key,
    /// In turn.
    Rebalance,
    /// To all.
    Broadcast,
    /// To task 0.
    Global,
    /// To the task that a closure names.
    Named,
    /// Task to task.
    Forward,
}

/// What crosses an exchange besides the key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Payload {
    /// The record.
    Whole,
    /// Some of its fields.
    Fields(Vec<Ident>),
    /// Accumulators of the window behind the exchange.
    Partial(NodeId),
}

/// What is fused between two exchanges.
pub struct ChainPlan {
    /// The first node: a source, the reading end of the first of its edges, or what follows a fragment.
    pub head: NodeId,
    /// All nodes, writers before readers.
    pub nodes: Vec<NodeId>,
    /// The edges it reads, in the order of its operators' inputs: several if one of those has more than one.
    pub inputs: Vec<EdgeId>,
    /// The edges it writes.
    pub outputs: Vec<EdgeId>,
    /// `.parallelism(n)`.
    pub parallelism: Option<Expr>,
    /// Its loops in order.
    pub stages: Vec<Stage>,
}

/// A loop of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Over what the source brings.
    Source,
    /// Over what comes in over an exchange.
    Input(EdgeId),
    /// Over what was written to a side or union inside the chain.
    Scratch(NodeId),
    /// Over the firings of a window.
    Fire(NodeId),
    /// Over the answers of an `async_map`.
    Answers(NodeId),
    /// Over what is due in a process function, and over what it emitted.
    Process(NodeId),
    /// Forgets some of what is over.
    Sweep(NodeId),
    /// Over pre-aggregated accumulators.
    Drain(EdgeId),
}

impl ChainPlan {
    /// A chain without nodes that is to start with `head`.
    fn starting(head: NodeId) -> ChainPlan {
        let (nodes, inputs, outputs, stages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        ChainPlan { head, nodes, inputs, outputs, parallelism: None, stages }
    }
}

pub(super) fn place(checked: Checked) -> Chained {
    let Checked { graph, order, ids } = checked;
    let mut placed =
        Chained { graph, ids, chains: Vec::new(), edges: Vec::new(), chain_of: BTreeMap::new() };
    for id in &order {
        placed.place_node(*id);
    }
    placed.drop_merged();
    for chain in 0..placed.chains.len() {
        placed.chains[chain].stages = placed.stages(chain);
        placed.chains[chain].outputs = placed.outputs(chain);
    }
    placed
}

impl Chained {
    fn place_node(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        let above: BTreeSet<usize> =
            node.inputs.iter().filter_map(|input| self.chain_of.get(input)).copied().collect();
        let route = match &node.op {
            Op::Source { .. } | Op::Fragment { .. } | Op::Input { .. } => None,
            Op::KeyBy { .. } => Some(Route::Key),
            Op::BroadcastBy { .. } => Some(Route::Broadcast),
            Op::Exchange(ExchangeKind::Rebalance) => Some(Route::Rebalance),
            Op::Exchange(ExchangeKind::Broadcast) => Some(Route::Broadcast),
            Op::Exchange(ExchangeKind::Global) => Some(Route::Global),
            Op::PartitionBy { .. } => Some(Route::Named),
            // The caller reads it.
            Op::Side { external: true, .. } => return,
            Op::Union if above.len() > 1 => Some(Route::Forward),
            Op::Side { .. } if above.len() > 1 || self.is_written_by_fragment(id) => {
                Some(Route::Forward)
            }
            op if op.is_stateful() && !matches!(op, Op::AsyncMap(_)) => {
                return self.join_chain(id, above);
            }
            _ if node.modifiers.parallelism.is_some() => Some(Route::Rebalance),
            Op::AsyncMap(_) if self.may_fire(&above) => Some(Route::Forward),
            _ => return self.join_chain(id, above),
        };
        let mut parallelism = self.graph.node(id).modifiers.parallelism.clone();
        if matches!(self.graph.node(id).op, Op::AsyncMap(_)) && parallelism.is_none() {
            parallelism = above.first().and_then(|chain| self.chains[*chain].parallelism.clone());
        }
        let input = route.map(|route| {
            self.edges.push(Edge { to: id, route, payload: Payload::Whole, whole_for: None });
            EdgeId(self.edges.len() - 1)
        });
        self.chain_of.insert(id, self.chains.len());
        let inputs = input.into_iter().collect();
        self.chains.push(ChainPlan {
            nodes: vec![id],
            inputs,
            parallelism,
            ..ChainPlan::starting(id)
        });
    }

    /// Puts a node into the chain above it; those of several inputs become one.
    fn join_chain(&mut self, id: NodeId, above: BTreeSet<usize>) {
        let Some(chain) = self.merge(id, above) else { return };
        self.chain_of.insert(id, chain);
        self.chains[chain].nodes.push(id);
        if let Some(parallelism) = &self.graph.node(id).modifiers.parallelism {
            self.chains[chain].parallelism = Some(parallelism.clone());
        }
    }

    /// True if something in these chains fires without input, or may do so where it was compiled apart. An `async_map`
    /// stands in the chain of its input only where that alone makes requests: when it can take no more, no input is
    /// all it takes to stop them.
    fn may_fire(&self, chains: &BTreeSet<usize>) -> bool {
        chains.iter().any(|chain| {
            let chain = &self.chains[*chain];
            let is_apart =
                matches!(self.graph.node(chain.head).op, Op::Fragment { .. } | Op::Input { .. });
            is_apart || chain.nodes.iter().any(|node| self.graph.node(*node).op.is_stateful())
        })
    }

    /// Makes one chain of those that `id` reads, in the order of its inputs. It is the last of them that goes on: all
    /// that writes to any of them comes before it.
    fn merge(&mut self, id: NodeId, above: BTreeSet<usize>) -> Option<usize> {
        let last = *above.last()?;
        if above.len() == 1 {
            return Some(last);
        }
        let mut merged: Option<ChainPlan> = None;
        for input in self.graph.node(id).inputs.clone() {
            let from = self.chain_of[&input];
            let empty = ChainPlan::starting(self.chains[from].head);
            let mut part = std::mem::replace(&mut self.chains[from], empty);
            match &mut merged {
                None => merged = Some(part),
                Some(merged) => {
                    merged.nodes.append(&mut part.nodes);
                    merged.inputs.append(&mut part.inputs);
                    merged.parallelism = merged.parallelism.take().or(part.parallelism);
                }
            }
        }
        let merged = merged?;
        self.chain_of.extend(merged.nodes.iter().map(|node| (*node, last)));
        self.chains[last] = merged;
        Some(last)
    }

    /// Closes the gaps that merged chains leave.
    fn drop_merged(&mut self) {
        self.chains.retain(|chain| !chain.nodes.is_empty());
        for (index, chain) in self.chains.iter().enumerate() {
            self.chain_of.extend(chain.nodes.iter().map(|node| (*node, index)));
        }
    }

    /// Where a fragment writes is its own business: a side that it is given is always an exchange.
    fn is_written_by_fragment(&self, id: NodeId) -> bool {
        self.graph.node(id).inputs.iter().any(|writer| self.is_fragment(*writer))
    }

    /// A fragment's node stands in the chain that goes on with what it returns; which chains write the sides that it
    /// is given, only the fragment knows.
    fn is_fragment(&self, id: NodeId) -> bool {
        matches!(self.graph.node(id).op, Op::Fragment { .. })
    }

    /// What is fused behind a chain but compiled apart: the fragments it calls and, inside one, the caller's rest.
    pub fn followers(&self, chain: usize) -> Vec<NodeId> {
        let follows = |id: &NodeId| {
            let node = self.graph.node(*id);
            matches!(node.op, Op::Fragment { .. } | Op::Output)
                && node.inputs.iter().any(|input| self.chain_of.get(input) == Some(&chain))
        };
        self.graph.iter().map(|(id, _)| id).filter(follows).collect()
    }

    /// The edge that `id` reads, if it heads a chain behind one.
    pub fn edge_to(&self, id: NodeId) -> Option<EdgeId> {
        self.edges.iter().position(|edge| edge.to == id).map(EdgeId)
    }

    /// The edge.
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0]
    }

    /// True for a union or side whose writers and readers share its chain: it is a scratch batch there.
    pub fn is_scratch(&self, id: NodeId) -> bool {
        matches!(self.graph.node(id).op, Op::Union | Op::Side { external: false, .. })
            && self.edge_to(id).is_none()
    }

    /// A node's place in its chain's order is its stage's place.
    fn stages(&self, chain: usize) -> Vec<Stage> {
        let inputs = self.chains[chain].inputs.iter().map(|edge| Stage::Input(*edge));
        let mut stages: Vec<Stage> = inputs.collect();
        for id in &self.chains[chain].nodes {
            match &self.graph.node(*id).op {
                Op::AsyncMap(_) => stages.push(Stage::Answers(*id)),
                Op::Source { .. } => stages.push(Stage::Source),
                Op::Window { .. } | Op::GeneralWindow(_) | Op::Join(_) => {
                    stages.push(Stage::Fire(*id))
                }
                Op::Process(_) => stages.push(Stage::Process(*id)),
                op if op.takes_ttl() && self.graph.node(*id).modifiers.ttl.is_some() => {
                    stages.push(Stage::Sweep(*id));
                }
                Op::Union | Op::Side { .. } if self.is_scratch(*id) => {
                    stages.push(Stage::Scratch(*id));
                }
                _ => {}
            }
        }
        stages
    }

    fn outputs(&self, chain: usize) -> Vec<EdgeId> {
        let writes = |to: &NodeId| {
            let is_side = matches!(self.graph.node(*to).op, Op::Side { .. });
            self.graph.node(*to).inputs.iter().any(|input| {
                self.chain_of.get(input) == Some(&chain) && !(is_side && self.is_fragment(*input))
            })
        };
        let mut outputs = Vec::new();
        for (index, edge) in self.edges.iter().enumerate() {
            if writes(&edge.to) {
                outputs.push(EdgeId(index));
            }
        }
        outputs
    }

    /// The sides of the caller that a fragment's chain writes.
    pub fn external_sides(&self, chain: usize) -> Vec<NodeId> {
        let mut sides = Vec::new();
        for id in self.chains[chain].nodes.iter().filter(|id| !self.is_fragment(**id)) {
            for side in self.graph.sides_of(*id) {
                if matches!(self.graph.node(side).op, Op::Side { external: true, .. })
                    && !sides.contains(&side)
                {
                    sides.push(side);
                }
            }
        }
        sides
    }
}
