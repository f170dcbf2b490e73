//! A plan as text: a box per chain, and below it where its records go.

use std::fmt::Write;

use super::picture::{ChainPicture, ExchangePicture, Picture, tasks};

/// The plan for a terminal.
pub fn text(picture: &Picture) -> String {
    let mut out = String::new();
    let (chains, exchanges) = (picture.chains.len(), picture.exchanges.len());
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let _ = writeln!(
        out,
        "{}: {chains} chain{}, {exchanges} exchange{}, parallelism {}",
        picture.name,
        plural(chains),
        plural(exchanges),
        picture.parallelism
    );
    for resource in &picture.resources {
        let _ = writeln!(out, "resource `{resource}`, opened before the first record");
    }
    for chain in &picture.chains {
        out.push('\n');
        boxed(&mut out, chain);
        for &id in &chain.outputs {
            arrow(&mut out, &picture.exchanges[id]);
        }
    }
    out
}

fn boxed(out: &mut String, chain: &ChainPicture) {
    let fused = match chain.operators.len() {
        0 | 1 => String::new(),
        n => format!(", {n} operators fused into one loop"),
    };
    let title = format!(" chain {} · {}{fused} ", chain.id, tasks(chain.parallelism));
    let rows: Vec<(String, String)> = chain
        .operators
        .iter()
        .flat_map(|operator| {
            let id = operator.id.as_ref().map_or(String::new(), |id| format!("  [{id}]"));
            let keeps =
                operator.keeps.as_ref().map(|keeps| (format!("    keeps {keeps}"), String::new()));
            [(format!("{}{id}", operator.line()), operator.place())].into_iter().chain(keeps)
        })
        .collect();
    let widest = |column: fn(&(String, String)) -> &String| {
        rows.iter().map(|row| column(row).chars().count()).max().unwrap_or(0)
    };
    let (left, right) = (widest(|row| &row.0), widest(|row| &row.1));
    let inner = (left + right + 4).max(title.chars().count() + 1);
    let left = inner - right - 4;
    let _ = writeln!(out, "┌─{title}{}┐", "─".repeat(inner - 1 - title.chars().count()));
    for (operator, place) in rows {
        let _ = writeln!(out, "│ {operator:left$}  {place:right$} │");
    }
    let _ = writeln!(out, "└{}┘", "─".repeat(inner));
}

fn arrow(out: &mut String, exchange: &ExchangePicture) {
    let to: Vec<String> = exchange.to.iter().map(|id| format!("chain {id}")).collect();
    let to = if to.is_empty() { "nothing".to_owned() } else { to.join(" and ") };
    let _ = writeln!(out, "   └─▶ {to}, exchange {}: {}", exchange.id, exchange.way());
    if !exchange.crosses.is_empty() {
        let _ = writeln!(out, "       crosses: {}", exchange.crosses);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::picture::tests::diamond;

    #[test]
    fn boxes_are_closed_and_arrows_say_what_crosses() {
        let text = text(&diamond());
        let expected = "\
Hot items: 4 chains, 4 exchanges, parallelism 2
resource `pool`, opened before the first record

┌─ chain 0 · 2 tasks, 2 operators fused into one loop ┐
│ replay(events)                        src/main.rs:1 │
│ filter(|b| b.price < 5 && \"a\")        src/main.rs:2 │
└─────────────────────────────────────────────────────┘
   └─▶ chain 1, exchange 0: key |b| b.auction
       crosses: key u64 + (price: u64, n: i32) = 20 B
   └─▶ chain 2, exchange 1: rebalance
       crosses: String = 8 B and texts
";
        assert!(text.starts_with(expected), "{text}");
        assert!(
            text.contains("[hot/window]") && text.contains("│     keeps per key and window: sum"),
            "{text}"
        );
        for line in text.lines().filter(|line| line.starts_with(['┌', '│', '└'])) {
            assert!(line.ends_with(['┐', '│', '┘']), "{line}");
        }
    }
}
