//! A plan for Graphviz.

use std::fmt::Write;

use super::picture::{ChainPicture, Picture, tasks};

/// The plan in the DOT language.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from("digraph plan {\n");
    let _ = writeln!(out, "  label=\"{}\"; labelloc=t;", escaped(&picture.name));
    out.push_str("  node [shape=box, style=rounded, fontname=\"monospace\", fontsize=11];\n");
    out.push_str("  edge [fontname=\"monospace\", fontsize=10];\n");
    for chain in &picture.chains {
        let _ = writeln!(out, "  c{} [label=\"{}\"];", chain.id, label(chain));
    }
    for (exchange, from, to) in picture.connections() {
        let exchange = &picture.exchanges[exchange];
        let label = [exchange.way(), exchange.crosses.clone()].map(|line| escaped(&line));
        let label = label.join("\\n");
        let _ = writeln!(out, "  c{from} -> c{to} [label=\"{}\"];", label.trim_end_matches("\\n"));
    }
    out.push_str("}\n");
    out
}

/// `\l` ends a line that is set to the left.
fn label(chain: &ChainPicture) -> String {
    let mut label = format!("chain {} · {}\\n", chain.id, tasks(chain.parallelism));
    for operator in &chain.operators {
        let _ = write!(label, "{}\\l", escaped(&operator.line()));
    }
    label
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::picture::tests::diamond;

    #[test]
    fn quotes_are_escaped_and_every_connection_is_there() {
        let text = dot(&diamond());
        assert!(text.contains(r#"filter(|b| b.price < 5 && \"a\")\l"#), "{text}");
        assert!(
            text.contains(
                r#"c0 -> c1 [label="key |b| b.auction\nkey u64 + (price: u64, n: i32) = 20 B"];"#
            ),
            "{text}"
        );
        assert_eq!(text.matches(" -> ").count(), 4);
    }
}
