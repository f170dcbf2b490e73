//! The plan: chains, the exchanges between them, and what each chain is made of.
//!
//! Generated code builds a plan from a pipeline's parameters; `./job plan` prints it, the executor runs it. Chains may
//! be registered in any order.

mod settings;
mod topology;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use crate::connector::Source;
use crate::exchange::{Edge, EdgeId, Partition};
use crate::metrics::Registry;
use crate::resource::{OpenResource, Resource};
use crate::task::{Chain, Failure, Label, TaskContext};
use crate::time::Span;

pub use settings::OperatorSettings;
pub use topology::PlanError;
pub(crate) use topology::Topology;

/// Makes a chain's code in one task. Called once per task, on the task's thread.
pub type Factory = Box<dyn Fn(&mut TaskContext) -> Result<Box<dyn Chain>, Failure> + Send + Sync>;

/// Everything there is to run.
#[derive(Default)]
pub struct Plan {
    chains: Vec<ChainPlan>,
    edges: Vec<EdgePlan>,
    /// The exchanges' record types.
    edge_types: Vec<&'static str>,
    /// Exchanges of branches that were not taken.
    unused: BTreeSet<EdgeId>,
    resources: Vec<Arc<dyn OpenResource>>,
    metrics: Registry,
    labels: Vec<Label>,
}

/// A chain in a plan.
pub struct ChainPlan {
    /// What it consists of.
    pub spec: ChainSpec,
    /// Makes it.
    pub factory: Factory,
}

/// What is known of a chain when it is registered.
#[derive(Clone, Debug, Default)]
pub struct ChainSpec {
    /// Its operators in order.
    pub operators: Vec<OperatorSpec>,
    /// The exchanges it reads; empty for a chain that starts with a source.
    pub inputs: Vec<EdgeId>,
    /// The exchanges it writes.
    pub outputs: Vec<EdgeId>,
    /// `.parallelism(n)`, else that of the job.
    pub parallelism: Option<usize>,
    /// How long what it writes may wait for more, else as the job says.
    pub buffer_timeout: Option<Duration>,
    /// How long operators with a time to live keep their state where the configuration says so, by id.
    pub ttls: BTreeMap<String, Span>,
}

impl ChainSpec {
    /// A chain of operators between exchanges.
    pub fn new(
        operators: Vec<OperatorSpec>,
        inputs: Vec<EdgeId>,
        outputs: Vec<EdgeId>,
    ) -> ChainSpec {
        let ttls = BTreeMap::new();
        ChainSpec { operators, inputs, outputs, parallelism: None, buffer_timeout: None, ttls }
    }

    /// With a parallelism of its own.
    #[must_use]
    pub fn parallelism(mut self, parallelism: usize) -> ChainSpec {
        self.parallelism = Some(parallelism);
        self
    }

    /// With what is fused behind it: a fragment, or what a fragment's caller goes on with.
    #[must_use]
    pub fn followed_by(mut self, rest: &ChainSpec) -> ChainSpec {
        self.operators.extend(rest.operators.iter().cloned());
        self.outputs.extend(&rest.outputs);
        self
    }
}

/// One operator of a chain.
#[derive(Clone, Debug)]
pub struct OperatorSpec {
    /// Its name in the language: `filter`.
    pub kind: &'static str,
    /// Its id: `.uid(..)`, or the binding's path and kind; empty for stateless operators.
    pub id: Cow<'static, str>,
    /// As the user wrote it, shortened: `filter(|b| b.price >= min_price)`.
    pub text: &'static str,
    /// Source file.
    pub file: &'static str,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// What it keeps, for people; empty for what keeps nothing.
    pub keeps: &'static str,
    /// Whether it has a time to live, which the configuration may change.
    pub has_ttl: bool,
}

impl OperatorSpec {
    /// A stateless operator.
    pub const fn new(
        kind: &'static str,
        text: &'static str,
        file: &'static str,
        first_line: u32,
        last_line: u32,
    ) -> OperatorSpec {
        let (id, lines) = (Cow::Borrowed(""), (first_line, last_line));
        OperatorSpec { kind, id, text, file, lines, keeps: "", has_ttl: false }
    }

    /// With words about what it keeps.
    #[must_use]
    pub const fn keeps(mut self, keeps: &'static str) -> OperatorSpec {
        self.keeps = keeps;
        self
    }

    /// With a time to live.
    #[must_use]
    pub const fn with_ttl(mut self) -> OperatorSpec {
        self.has_ttl = true;
        self
    }

    /// With state of this id.
    #[must_use]
    pub fn state(mut self, id: impl Into<String>) -> OperatorSpec {
        self.id = Cow::Owned(id.into());
        self
    }
}

/// An exchange in a plan.
#[derive(Clone, Debug)]
pub struct EdgePlan {
    /// How records are distributed.
    pub partition: Partition,
    /// What crosses it, for people: `key u64 + (price, url)`.
    pub label: &'static str,
    /// The key's text, if it is keyed: `|b| b.auction`.
    pub key: Option<&'static str>,
}

impl Plan {
    /// A plan that `build` fills; metrics that it declares are the plan's.
    ///
    /// # Errors
    /// What `build` fails with.
    pub fn build<E>(build: impl FnOnce(&mut Plan) -> Result<(), E>) -> Result<Plan, E> {
        let mut plan = Plan::default();
        plan.metrics.clone().collecting(|| build(&mut plan))?;
        Ok(plan)
    }

    /// The metrics that the pipeline declares.
    pub fn metrics(&self) -> &Registry {
        &self.metrics
    }

    /// Adds an exchange.
    pub fn edge<T>(&mut self, edge: EdgePlan) -> Edge<T> {
        self.edges.push(edge);
        self.edge_types.push(std::any::type_name::<T>());
        Edge::new(EdgeId(self.edges.len() as u32 - 1))
    }

    /// Says that an exchange belongs to a branch that is not taken: whoever writes it writes nothing, and nobody reads it.
    pub fn unused<T>(&mut self, edge: Edge<T>) {
        self.unused.insert(edge.id());
    }

    pub(crate) fn is_unused(&self, edge: EdgeId) -> bool {
        self.unused.contains(&edge)
    }

    /// Adds a chain; `make` is called once per task.
    pub fn chain<C: Chain + 'static>(
        &mut self,
        spec: ChainSpec,
        make: impl Fn(&mut TaskContext) -> Result<C, Failure> + Send + Sync + 'static,
    ) {
        let factory: Factory = Box::new(move |cx| Ok(Box::new(make(cx)?)));
        self.chains.push(ChainPlan { spec, factory });
    }

    /// Makes a source shareable between the tasks; `name` is what tests call it. Its type is hidden, so that one that
    /// is no source is reported here and nowhere else.
    pub fn source<S: Source>(
        &mut self,
        source: S,
        name: &str,
    ) -> Arc<impl Source<Record = S::Record> + use<S>> {
        self.labelled(source, name, true)
    }

    /// Makes a sink shareable between the tasks; `name` is what tests call it.
    pub fn sink<S>(&mut self, sink: S, name: &str) -> Arc<S> {
        self.labelled(sink, name, false)
    }

    fn labelled<S>(&mut self, connector: S, name: &str, is_source: bool) -> Arc<S> {
        let connector = Arc::new(connector);
        let (address, name) = (Label::address_of(&connector), name.to_owned());
        self.labels.push(Label { address, name, is_source });
        connector
    }

    /// The record type of each exchange, in Rust's words.
    pub fn edge_types(&self) -> &[&'static str] {
        &self.edge_types
    }

    /// What tests call the plan's sources and sinks.
    pub(crate) fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// Makes something shareable between the tasks.
    pub fn share<S>(&mut self, connector: S) -> Arc<S> {
        Arc::new(connector)
    }

    /// Declares a resource: `open` is called once per process, before the first record.
    pub fn resource<T: Send + Sync + 'static, E: Display>(
        &mut self,
        name: &str,
        open: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Resource<T> {
        self.keep(Resource::new(name, open))
    }

    /// Declares a resource whose `open` is async.
    pub fn async_resource<T: Send + Sync + 'static, E: Display, F>(
        &mut self,
        name: &str,
        open: impl FnOnce() -> F + Send + 'static,
    ) -> Resource<T>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.keep(Resource::new_async(name, open))
    }

    fn keep<T: Send + Sync + 'static>(&mut self, resource: Resource<T>) -> Resource<T> {
        self.resources.push(resource.opener());
        resource
    }

    /// The resources, in the order of their declaration; see [`open_all`](crate::resource::open_all).
    pub fn resources(&self) -> &[Arc<dyn OpenResource>] {
        &self.resources
    }

    /// The chains.
    pub fn chains(&self) -> &[ChainPlan] {
        &self.chains
    }

    /// The exchanges, by id.
    pub fn edges(&self) -> &[EdgePlan] {
        &self.edges
    }
}
