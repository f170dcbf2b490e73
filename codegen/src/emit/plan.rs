//! What runs when a plan is built: the user's ordinary statements, connectors, captures, exchanges.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Expr;

use super::names::{Names, condition, exchange, located, ours};
use crate::ir::{Aggregation, NodeId, Op, Step};
use crate::passes::{Chained, Edge, EdgeId, Payload, Route};

/// Emits the steps in order.
pub fn steps(chained: &Chained, names: &Names, steps: &[Step]) -> TokenStream {
    steps.iter().map(|step| emit_step(chained, names, step)).collect()
}

fn emit_step(chained: &Chained, names: &Names, step: &Step) -> TokenStream {
    match step {
        Step::Plain(syn::Stmt::Expr(expr, None)) => code!(#expr;),
        Step::Plain(statement) => code!(#statement),
        Step::Answer(expr) => code! {
            let answer: ::thalweg::Result = #expr;
            answer?;
        },
        Step::Resource { name, asynchronous, open } => {
            let text = name.to_string();
            let method =
                ours(if *asynchronous { "async_resource" } else { "resource" }, Span::call_site());
            code!(let #name = plan.#method(#text, #open);)
        }
        Step::Stream(nodes) => {
            let prelude: TokenStream =
                nodes.iter().map(|id| prelude(chained, names, *id)).collect();
            let shared: TokenStream =
                nodes.iter().map(|id| connector(chained, names, *id)).collect();
            code!(#prelude #shared)
        }
        Step::If { .. } => emit_if(chained, names, step),
    }
}

/// `let (condition0, sink0, ..) = if .. { (true, Some(..), ..) } else { .. };`
fn emit_if(chained: &Chained, names: &Names, step: &Step) -> TokenStream {
    let preludes = if_preludes(chained, names, step);
    let bound = if_names(chained, names, step);
    let value = if_value(chained, names, step);
    code!(#preludes let (#(#bound,)*) = #value;)
}

/// Captures, windows and aggregates of all branches: they are made whether or not the branch takes part.
fn if_preludes(chained: &Chained, names: &Names, step: &Step) -> TokenStream {
    let Step::If { then, otherwise, .. } = step else {
        return match step {
            Step::Stream(nodes) => nodes.iter().map(|id| prelude(chained, names, *id)).collect(),
            _ => TokenStream::new(),
        };
    };
    then.iter().chain(otherwise).map(|step| if_preludes(chained, names, step)).collect()
}

/// The names that an `if` binds: its conditions and connectors.
fn if_names(chained: &Chained, names: &Names, step: &Step) -> Vec<Ident> {
    match step {
        Step::If { then_condition, then, otherwise_condition, otherwise, .. } => {
            let mut bound = vec![condition(*then_condition), condition(*otherwise_condition)];
            for step in then.iter().chain(otherwise) {
                bound.extend(if_names(chained, names, step));
            }
            bound
        }
        Step::Stream(nodes) => nodes
            .iter()
            .filter(|id| connects(&chained.graph.node(**id).op))
            .map(|id| names.node(*id, chained.graph.node(*id).site.span))
            .collect(),
        _ => Vec::new(),
    }
}

fn if_value(chained: &Chained, names: &Names, step: &Step) -> TokenStream {
    let Step::If { expr, then, otherwise, .. } = step else { return TokenStream::new() };
    let branch = |taken: bool| {
        let (mine, theirs) = if taken { (then, otherwise) } else { (otherwise, then) };
        let statements: TokenStream =
            mine.iter().map(|step| branch_statement(chained, names, step)).collect();
        let own = mine.iter().flat_map(|step| branch_values(chained, names, step));
        let other = theirs.iter().flat_map(|step| absent_values(chained, names, step));
        let values: Vec<TokenStream> =
            if taken { own.chain(other).collect() } else { other.chain(own).collect() };
        let not_taken = !taken;
        code!({ #statements (#taken, #not_taken, #(#values,)*) })
    };
    let (then, otherwise) = (branch(true), branch(false));
    code!(if #expr #then else #otherwise)
}

/// Statements inside a branch: the user's, and nested branches.
fn branch_statement(chained: &Chained, names: &Names, step: &Step) -> TokenStream {
    match step {
        Step::Stream(nodes) => nodes
            .iter()
            .map(|id| {
                let node = chained.graph.node(*id);
                if !connects(&node.op) {
                    return TokenStream::new();
                }
                let shared = connector(chained, names, *id);
                let name = names.node(*id, node.site.span);
                code!(#shared let #name = ::core::option::Option::Some(#name);)
            })
            .collect(),
        Step::If { .. } => {
            let bound = if_names(chained, names, step);
            let value = if_value(chained, names, step);
            code!(let (#(#bound,)*) = #value;)
        }
        other => emit_step(chained, names, other),
    }
}

fn branch_values(chained: &Chained, names: &Names, step: &Step) -> Vec<TokenStream> {
    if_names(chained, names, step).into_iter().map(|name| code!(#name)).collect()
}

fn absent_values(chained: &Chained, names: &Names, step: &Step) -> Vec<TokenStream> {
    match step {
        Step::If { then, otherwise, .. } => {
            let mut values = vec![code!(false), code!(false)];
            for step in then.iter().chain(otherwise) {
                values.extend(absent_values(chained, names, step));
            }
            values
        }
        _ => if_names(chained, names, step)
            .into_iter()
            .map(|_| code!(::core::option::Option::None))
            .collect(),
    }
}

fn connects(op: &Op) -> bool {
    matches!(op, Op::Source { .. } | Op::Sink { .. })
}

/// True for operators with accumulators.
pub fn has_aggregate(op: &Op) -> bool {
    if let Op::GeneralWindow(general) = op {
        return matches!(general.aggregation(), Some(Aggregation::Calls { .. }));
    }
    matches!(
        op,
        Op::Window { aggregation: Aggregation::Calls { .. }, .. }
            | Op::Running { aggregation: Aggregation::Calls { .. } }
    )
}

/// The name of a captured variable as it was when the node's statement was reached.
pub fn captured(name: &str, id: NodeId) -> Ident {
    ours(&format!("{name}_{}", id.0), Span::call_site())
}

/// Captures, windows, watermark strategies and aggregates of one operator.
fn prelude(chained: &Chained, names: &Names, id: NodeId) -> TokenStream {
    let node = chained.graph.node(id);
    let span = node.site.span;
    let mut tokens = TokenStream::new();
    for name in super::captures::captures(node, &chained.graph.variables) {
        let (captured, word) = (captured(&name, id), Ident::new(&name, Span::call_site()));
        tokens.extend(code!(let #captured = ::core::clone::Clone::clone(&#word);));
    }
    match &node.op {
        Op::Window { spec, options, gap, aggregation, .. } => {
            let name = names.of("spec", id, span);
            let checked = match aggregation {
                Aggregation::Fold { .. } => "checked_divided",
                _ if gap.is_some() => "checked_dynamic",
                _ => "checked_ending",
            };
            let checked = ours(checked, span);
            let options = options.iter().map(|(word, value)| code!(.#word(#value)));
            let time = match crate::passes::time_domain(&chained.graph, id) {
                crate::passes::TimeDomain::Processing => code!(.processing_time()),
                crate::passes::TimeDomain::Event => TokenStream::new(),
            };
            let spec = match spec {
                Expr::Call(_) | Expr::MethodCall(_) | Expr::Path(_) | Expr::Paren(_) => {
                    code!(#spec)
                }
                other => code!((#other)),
            };
            tokens.extend(
                code!(let #name = ::thalweg::__private::#checked(#spec #(#options)* #time)?;),
            );
            tokens.extend(aggregate_prelude(chained, names, id, aggregation));
        }
        Op::GeneralWindow(general) => {
            tokens.extend(super::general::prelude(chained, names, id, general));
            if let Some(aggregation) = general.aggregation() {
                tokens.extend(aggregate_prelude(chained, names, id, aggregation));
            }
        }
        Op::Running { aggregation } => {
            tokens.extend(aggregate_prelude(chained, names, id, aggregation));
        }
        Op::Join(join) => tokens.extend(super::join::prelude(chained, names, id, join)),
        Op::EventTime { strategy, .. } => {
            let name = names.of("strategy", id, span);
            tokens.extend(code!(let #name = #strategy;));
        }
        Op::AsyncMap(map) => tokens.extend(super::asynchronous::prelude(names, id, map, span)),
        Op::Fragment { .. } => tokens.extend(super::fragment::arguments(chained, names, id)),
        _ => {}
    }
    tokens.extend(super::process::ttl(names, node, id));
    located(tokens, span)
}

fn aggregate_prelude(
    chained: &Chained,
    names: &Names,
    id: NodeId,
    aggregation: &Aggregation,
) -> TokenStream {
    let Aggregation::Calls { calls, .. } = aggregation else { return TokenStream::new() };
    let name = names.aggregate(id, chained.graph.node(id).site.span);
    let made = super::aggregate::constructor(calls);
    code!(let #name = #made;)
}

/// A source or sink, shareable between tasks.
fn connector(chained: &Chained, names: &Names, id: NodeId) -> TokenStream {
    let node = chained.graph.node(id);
    let name = names.node(id, node.site.span);
    let label = super::labels::label(chained, id);
    let connector = match (&node.op, &node.annotation) {
        (Op::Source { expr, .. }, Some(ty)) => code! {
            let #name =
                plan.source(::thalweg::__private::annotated_source::<#ty, _>(#expr), #label);
        },
        (Op::Source { expr, .. }, None) => code!(let #name = plan.source(#expr, #label);),
        (Op::Sink { expr, .. }, _) => code!(let #name = plan.sink(#expr, #label);),
        _ => TokenStream::new(),
    };
    located(connector, node.site.span)
}

/// The exchanges, and the types of what crosses them pruned.
pub fn edges(chained: &Chained) -> TokenStream {
    chained
        .edges
        .iter()
        .enumerate()
        .map(|(index, edge)| emit_edge(chained, EdgeId(index), edge))
        .collect()
}

/// The type that gives pruned fields their names back.
pub fn pruned(edge: EdgeId) -> Ident {
    ours(&format!("Pruned{}", edge.0), Span::call_site())
}

fn emit_edge(chained: &Chained, id: EdgeId, edge: &Edge) -> TokenStream {
    let name = exchange(id);
    let node = chained.graph.node(edge.to);
    let partition = ours(
        match edge.route {
            Route::Key => "Key",
            Route::Rebalance => "Rebalance",
            Route::Broadcast => "Broadcast",
            Route::Global => "Global",
            Route::Named => "Named",
            Route::Forward => "Forward",
        },
        Span::call_site(),
    );
    let key = match &node.op {
        Op::KeyBy { f: Some(f) } | Op::PartitionBy { f } => {
            let text = crate::lower::text_of(f);
            code!(::core::option::Option::Some(#text))
        }
        _ => code!(::core::option::Option::None),
    };
    let (label, pruned) = match &edge.payload {
        Payload::Whole => (whole_label(chained, edge), None),
        Payload::Partial(window) => (partial_label(chained, *window), None),
        Payload::Fields(fields) => {
            let names: Vec<String> = fields.iter().map(ToString::to_string).collect();
            (format!("({})", names.join(", ")), Some(pruned_type(id, fields)))
        }
    };
    let annotation = match (&node.annotation, edge.route) {
        (
            Some(ty),
            Route::Forward | Route::Rebalance | Route::Broadcast | Route::Global | Route::Named,
        ) => {
            code!(::<::thalweg::__private::RecordOf<#ty>>)
        }
        _ => TokenStream::new(),
    };
    // In a branch that is not taken nothing is read; what is written to it is guarded where it is written.
    let unused = node.condition.map(|own| {
        let own = condition(own);
        code!(if !#own { plan.unused(#name); })
    });
    code! {
        #pruned
        let #name = plan.edge #annotation (::thalweg::__private::EdgePlan {
            partition: ::thalweg::__private::Partition::#partition,
            label: #label,
            key: #key,
        });
        #unused
    }
}

/// `record`, and who takes it whole.
fn whole_label(chained: &Chained, edge: &Edge) -> String {
    match edge.whole_for {
        Some(culprit) => {
            let site = &chained.graph.node(culprit).site;
            let text: String = site.text.chars().take(60).collect();
            format!("record, whole for `{text}`, line {}", site.lines.0)
        }
        None => "record".to_owned(),
    }
}

fn partial_label(chained: &Chained, window: NodeId) -> String {
    match &chained.graph.node(window).op {
        Op::Window { aggregation: Aggregation::Calls { calls, .. }, .. } => {
            let names: Vec<&str> = calls.iter().map(|call| call.kind.name).collect();
            format!("partial {}", names.join(", "))
        }
        _ => "partial aggregates".to_owned(),
    }
}

/// Its views keep the user's field names, so that closures stay as they are.
fn pruned_type(id: EdgeId, fields: &[Ident]) -> TokenStream {
    let name = pruned(id);
    if fields.is_empty() {
        return code!(#[derive(Clone, Copy)] struct #name;);
    }
    let types: Vec<Ident> =
        (0..fields.len()).map(|index| ours(&format!("T{index}"), Span::call_site())).collect();
    code!(#[derive(Clone, Copy)] struct #name<#(#types),*> { #(#fields: #types),* })
}
