//! Captures: which of the pipeline's variables a closure mentions.
//!
//! Captured variables are cloned when their statement is reached (it may move them), once per chain and once per task.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use crate::ir::{AggregateResult, Aggregation, Node, Op};

/// The variables among `known` that the node's closures mention, in order of name.
pub fn captures(node: &Node, known: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut look = |tokens: TokenStream| mentions(tokens, known, &mut found);
    if let Op::Window { gap: Some(gap), .. } = &node.op {
        look(gap.to_token_stream());
    }
    match &node.op {
        Op::Stateless { f, .. } | Op::Partition { f } | Op::PartitionBy { f } => {
            look(f.to_token_stream());
        }
        Op::EventTime { f, punctuated, .. } => {
            look(f.to_token_stream());
            punctuated.iter().for_each(|f| look(f.to_token_stream()));
        }
        Op::KeyBy { f: Some(f) } | Op::BroadcastBy { f } => look(f.to_token_stream()),
        Op::AsyncMap(map) => {
            look(map.f.to_token_stream());
            map.key.iter().for_each(|f| look(f.to_token_stream()));
        }
        Op::Process(process) => {
            look(process.made.to_token_stream());
            process.closures.iter().for_each(|(_, f)| look(f.to_token_stream()));
        }
        Op::Join(join) => join.groups.iter().for_each(|f| look(f.to_token_stream())),
        Op::Window { aggregation, .. } | Op::Running { aggregation } => {
            look_at(aggregation, &mut look);
        }
        Op::GeneralWindow(general) => {
            general.closures().into_iter().for_each(|f| look(f.to_token_stream()));
            general.aggregation().into_iter().for_each(|kept| look_at(kept, &mut look));
        }
        _ => {}
    }
    found
}

/// Looks at the closures of an aggregation.
fn look_at(aggregation: &Aggregation, look: &mut impl FnMut(TokenStream)) {
    match aggregation {
        Aggregation::Calls { calls, result } => {
            calls.iter().filter_map(|call| call.f.as_ref()).for_each(|f| look(f.to_token_stream()));
            if let AggregateResult::Expression { body, .. } = result {
                look(body.clone());
            }
        }
        Aggregation::Reduce(f) => look(f.to_token_stream()),
        Aggregation::Fold { init, f } => {
            look(init.to_token_stream());
            look(f.to_token_stream());
        }
    }
}

/// The variables among `known` that tokens mention.
pub fn captured_by(tokens: TokenStream, known: &[String]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    mentions(tokens, known, &mut found);
    found
}

/// Names stand as identifiers, or inside the format string of a macro.
fn mentions(tokens: TokenStream, known: &[String], found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => mentions(group.stream(), known, found),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                if known.contains(&name) {
                    found.insert(name);
                }
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if !text.contains('{') {
                    continue;
                }
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                found.extend(
                    words.filter(|word| known.iter().any(|name| name == word)).map(str::to_owned),
                );
            }
            TokenTree::Punct(_) => {}
        }
    }
}
