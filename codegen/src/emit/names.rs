//! Names of what is emitted: `sink0`, `exchange1`, `window0`.

use std::collections::BTreeMap;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};

use crate::ir::{NodeId, Op};
use crate::passes::{Chained, EdgeId};

/// A name of ours: it never clashes with the user's.
pub fn ours(word: &str, span: Span) -> Ident {
    Ident::new(word, Span::mixed_site().located_at(span))
}

/// The names of a pipeline's nodes, numbered by kind.
pub struct Names {
    nodes: BTreeMap<NodeId, (&'static str, usize)>,
}

impl Names {
    /// Numbers the nodes.
    pub fn new(chained: &Chained) -> Names {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut nodes = BTreeMap::new();
        for (id, node) in chained.graph.iter() {
            let word = match &node.op {
                Op::Source { .. } => "source",
                Op::Sink { .. } => "sink",
                Op::Window { .. } | Op::GeneralWindow(_) => "window",
                Op::Running { .. } => "running",
                Op::Process(_) => "process",
                Op::Dedup => "dedup",
                Op::Join(_) => "join",
                Op::EventTime { .. } => "watermarks",
                Op::AsyncMap(_) => "asynchronous",
                Op::Side { .. } => "side",
                Op::Union => "union",
                Op::Fragment { .. } => "fragment",
                _ => continue,
            };
            let count = counts.entry(word).or_default();
            nodes.insert(id, (word, *count));
            *count += 1;
        }
        Names { nodes }
    }

    /// The name of a node's handle.
    pub fn node(&self, id: NodeId, span: Span) -> Ident {
        let (word, number) = self.nodes.get(&id).copied().unwrap_or(("node", id.0));
        ours(&format!("{word}{number}"), span)
    }

    /// A node's number among its kind.
    pub fn number(&self, id: NodeId) -> usize {
        self.nodes.get(&id).map_or(id.0, |(_, number)| *number)
    }

    /// The name of something that belongs to a node: `clock0` of `watermarks0`.
    pub fn of(&self, word: &str, id: NodeId, span: Span) -> Ident {
        ours(&format!("{word}{}", self.number(id)), span)
    }

    /// The name of an aggregate: windows and running operators share one numbering.
    pub fn aggregate(&self, id: NodeId, span: Span) -> Ident {
        let word = match self.nodes.get(&id) {
            Some(("window", number)) => format!("aggregate{number}"),
            Some((_, number)) => format!("accumulate{number}"),
            None => format!("aggregate_n{}", id.0),
        };
        ours(&word, span)
    }
}

/// The name of an exchange.
pub fn exchange(edge: EdgeId) -> Ident {
    ours(&format!("exchange{}", edge.0), Span::call_site())
}

/// The name of the accumulators before an exchange.
pub fn partial(edge: EdgeId) -> Ident {
    ours(&format!("partial{}", edge.0), Span::call_site())
}

/// The name of a condition.
pub fn condition(condition: crate::ir::Condition) -> Ident {
    ours(&format!("condition{}", condition.0), Span::call_site())
}

/// Moves tokens that are ours alone to where an operator stands, so that whatever rustc says of them, it says there.
pub fn located(tokens: TokenStream, at: Span) -> TokenStream {
    let place = |span: Span| {
        let (start, end) = (span.start(), span.end());
        (start.line, start.column, end.line, end.column)
    };
    let ours = place(Span::mixed_site());
    let move_to = |token: TokenTree| {
        let mut token = match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), located(group.stream(), at));
                inner.set_span(group.span());
                inner.into()
            }
            other => other,
        };
        let span = token.span();
        if place(span) == ours {
            token.set_span(span.located_at(at));
        }
        token
    };
    tokens.into_iter().map(move_to).collect()
}
