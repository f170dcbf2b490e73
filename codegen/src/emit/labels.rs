//! What a test calls a source or sink.
//!
//! Its `.name(..)`, else its `.uid(..)`; a sink has that of the operator before it. Else the binding: what the source's
//! statement binds, the stream or side that the sink's statement starts from. Else `source` or `sink`. Where several of a
//! kind have one name, the second is `name/1`, the third `name/2`.

use std::collections::BTreeMap;

use proc_macro2::TokenStream;
use syn::{Expr, ExprLit, Lit};

use super::fragment::is_fragment;
use crate::ir::{Graph, Modifiers, NodeId, Op};
use crate::passes::Chained;

/// The name as an expression; within a fragment it stands behind the path of the call.
pub fn label(chained: &Chained, id: NodeId) -> TokenStream {
    let label = labels(&chained.graph).remove(&id).unwrap_or_default();
    match is_fragment(chained) {
        true => code!(&::thalweg::__private::state_id(path, #label)),
        false => code!(#label),
    }
}

fn labels(graph: &Graph) -> BTreeMap<NodeId, String> {
    let mut counts: BTreeMap<(bool, String), usize> = BTreeMap::new();
    let mut labels = BTreeMap::new();
    for (id, node) in graph.iter() {
        let is_sink = matches!(node.op, Op::Sink { .. });
        if !is_sink && !matches!(node.op, Op::Source { .. }) {
            continue;
        }
        let base = base(graph, id, is_sink);
        let count = counts.entry((is_sink, base.clone())).or_default();
        labels.insert(id, if *count == 0 { base } else { format!("{base}/{count}") });
        *count += 1;
    }
    labels
}

fn base(graph: &Graph, id: NodeId, is_sink: bool) -> String {
    let node = graph.node(id);
    if !is_sink {
        let bound = || (!node.binding.is_empty()).then(|| node.binding.clone());
        return given(&node.modifiers).or_else(bound).unwrap_or_else(|| "source".to_owned());
    }
    // A source's own name is not that of what is made of it.
    let before = node.inputs.first().map(|input| graph.node(*input));
    let before = before.filter(|before| !matches!(before.op, Op::Source { .. }));
    let given = before.and_then(|before| given(&before.modifiers));
    given.or_else(|| graph.starts.get(&id).cloned()).unwrap_or_else(|| "sink".to_owned())
}

/// What the user calls an operator.
fn given(modifiers: &Modifiers) -> Option<String> {
    let name = match &modifiers.name {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(name), .. })) => Some(name.value()),
        _ => None,
    };
    name.or_else(|| modifiers.uid.as_ref().map(|(uid, _)| uid.clone()))
}
