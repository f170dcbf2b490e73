//! [`ast`](crate::ast) to [`ir::Graph`](crate::ir::Graph): names become nodes, method calls become operators.

mod aggregate;
mod asynchronous;
mod call;
mod captures;
mod connect;
mod general;
mod join;
mod process;
mod site;
mod time;
mod window;

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Ident, Pat, Stmt};

use crate::ast::{Argument, Chain, Fragment, Head, Parameter, Statement};
use crate::diagnostic::Diagnostics;
use crate::ir::{Condition, Graph, Modifiers, Node, NodeId, Op, Site, Step};
use crate::messages as m;

pub(crate) use aggregate::accumulator_word;
pub use aggregate::{key_word, window_word};
pub(crate) use process::is_event_time;
pub(crate) use site::{closure_word, site_of, text_of};
pub(crate) use window::is_session;

/// Lowers the statements of the pipeline `name`.
pub fn lower(
    name: &str,
    parameters: &[Parameter],
    statements: &[Statement],
    errors: &mut Diagnostics,
) -> Graph {
    let variables = parameters.iter().map(|parameter| parameter.name.to_string()).collect();
    let mut lowering = Lowering::new(format!("pipeline `{name}`"), variables, errors);
    let steps = lowering.statements(statements);
    lowering.graph.steps = steps;
    lowering.graph
}

/// Lowers the body of a fragment.
pub fn lower_fragment(fragment: &Fragment, errors: &mut Diagnostics) -> Graph {
    let variables = fragment.values.iter().map(|value| value.name.to_string()).collect();
    let mut lowering = Lowering::new(format!("fragment `{}`", fragment.name), variables, errors);
    let input = &fragment.stream;
    let site = Site {
        span: input.name.span(),
        kind: "input".to_owned(),
        text: input.name.to_string(),
        lines: site::lines(input.name.span(), input.name.span()),
        word: None,
    };
    let node =
        lowering.add(Op::Input { timed: fragment.timed, keyed: fragment.keyed }, Vec::new(), site);
    lowering.graph.nodes[node.0].annotation = Some(input.ty.clone());
    lowering.names.insert(input.name.to_string(), node);
    for side in &fragment.sides {
        lowering.side(&side.name, true);
    }
    let mut steps = lowering.statements(&fragment.statements);
    let first = lowering.graph.nodes.len();
    if let Some(cursor) = lowering.chain(&fragment.tail) {
        if cursor.ended {
            let sink = fragment.tail.calls.last().map_or(fragment.name.span(), |c| c.name.span());
            lowering.errors.report(&m::FRAGMENT_TAIL, sink, "", "");
        } else if lowering.check_pending(&cursor) {
            let end = cursor.node;
            let mut site = lowering.graph.node(end).site.clone();
            site.kind = "output".to_owned();
            site.text = "output".to_owned();
            site.word = None;
            lowering.add(Op::Output, vec![end], site);
        }
    }
    steps.push(Step::Stream((first..lowering.graph.nodes.len()).map(NodeId).collect()));
    lowering.graph.steps = steps;
    lowering.graph
}

struct Lowering<'e> {
    /// What is lowered, for messages.
    whole: String,
    graph: Graph,
    names: BTreeMap<String, NodeId>,
    condition: Option<Condition>,
    binding: String,
    /// Variables of the branches around the statement at hand.
    branch_variables: Vec<String>,
    /// How many variables were bound so far.
    bound: usize,
    /// Which binding each variable has that was bound more than once.
    rebound: BTreeMap<String, usize>,
    /// Where the operator at hand stands.
    place: String,
    errors: &'e mut Diagnostics,
}

/// Where a chain stands after some calls.
struct Cursor {
    /// The last operator that is complete.
    node: NodeId,
    pending: Pending,
    /// How many operators there are so far, the head included, for messages.
    count: usize,
    /// The last one's name, for messages.
    last: String,
    /// True if the chain starts from the name of a stream.
    named: bool,
    /// True behind `sink`.
    ended: bool,
}

/// A call that needs another to be complete.
#[expect(clippy::large_enum_variant, reason = "a pipeline has a handful of these")]
enum Pending {
    None,
    Owned { span: Span },
    EventTime { f: syn::Expr, site: Site, place: String },
    Window(Box<PendingWindow>),
    Connect(connect::PendingConnect),
    Join(Box<join::PendingJoin>),
}

struct PendingWindow {
    spec: syn::Expr,
    options: Vec<(Ident, syn::Expr)>,
    firing: crate::ir::Firing,
    gap: Option<syn::Expr>,
    late: Option<NodeId>,
    site: Site,
    place: String,
    modifiers: Modifiers,
}

impl Cursor {
    fn stream(&self) -> Option<NodeId> {
        (!self.ended && matches!(self.pending, Pending::None)).then_some(self.node)
    }
}

impl<'e> Lowering<'e> {
    fn new(whole: String, variables: Vec<String>, errors: &'e mut Diagnostics) -> Lowering<'e> {
        Lowering {
            whole,
            graph: Graph { variables, ..Graph::default() },
            names: BTreeMap::new(),
            condition: None,
            binding: String::new(),
            branch_variables: Vec::new(),
            bound: 0,
            rebound: BTreeMap::new(),
            place: String::new(),
            errors,
        }
    }
}

impl Lowering<'_> {
    fn add(&mut self, op: Op, inputs: Vec<NodeId>, site: Site) -> NodeId {
        self.graph.nodes.push(Node {
            op,
            inputs,
            site,
            modifiers: Modifiers::default(),
            binding: self.binding.clone(),
            place: self.place.clone(),
            rebound: self.rebound.clone(),
            condition: self.condition,
            annotation: None,
        });
        NodeId(self.graph.nodes.len() - 1)
    }

    fn side(&mut self, name: &Ident, external: bool) {
        let span = name.span();
        let site = Site {
            span,
            kind: "side".to_owned(),
            text: format!("side {name}"),
            lines: site::lines(span, span),
            word: None,
        };
        let node = self.add(Op::Side { name: name.clone(), external }, Vec::new(), site);
        self.names.insert(name.to_string(), node);
    }

    fn statements(&mut self, statements: &[Statement]) -> Vec<Step> {
        statements.iter().filter_map(|statement| self.statement(statement)).collect()
    }

    fn statement(&mut self, statement: &Statement) -> Option<Step> {
        let first = self.graph.nodes.len();
        match statement {
            Statement::Plain(plain) => {
                self.bind_variables(plain);
                return Some(Step::Plain(plain.clone()));
            }
            Statement::Resource { name, asynchronous, open } => {
                self.bind_variable(name.to_string());
                return Some(Step::Resource {
                    name: name.clone(),
                    asynchronous: *asynchronous,
                    open: open.clone(),
                });
            }
            Statement::Side { name, annotation } => {
                self.side(name, false);
                let node = self.names[&name.to_string()];
                self.graph.nodes[node.0].annotation = annotation.clone();
            }
            Statement::Let { names, annotation, stream } => {
                self.binding = names.first().map(ToString::to_string).unwrap_or_default();
                let cursor = self.chain(stream);
                // A name that is bound to something refused stays unbound: its uses say nothing new.
                self.unbind(names);
                self.bind(names, annotation.as_ref(), cursor);
                self.binding.clear();
            }
            Statement::Chain(stream) => {
                if let Some(cursor) = self.chain(stream) {
                    let call = stream.calls.last().map(|call| &call.name);
                    self.check_ended(&cursor, call);
                }
            }
            Statement::Refused { tokens, names } => {
                self.refuse(tokens.clone());
                self.unbind(names);
            }
            Statement::If { condition, then, otherwise } => {
                return Some(self.branches(condition, then, otherwise));
            }
        }
        Some(Step::Stream((first..self.graph.nodes.len()).map(NodeId).collect()))
    }

    /// `if`: names bound inside stay inside.
    fn branches(&mut self, expr: &syn::Expr, then: &[Statement], otherwise: &[Statement]) -> Step {
        let (names, outer) = (self.names.clone(), self.condition);
        let rebound = self.rebound.clone();
        let branch_variables = self.branch_variables.clone();
        let branch = |this: &mut Self, statements: &[Statement], taken: bool| {
            let condition = Condition(this.graph.conditions);
            this.graph.conditions += 1;
            this.condition = Some(condition);
            let variables = this.graph.variables.len();
            this.bind_pattern(expr, taken);
            let steps = this.statements(statements);
            this.graph.variables.truncate(variables);
            this.names = names.clone();
            this.rebound = rebound.clone();
            this.branch_variables = branch_variables.clone();
            this.condition = outer;
            (condition, steps)
        };
        let (then_condition, then) = branch(self, then, true);
        let (otherwise_condition, otherwise) = branch(self, otherwise, false);
        Step::If { expr: expr.clone(), then_condition, then, otherwise_condition, otherwise }
    }

    fn bind(&mut self, names: &[Ident], annotation: Option<&syn::Type>, cursor: Option<Cursor>) {
        let Some(cursor) = cursor else {
            return;
        };
        if cursor.ended {
            let span = names.first().map_or_else(Span::call_site, Ident::span);
            self.errors.report(&m::SINK_IN_LET, span, "", "");
            return;
        }
        if !self.check_pending(&cursor) {
            return;
        }
        let is_partition = matches!(self.graph.node(cursor.node).op, Op::Partition { .. });
        match (names, is_partition) {
            ([name], false) => {
                self.graph.nodes[cursor.node.0].annotation = annotation.cloned();
                self.bind_name(name, cursor.node);
            }
            ([matching, rest], true) => {
                for (name, arm) in [(matching, true), (rest, false)] {
                    let mut site = self.graph.node(cursor.node).site.clone();
                    site.word = None;
                    let node = self.add(Op::Arm(arm), vec![cursor.node], site);
                    self.bind_name(name, node);
                }
            }
            _ => {
                let span = names.first().map_or_else(Span::call_site, Ident::span);
                let message = if is_partition { &m::PARTITION_PATTERN } else { &m::BAD_PATTERN };
                self.errors.report(message, span, "", "");
                self.graph.refused.insert(cursor.node);
            }
        }
    }

    fn unbind(&mut self, names: &[Ident]) {
        for name in names {
            self.names.remove(&name.to_string());
        }
    }

    fn bind_name(&mut self, name: &Ident, node: NodeId) {
        self.names.insert(name.to_string(), node);
        self.graph.bindings.push((name.clone(), node));
    }

    /// A chain that stands alone must end in a sink.
    fn check_ended(&mut self, cursor: &Cursor, last: Option<&Ident>) {
        if cursor.ended || !self.check_pending(cursor) {
            return;
        }
        let message =
            if self.condition.is_some() { &m::IF_WITHOUT_SINK } else { &m::STREAM_NOT_SUNK };
        let site = &self.graph.node(cursor.node).site;
        let span = last.map_or(site.span, Ident::span);
        self.errors.report(message, span, "", "");
        self.graph.refused.insert(cursor.node);
    }

    /// A chain may not end in the middle of an operator: if it does, that is reported.
    fn check_pending(&mut self, cursor: &Cursor) -> bool {
        let (message, span, place) = match &cursor.pending {
            Pending::None => return true,
            Pending::Connect(connect) => (&m::CONNECT_ALONE, connect.span, connect.place.as_str()),
            Pending::Join(join) => return self.incomplete_join(join, cursor.node),
            Pending::Owned { span } => (&m::OWNED_MISPLACED, *span, ""),
            Pending::EventTime { site, place, .. } => {
                (&m::NEEDS_WATERMARKS, site.span, place.as_str())
            }
            Pending::Window(window) => {
                (&m::INCOMPLETE_WINDOW, window.site.span, window.place.as_str())
            }
        };
        self.errors.report(message, span, "", place);
        self.graph.refused.insert(cursor.node);
        false
    }

    fn refuse_head(&mut self, head: &Head) {
        let Head::Fragment { args, .. } = head else { return };
        for arg in args {
            match arg {
                Argument::Value(expr) => self.refuse(expr.to_token_stream()),
                Argument::Stream(chain) => {
                    if let Head::Binding(name) = &chain.head {
                        self.refuse(name.to_token_stream());
                    }
                    self.refuse_head(&chain.head);
                }
            }
        }
    }

    /// Streams and sides mentioned in what was refused: whether they are read and written is not known.
    fn refuse(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.refuse(group.stream()),
                TokenTree::Ident(word) => {
                    self.graph.refused.extend(self.names.get(&word.to_string()));
                }
                _ => {}
            }
        }
    }

    /// Follows a chain; `None` if something in it was refused, or something that it starts from.
    fn chain(&mut self, chain: &Chain) -> Option<Cursor> {
        let Some(mut cursor) = self.head(&chain.head) else {
            self.refuse_head(&chain.head);
            self.check_forms(&chain.calls);
            return None;
        };
        for (index, call) in chain.calls.iter().enumerate() {
            self.place = self.place(&cursor);
            if !self.call(&mut cursor, call) {
                self.graph.refused.insert(cursor.node);
                call.args.iter().for_each(|arg| self.refuse(arg.to_token_stream()));
                self.check_forms(&chain.calls[index + 1..]);
                return None;
            }
        }
        if let (Head::Binding(name), true) = (&chain.head, cursor.ended) {
            self.graph.starts.insert(cursor.node, name.to_string());
        }
        Some(cursor)
    }

    fn head(&mut self, head: &Head) -> Option<Cursor> {
        self.place.clear();
        match head {
            Head::Source { span, expr } => {
                let (expr, rejects) = self.builder_words(expr);
                let site = Site {
                    span: *span,
                    kind: "source".to_owned(),
                    text: format!("source({})", text_of(&expr)),
                    lines: site::lines_of(*span, &expr),
                    word: None,
                };
                let node = self.add(Op::Source { expr, rejects }, Vec::new(), site);
                self.write_side(rejects, node);
                Some(Cursor::at(node, "source"))
            }
            Head::Binding(name) => {
                let node = *self.names.get(&name.to_string())?;
                Some(Cursor { named: true, ..Cursor::at(node, &name.to_string()) })
            }
            Head::Fragment { path, args } => self.fragment(path, args),
            Head::Refused => None,
        }
    }

    /// `.errors_to(side)` of a source or sink names one of our sides: its builder only hears that it must not fail.
    pub(super) fn builder_words(&mut self, expr: &syn::Expr) -> (syn::Expr, Option<NodeId>) {
        let syn::Expr::MethodCall(call) = expr else { return (expr.clone(), None) };
        if call.method == "errors_to" && call.args.len() == 1 {
            let side = self.side_argument(&call.args[0]);
            let mut call = call.clone();
            call.args.clear();
            call.method = Ident::new("reject_to_side", call.method.span());
            return (syn::Expr::MethodCall(call), side);
        }
        let (receiver, rejects) = self.builder_words(&call.receiver);
        let mut call = call.clone();
        *call.receiver = receiver;
        (syn::Expr::MethodCall(call), rejects)
    }

    fn side_argument(&mut self, expr: &syn::Expr) -> Option<NodeId> {
        let name = match expr {
            syn::Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        let node = name.and_then(|name| self.names.get(&name.to_string())).copied();
        let is_side = node.is_some_and(|node| matches!(self.graph.node(node).op, Op::Side { .. }));
        if !is_side {
            let span = syn::spanned::Spanned::span(expr);
            self.errors.report(&m::NOT_A_SIDE, span, &text_of(expr), "");
            return None;
        }
        node
    }

    fn write_side(&mut self, side: Option<NodeId>, writer: NodeId) {
        if let Some(side) = side {
            self.graph.nodes[side.0].inputs.push(writer);
        }
    }

    fn fragment(&mut self, path: &syn::Path, args: &[Argument]) -> Option<Cursor> {
        let word = &path.segments.last()?.ident;
        let Some((Argument::Stream(first), rest)) = args.split_first() else {
            self.errors.report(&m::FRAGMENT_STREAM_FIRST, word.span(), "", "");
            return None;
        };
        let input = self.chain(first)?.stream()?;
        let mut lowered = Vec::new();
        let mut sides = Vec::new();
        for argument in rest {
            match argument {
                Argument::Value(expr) => lowered.push(Err(expr.clone())),
                Argument::Stream(chain) => match (&chain.head, chain.calls.is_empty()) {
                    (Head::Binding(name), true) => {
                        let side = self.names.get(&name.to_string()).copied()?;
                        if !matches!(self.graph.node(side).op, Op::Side { .. }) {
                            self.errors.report(&m::FRAGMENT_TWO_STREAMS, name.span(), "", "");
                            return None;
                        }
                        sides.push(side);
                        lowered.push(Ok(side));
                    }
                    _ => {
                        self.errors.report(&m::FRAGMENT_TWO_STREAMS, word.span(), "", "");
                        return None;
                    }
                },
            }
        }
        let site = Site {
            span: word.span(),
            kind: word.to_string(),
            text: format!("{}(..)", text_of(path)),
            lines: site::lines(word.span(), word.span()),
            word: None,
        };
        let op = Op::Fragment { path: path.clone(), args: lowered };
        let node = self.add(op, vec![input], site);
        for side in sides {
            self.write_side(Some(side), node);
        }
        Some(Cursor::at(node, &word.to_string()))
    }

    /// Names bound by an ordinary `let`.
    fn bind_variables(&mut self, statement: &Stmt) {
        if let Stmt::Local(local) = statement {
            let mut names = Vec::new();
            pattern_variables(&local.pat, &mut names);
            names.into_iter().for_each(|name| self.bind_variable(name));
        }
    }

    /// `if let Some(path) = path { .. }` binds names in its first branch.
    fn bind_pattern(&mut self, condition: &syn::Expr, taken: bool) {
        if let (syn::Expr::Let(bound), true) = (condition, taken) {
            let mut names = Vec::new();
            pattern_variables(&bound.pat, &mut names);
            names.into_iter().for_each(|name| self.bind_variable(name));
        }
    }

    fn bind_variable(&mut self, name: String) {
        self.branch_variables.retain(|bound| *bound != name);
        if self.condition.is_some() {
            self.branch_variables.push(name.clone());
        }
        self.names.remove(&name);
        self.bound += 1;
        if self.graph.variables.contains(&name) {
            self.rebound.insert(name.clone(), self.bound);
        }
        self.graph.variables.push(name);
    }
}

impl Cursor {
    fn at(node: NodeId, last: &str) -> Cursor {
        Cursor {
            node,
            pending: Pending::None,
            count: 1,
            last: last.to_owned(),
            named: false,
            ended: false,
        }
    }
}

/// The names a pattern binds.
pub fn pattern_variables(pattern: &Pat, names: &mut Vec<String>) {
    struct Names<'n>(&'n mut Vec<String>);
    impl<'ast> syn::visit::Visit<'ast> for Names<'_> {
        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            let name = pattern.ident.to_string();
            // A constant in a pattern looks the same; bindings are lower case.
            if !name.starts_with(char::is_uppercase) {
                self.0.push(name);
            }
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    syn::visit::Visit::visit_pat(&mut Names(names), pattern);
}

/// Tokens as one line.
pub(crate) fn one_line(tokens: &impl ToTokens) -> String {
    tokens.to_token_stream().to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
