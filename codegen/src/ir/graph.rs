//! The graph that lowering makes and every pass reads.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;
use syn::{Expr, Ident, Path, Stmt, Type};

use super::{GeneralOp, Join, ProcessOp};
use crate::catalog::{AggregateKind, ExchangeKind};

/// Names a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub usize);

/// A pipeline's operators and what runs when its plan is built.
#[derive(Default)]
pub struct Graph {
    /// The operators.
    pub nodes: Vec<Node>,
    /// What runs when the plan is built, in order.
    pub steps: Vec<Step>,
    /// Conditions under which operators take part.
    pub conditions: usize,
    /// Names bound by ordinary statements and parameters, which closures may capture.
    pub variables: Vec<String>,
    /// What each `let` of a stream binds.
    pub bindings: Vec<(Ident, NodeId)>,
    /// The name of the stream or side that the chain of a sink starts from.
    pub starts: BTreeMap<NodeId, String>,
    /// Nodes whose readers or writers were refused: nothing can be said about how they are used.
    pub refused: BTreeSet<NodeId>,
}

/// Something that runs when the plan is built.
pub enum Step {
    /// An ordinary statement.
    Plain(Stmt),
    /// The value of a pipeline that returns a `Result`.
    Answer(Expr),
    /// A resource opened in each process.
    Resource {
        /// Its name.
        name: Ident,
        /// Whether it is opened by a future.
        asynchronous: bool,
        /// Opens it.
        open: Expr,
    },
    /// A statement about streams: its nodes' connectors are made.
    Stream(Vec<NodeId>),
    /// `if`: the branches' connectors are made or not.
    If {
        /// The condition as written.
        expr: Expr,
        /// The condition under which `then` takes part.
        then_condition: Condition,
        /// Its steps.
        then: Vec<Step>,
        /// The condition under which `otherwise` takes part.
        otherwise_condition: Condition,
        /// Its steps.
        otherwise: Vec<Step>,
    },
}

/// Names a condition: a `bool` decided when the plan is built.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Condition(pub usize);

/// The binding an operator stands in: `hot` in `let hot = ..`, empty outside any.
pub type Binding = String;

/// One operator.
pub struct Node {
    /// What it does.
    pub op: Op,
    /// What it reads. A side's inputs are its writers.
    pub inputs: Vec<NodeId>,
    /// Where it stands.
    pub site: Site,
    /// Its modifiers.
    pub modifiers: Modifiers,
    /// The binding it stands in.
    pub binding: Binding,
    /// Where it stands, for messages: "in operator 3 of pipeline `x`, after `filter`".
    pub place: String,
    /// Which binding of each variable that has several the operator sees.
    pub rebound: BTreeMap<String, usize>,
    /// The innermost condition under which it takes part.
    pub condition: Option<Condition>,
    /// `let x: Stream<T> = ..` ends here: the record's type, as annotated.
    pub annotation: Option<Type>,
}

/// Where an operator stands, and how it was written.
#[derive(Clone)]
pub struct Site {
    /// The operator's word.
    pub span: Span,
    /// Its kind: `filter`.
    pub kind: String,
    /// As written, shortened.
    pub text: String,
    /// First and last line.
    pub lines: (usize, usize),
    /// The binding's or the closure's word for a record that leaves the operator, if any.
    pub word: Option<String>,
}

/// `.uid`, `.name`, `.parallelism`, `.buffer_timeout`.
#[derive(Default)]
pub struct Modifiers {
    /// `.uid("x")`.
    pub uid: Option<(String, Span)>,
    /// `.name("x")`.
    pub name: Option<Expr>,
    /// `.parallelism(n)`.
    pub parallelism: Option<Expr>,
    /// `.buffer_timeout(d)`.
    pub buffer_timeout: Option<Expr>,
    /// `.ttl(d)`, and its word.
    pub ttl: Option<(Expr, Span)>,
    /// Where `.late_to(side)` stands.
    pub late_to: Option<Span>,
}

/// Operators that keep nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stateless {
    /// One to one.
    Map,
    /// One to one or none, unchanged.
    Filter,
    /// One to one or none.
    FilterMap,
    /// One to any number.
    FlatMap,
    /// One to one, unchanged.
    Inspect,
}

/// What becomes of a record that fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnError {
    /// The task fails.
    Fail,
    /// It is counted.
    Skip,
    /// It goes to a side.
    Side(NodeId),
}

/// What an operator does.
#[expect(clippy::large_enum_variant, reason = "a pipeline has a handful of these")]
pub enum Op {
    /// Reads records.
    Source {
        /// The source.
        expr: Expr,
        /// What becomes of what cannot be decoded, where a side is named: `.errors_to(side)` of the source.
        rejects: Option<NodeId>,
    },
    /// `map` and its kin.
    Stateless {
        /// Which.
        kind: Stateless,
        /// The closure.
        f: Expr,
        /// Whether the closure takes the record itself.
        owned: bool,
        /// Whether it may fail, and what then.
        fallible: Option<OnError>,
    },
    /// Decides between two arms.
    Partition {
        /// The predicate.
        f: Expr,
    },
    /// An arm of a partition: of records for which the predicate is as said.
    Arm(bool),
    /// Merges its inputs.
    Union,
    /// A declared side: merges its writers.
    Side {
        /// Its name.
        name: Ident,
        /// Whether it is a parameter of a fragment: read by the caller.
        external: bool,
    },
    /// What a fragment is given.
    Input {
        /// Whether its records carry event time: `Timed<T>`.
        timed: bool,
        /// Whether they come with their keys: `Keyed<K, T>`.
        keyed: bool,
    },
    /// What a fragment returns.
    Output,
    /// Partitions by key.
    KeyBy {
        /// The key; `None` for `window_all`: one key for all.
        f: Option<Expr>,
    },
    /// Another exchange.
    Exchange(ExchangeKind),
    /// An exchange whose closure says which task gets a record.
    PartitionBy {
        /// The number of the task, before it is taken modulo the parallelism.
        f: Expr,
    },
    /// Takes timestamps, generates watermarks.
    EventTime {
        /// The timestamp.
        f: Expr,
        /// The strategy.
        strategy: Expr,
        /// The watermark that a record brings, in place of those that are made from timestamps.
        punctuated: Option<Expr>,
    },
    /// Processing time from here on.
    ProcessingTime,
    /// Windows per key.
    Window {
        /// The window, with its options applied: `tumbling(..).offset(..)`.
        spec: Expr,
        /// `offset(..)`, `allowed_lateness(..)`.
        options: Vec<(Ident, Expr)>,
        /// `gap(|x| ..)`: how long a session is still open after a record.
        gap: Option<Expr>,
        /// Where late records go.
        late: Option<NodeId>,
        /// What is kept.
        aggregation: Aggregation,
    },
    /// Windows per key that keep elements, or have a trigger of their own.
    GeneralWindow(Box<GeneralOp>),
    /// A running aggregate per key.
    Running {
        /// What is kept.
        aggregation: Aggregation,
    },
    /// Runs a future per record.
    AsyncMap(AsyncMap),
    /// A process function.
    Process(Box<ProcessOp>),
    /// The first record of each key.
    Dedup,
    /// Sends each record to every task of the function that it is connected to, under a key.
    BroadcastBy {
        /// The key.
        f: Expr,
    },
    /// Joins two keyed inputs.
    Join(Join),
    /// Calls a fragment.
    Fragment {
        /// Its path.
        path: Path,
        /// Its arguments behind the stream: a side's node, or a value.
        args: Vec<Result<NodeId, Expr>>,
    },
    /// The end.
    Sink {
        /// The sink.
        expr: Expr,
        /// What becomes of what cannot be written, where a side is named: `.errors_to(side)` of the sink.
        rejects: Option<NodeId>,
    },
}

/// `async_map(f)` with its words.
pub struct AsyncMap {
    /// Makes the future.
    pub f: Expr,
    /// `capacity(n)`, `timeout(d)`, ..: the words but for the key of `cache`.
    pub options: Vec<(Ident, Vec<Expr>)>,
    /// The key of `cache`.
    pub key: Option<Expr>,
    /// What becomes of answers that are errors.
    pub on_error: OnError,
}

/// What a keyed operator keeps.
#[expect(clippy::large_enum_variant, reason = "a pipeline has a handful of these")]
pub enum Aggregation {
    /// Accumulators.
    Calls {
        /// The accumulators, equal ones once.
        calls: Vec<AggregateCall>,
        /// What is made of them.
        result: AggregateResult,
    },
    /// `reduce(|a, b| ..)`.
    Reduce(Expr),
    /// `fold(init, |acc, x| ..)`.
    Fold {
        /// The first accumulator.
        init: Expr,
        /// Adds a record.
        f: Expr,
    },
}

/// One accumulator.
pub struct AggregateCall {
    /// Which.
    pub kind: AggregateKind,
    /// Arguments of its constructor: `n` of `top`, the aggregate of `with`.
    pub arg: Option<Expr>,
    /// Its closure.
    pub f: Option<Expr>,
    /// Its word.
    pub span: Span,
}

/// What is made of accumulators.
pub enum AggregateResult {
    /// `Windowed { key, window, value }` or `Changed { key, value }`.
    Short,
    /// The body of `aggregate(|w| ..)`, each call replaced by a placeholder: see [`crate::lower`].
    Expression {
        /// The closure's parameter.
        parameter: Ident,
        /// Its body.
        body: proc_macro2::TokenStream,
    },
}

impl Graph {
    /// The node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// The last expression of a pipeline that returns a `Result` is its answer.
    pub fn answer(&mut self) {
        if let Some(Step::Plain(Stmt::Expr(expr, None))) = self.steps.last() {
            let answer = Step::Answer(expr.clone());
            self.steps.pop();
            self.steps.push(answer);
        }
    }

    /// True if anything is written anywhere.
    pub fn has_sink(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.op, Op::Sink { .. }))
            || self.nodes.iter().any(|node| matches!(node.op, Op::Fragment { .. } | Op::Output))
    }

    /// All nodes with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index), node))
    }

    /// The nodes that read `id`, in the order they were written.
    pub fn consumers(&self, id: NodeId) -> Vec<NodeId> {
        self.iter()
            .filter(|(_, node)| node.inputs.contains(&id))
            .map(|(consumer, _)| consumer)
            .collect()
    }

    /// The sides that `id` writes to besides its ordinary output.
    pub fn sides_of(&self, id: NodeId) -> Vec<NodeId> {
        match &self.node(id).op {
            Op::Source { rejects, .. } | Op::Sink { rejects, .. } => {
                rejects.iter().copied().collect()
            }
            Op::Stateless { fallible: Some(OnError::Side(side)), .. } => vec![*side],
            Op::Window { late, .. } => late.iter().copied().collect(),
            Op::AsyncMap(AsyncMap { on_error: OnError::Side(side), .. }) => vec![*side],
            Op::GeneralWindow(general) => general.sides(),
            Op::Process(process) => process.sides.iter().map(|(_, side)| *side).collect(),
            Op::Join(join) => join.late.iter().flatten().copied().collect(),
            Op::Fragment { args, .. } => {
                args.iter().filter_map(|arg| arg.as_ref().ok().copied()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The nodes that read the ordinary output of `id`: a side's writers are no readers of what they write late.
    pub fn readers(&self, id: NodeId) -> Vec<NodeId> {
        self.consumers(id)
            .into_iter()
            .filter(|reader| !matches!(self.node(*reader).op, Op::Side { .. }))
            .collect()
    }
}

/// A window's options, by word, and where its late records go.
type WindowOptions<'g> = (&'g [(Ident, Expr)], Option<NodeId>);

impl Op {
    /// What a window was given besides its length: its options and where late records go. None if it is no window.
    pub fn window_options(&self) -> Option<WindowOptions<'_>> {
        match self {
            Op::Window { options, late, .. } => Some((options, *late)),
            Op::GeneralWindow(general) => Some((&general.options, general.late)),
            _ => None,
        }
    }

    /// True if what leaves the operator has a key.
    pub fn is_keyed(&self) -> bool {
        matches!(self, Op::KeyBy { .. } | Op::Input { keyed: true, .. })
    }

    /// True if the operator keeps state, so that it has an id.
    pub fn is_stateful(&self) -> bool {
        match self {
            Op::Process(process) => process.keyed,
            Op::GeneralWindow(_) => true,
            _ => matches!(
                self,
                Op::Window { .. } | Op::Running { .. } | Op::Dedup | Op::Join(_) | Op::AsyncMap(_)
            ),
        }
    }

    /// True if the operator keeps something per key for as long as `.ttl(..)` says.
    pub fn takes_ttl(&self) -> bool {
        let by_window = matches!(self, Op::Window { .. } | Op::GeneralWindow(_));
        self.is_stateful() && !by_window && !matches!(self, Op::Join(_) | Op::AsyncMap(_))
    }
}
