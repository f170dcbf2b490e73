//! Chains and edges as text: the test language of placement, pre-aggregation and pruning.

use super::place::{Chained, Payload};

/// Prints the chains and what crosses the edges between them.
pub fn print(chained: &Chained) -> String {
    let mut out = String::new();
    for (index, chain) in chained.chains.iter().enumerate() {
        let operators: Vec<&str> =
            chain.nodes.iter().map(|id| chained.graph.node(*id).site.text.as_str()).collect();
        out.push_str(&format!("chain {index}: {}\n", operators.join(" -> ")));
        for edge in &chain.outputs {
            let edge = chained.edge(*edge);
            let payload = match &edge.payload {
                Payload::Whole => "whole".to_owned(),
                Payload::Fields(fields) => {
                    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
                    format!("({})", fields.join(", "))
                }
                Payload::Partial(_) => "partial aggregates".to_owned(),
            };
            out.push_str(&format!(
                "  -> chain {} {:?} {payload}\n",
                chained.chain_of[&edge.to], edge.route
            ));
        }
    }
    for (id, name) in &chained.ids {
        out.push_str(&format!("state n{}: {name}\n", id.0));
    }
    out
}
