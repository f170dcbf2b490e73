//! The graph as text, a line per operator.

use super::{Graph, NodeId, OnError, Op};

/// Prints a graph: number, text, inputs, and what else a pass decided.
pub fn print(graph: &Graph) -> String {
    let mut out = String::new();
    for (id, node) in graph.iter() {
        out.push_str(&line(graph, id));
        if let Some(condition) = node.condition {
            out.push_str(&format!(" if c{}", condition.0));
        }
        out.push('\n');
    }
    out
}

fn line(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    let inputs: Vec<String> = node.inputs.iter().map(|input| format!("n{}", input.0)).collect();
    let mut line = format!("n{} = {}", id.0, node.site.text);
    if !inputs.is_empty() {
        line.push_str(&format!(" <- {}", inputs.join(", ")));
    }
    if !node.binding.is_empty() {
        line.push_str(&format!(" [{}]", node.binding));
    }
    if let Op::Stateless { fallible: Some(policy), .. } = &node.op {
        line.push_str(match policy {
            OnError::Fail => " !fail",
            OnError::Skip => " !skip",
            OnError::Side(_) => " !side",
        });
    }
    line
}
