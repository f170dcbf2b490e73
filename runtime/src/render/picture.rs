//! What is shown of a plan, whatever the format.

use std::collections::BTreeMap;

use serde::Serialize;

use super::crossing::crossing;
use crate::exchange::Partition;
use crate::plan::{ChainPlan, EdgePlan, OperatorSettings, OperatorSpec, Plan};

/// A plan as it is shown. Its JSON is the stable output of `plan --format json`; fields are only ever added within a
/// `version`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Picture {
    /// Version of this schema: 1.
    pub version: u32,
    /// What people call the pipeline.
    pub name: String,
    /// The pipeline's function.
    pub pipeline: String,
    /// Parallelism of chains that have none of their own.
    pub parallelism: usize,
    /// The chains, upstream before downstream; a chain's `id` is its index.
    pub chains: Vec<ChainPicture>,
    /// The exchanges; an exchange's `id` is its index.
    pub exchanges: Vec<ExchangePicture>,
    /// Names of the resources that are opened before the first record.
    pub resources: Vec<String>,
}

/// A chain: operators fused into one loop.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ChainPicture {
    /// Its index.
    pub id: usize,
    /// How many tasks run it.
    pub parallelism: usize,
    /// Its operators in order.
    pub operators: Vec<OperatorPicture>,
    /// Ids of the exchanges it reads; none if it starts with a source.
    pub inputs: Vec<usize>,
    /// Ids of the exchanges it writes.
    pub outputs: Vec<usize>,
}

/// An operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OperatorPicture {
    /// Its name in the language: `filter`.
    pub kind: String,
    /// The id under which its state is kept, or its `.uid(..)`; null for others.
    pub id: Option<String>,
    /// What the configuration calls it; null if it says nothing.
    pub name: Option<String>,
    /// As written, shortened.
    pub text: String,
    /// Source file.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
    /// What it keeps, in words; null for what keeps nothing.
    pub keeps: Option<String>,
}

/// An exchange: how records get from one chain's tasks to another's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ExchangePicture {
    /// Its index.
    pub id: usize,
    /// The chains that write it.
    pub from: Vec<usize>,
    /// The chains that read it.
    pub to: Vec<usize>,
    /// `forward`, `key`, `rebalance`, `broadcast` or `global`.
    pub partition: &'static str,
    /// The key's text, if it is keyed.
    pub key: Option<String>,
    /// What crosses it, with its size.
    pub crosses: String,
}

impl Picture {
    /// The picture of `plan`, at the job's `parallelism`.
    pub fn new(
        plan: &Plan,
        names: (&str, &str),
        parallelism: usize,
        settings: &BTreeMap<String, OperatorSettings>,
    ) -> Picture {
        let order = upstream_first(plan.chains());
        let position = |index: usize| order.iter().position(|&at| at == index);
        let chains = order
            .iter()
            .enumerate()
            .map(|(id, &index)| chain(id, &plan.chains()[index], parallelism, settings));
        let ends = |ids: &dyn Fn(&ChainPlan) -> bool| {
            let found = plan.chains().iter().enumerate().filter(|(_, chain)| ids(chain));
            let mut found: Vec<usize> = found.filter_map(|(index, _)| position(index)).collect();
            found.sort_unstable();
            found
        };
        let exchanges = plan.edges().iter().enumerate().map(|(id, edge)| {
            let is_this = |edge: &crate::exchange::EdgeId| edge.0 as usize == id;
            let from = ends(&|chain| chain.spec.outputs.iter().any(is_this));
            let to = ends(&|chain| chain.spec.inputs.iter().any(is_this));
            exchange(id, edge, plan.edge_types()[id], (from, to))
        });
        Picture {
            version: 1,
            name: names.0.to_owned(),
            pipeline: names.1.to_owned(),
            parallelism,
            exchanges: exchanges.collect(),
            resources: plan.resources().iter().map(|resource| resource.name().to_owned()).collect(),
            chains: chains.collect(),
        }
    }

    /// The pairs of chains that an exchange connects: `(exchange, from, to)`.
    pub(super) fn connections(&self) -> Vec<(usize, usize, usize)> {
        let pairs = self.exchanges.iter().flat_map(|exchange| {
            exchange
                .from
                .iter()
                .flat_map(move |&from| exchange.to.iter().map(move |&to| (exchange.id, from, to)))
        });
        pairs.collect()
    }
}

/// Indexes of the chains such that none comes before one that it reads from; otherwise in the order of the plan.
fn upstream_first(chains: &[ChainPlan]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < chains.len() {
        let is_ready = |index: &usize| {
            let inputs = &chains[*index].spec.inputs;
            let upstream = chains.iter().enumerate().filter(|(_, other)| {
                other.spec.outputs.iter().any(|output| inputs.contains(output))
            });
            upstream.into_iter().all(|(other, _)| order.contains(&other))
        };
        let mut rest = (0..chains.len()).filter(|index| !order.contains(index));
        // A cycle cannot be written in the language; if a plan has one it is still shown, in the plan's order.
        let next = rest.clone().find(is_ready).or_else(|| rest.next());
        order.push(next.expect("there is a rest"));
    }
    order
}

fn chain(
    id: usize,
    chain: &ChainPlan,
    parallelism: usize,
    settings: &BTreeMap<String, OperatorSettings>,
) -> ChainPicture {
    ChainPicture {
        id,
        parallelism: chain.spec.parallelism.unwrap_or(parallelism),
        operators: chain.spec.operators.iter().map(|spec| operator(spec, settings)).collect(),
        inputs: chain.spec.inputs.iter().map(|edge| edge.0 as usize).collect(),
        outputs: chain.spec.outputs.iter().map(|edge| edge.0 as usize).collect(),
    }
}

fn operator(spec: &OperatorSpec, settings: &BTreeMap<String, OperatorSettings>) -> OperatorPicture {
    OperatorPicture {
        kind: spec.kind.to_owned(),
        id: Some(spec.id.to_string()).filter(|id| !id.is_empty()),
        name: settings.get(&*spec.id).and_then(|settings| settings.name.clone()),
        text: spec.text.split_whitespace().collect::<Vec<_>>().join(" "),
        file: spec.file.to_owned(),
        line: spec.lines.0,
        end_line: spec.lines.1,
        keeps: Some(spec.keeps.to_owned()).filter(|keeps| !keeps.is_empty()),
    }
}

fn exchange(
    id: usize,
    edge: &EdgePlan,
    type_name: &str,
    (from, to): (Vec<usize>, Vec<usize>),
) -> ExchangePicture {
    let partition = match edge.partition {
        Partition::Forward => "forward",
        Partition::Key => "key",
        Partition::Rebalance => "rebalance",
        Partition::Broadcast => "broadcast",
        Partition::Global => "global",
        Partition::Named => "named",
    };
    let key = edge.key.map(str::to_owned);
    let crosses = crossing(edge.label, type_name, edge.partition == Partition::Key);
    ExchangePicture { id, from, to, partition, key, crosses }
}

impl ExchangePicture {
    /// How it distributes records: ``key |b| b.auction``.
    pub(super) fn way(&self) -> String {
        match &self.key {
            Some(key) => format!("{} {key}", self.partition),
            None => self.partition.to_owned(),
        }
    }
}

impl OperatorPicture {
    /// Its text, or its kind where the text does not say it.
    pub(super) fn line(&self) -> String {
        let text = match &self.name {
            Some(name) => format!("{name}: {}", self.text),
            None if self.text.is_empty() => self.kind.clone(),
            None => self.text.clone(),
        };
        shortened(&text, LINE_CHARS_MAX)
    }

    /// Where it stands: `src/main.rs:12`.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// More of an operator's text than this says little in a picture.
const LINE_CHARS_MAX: usize = 76;

/// At most `limit` characters of a text.
fn shortened(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect(),
    }
}

/// Tasks, in words.
pub(super) fn tasks(parallelism: usize) -> String {
    match parallelism {
        1 => "1 task".to_owned(),
        n => format!("{n} tasks"),
    }
}

#[cfg(test)]
pub(super) mod tests;
