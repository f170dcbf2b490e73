//! A plan as a drawing that any browser shows.

use std::fmt::Write;

use super::layout::{Graph, Layout, layout};
use super::picture::{ChainPicture, ExchangePicture, Picture, tasks};

/// Advance of a character at 12 px: monospaced fonts are 0.6 em wide.
const CHAR: f64 = 7.22;
const LINE: f64 = 18.0;
const PADDING: f64 = 12.0;
const HEADER: f64 = 24.0;
const LABEL_CHAR: f64 = 6.62;
const LABEL_LINE: f64 = 14.0;
/// Room for the title.
const TITLE: f64 = 28.0;

const STYLE: &str = "\
text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1f2933}\
.title{font-size:15px;font-weight:bold}.head{font-size:11px;fill:#fff}.place,.label{font-size:11px}.place{fill:#7b8794}\
.chain{fill:#fff;stroke:#3e4c59}.bar{fill:#3e4c59}.state{fill:#fff3c4}\
.edge{fill:none;stroke:#2680c2;stroke-width:1.5}.pill{fill:#e6f6ff;stroke:#b5d8f0}";

/// The plan as SVG.
pub fn svg(picture: &Picture) -> String {
    let connections = picture.connections();
    let graph = Graph {
        nodes: picture.chains.iter().map(size).collect(),
        edges: connections
            .iter()
            .map(|&(id, from, to)| (from, to, label_size(&picture.exchanges[id])))
            .collect(),
    };
    let layout = layout(&graph);
    let title = escaped(&format!("{} · parallelism {}", picture.name, picture.parallelism));
    let width = layout.width.max(title.chars().count() as f64 * 9.1 + 48.0);
    let height = layout.height + TITLE;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0,0L8,4L0,8z\" fill=\"#2680c2\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#f5f7fa\"/>\n\
         <text class=\"title\" x=\"24\" y=\"30\">{title}</text>\n<g transform=\"translate(0,{TITLE})\">\n"
    );
    drawing(&mut out, picture, &connections, &graph, &layout);
    out.push_str("</g>\n</svg>\n");
    out
}

fn drawing(
    out: &mut String,
    picture: &Picture,
    connections: &[(usize, usize, usize)],
    graph: &Graph,
    layout: &Layout,
) {
    for (points, _) in &layout.edges {
        edge(out, points);
    }
    for (chain, (&size, &corner)) in
        picture.chains.iter().zip(graph.nodes.iter().zip(&layout.nodes))
    {
        node(out, chain, corner, size);
    }
    for (&(id, ..), (_, centre)) in connections.iter().zip(&layout.edges) {
        label(out, &picture.exchanges[id], *centre);
    }
}

fn size(chain: &ChainPicture) -> (f64, f64) {
    let longest = |text: &dyn Fn(&super::OperatorPicture) -> String| {
        chain.operators.iter().map(|operator| text(operator).chars().count()).max().unwrap_or(0)
    };
    let operators = longest(&|operator| operator.line()) as f64 * CHAR;
    let places = longest(&|operator| operator.place()) as f64 * LABEL_CHAR;
    let head = header(chain).chars().count() as f64 * LABEL_CHAR;
    let width = (operators + 2.0 * PADDING + places).max(head) + 2.0 * PADDING;
    (width, HEADER + chain.operators.len() as f64 * LINE + PADDING)
}

fn header(chain: &ChainPicture) -> String {
    format!("chain {} · {}", chain.id, tasks(chain.parallelism))
}

fn node(out: &mut String, chain: &ChainPicture, (x, y): (f64, f64), (width, height): (f64, f64)) {
    let _ = writeln!(
        out,
        "<rect class=\"chain\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/>\n\
         <path class=\"bar\" d=\"M{x:.1},{:.1}v-14q0,-6 6,-6h{:.1}q6,0 6,6v14z\"/>\n\
         <text class=\"head\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        y + 20.0,
        width - 12.0,
        x + PADDING,
        y + 14.0,
        escaped(&header(chain)),
    );
    for (row, operator) in chain.operators.iter().enumerate() {
        let top = y + HEADER + row as f64 * LINE;
        if let Some(id) = &operator.id {
            let _ = writeln!(
                out,
                "<rect class=\"state\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{LINE}\">\
                 <title>state: {}</title></rect>",
                x + 1.0,
                top + 2.0,
                width - 2.0,
                escaped(id)
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>\
             <text class=\"place\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            x + PADDING,
            top + 15.0,
            escaped(&operator.line()),
            x + width - PADDING,
            top + 15.0,
            escaped(&operator.place()),
        );
    }
}

/// A curve that is vertical where it meets a chain.
fn edge(out: &mut String, points: &[(f64, f64)]) {
    let (x, y) = points[0];
    let mut path = format!("M{x:.1},{y:.1}");
    for pair in points.windows(2) {
        let ((from_x, from_y), (to_x, to_y)) = (pair[0], pair[1]);
        let middle = (from_y + to_y) / 2.0;
        let _ = write!(path, "C{from_x:.1},{middle:.1} {to_x:.1},{middle:.1} {to_x:.1},{to_y:.1}");
    }
    let _ = writeln!(out, "<path class=\"edge\" d=\"{path}\" marker-end=\"url(#arrow)\"/>");
}

fn label_lines(exchange: &ExchangePicture) -> Vec<String> {
    [exchange.way(), exchange.crosses.clone()].into_iter().filter(|line| !line.is_empty()).collect()
}

fn label_size(exchange: &ExchangePicture) -> (f64, f64) {
    let lines = label_lines(exchange);
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    (longest as f64 * LABEL_CHAR + 16.0, lines.len() as f64 * LABEL_LINE + 6.0)
}

fn label(out: &mut String, exchange: &ExchangePicture, (x, y): (f64, f64)) {
    let (width, height) = label_size(exchange);
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let _ = writeln!(
        out,
        "<rect class=\"pill\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"5\"/>"
    );
    for (row, line) in label_lines(exchange).iter().enumerate() {
        let _ = writeln!(
            out,
            "<text class=\"label\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            top + 14.0 + row as f64 * LABEL_LINE,
            escaped(line)
        );
    }
}

/// Text between tags. Control characters are not allowed in XML at all.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() => out.push(' '),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::picture::tests::diamond;

    #[test]
    fn text_is_escaped_and_tags_are_balanced() {
        let text = svg(&diamond());
        assert!(text.contains("filter(|b| b.price &lt; 5 &amp;&amp; &quot;a&quot;)"), "{text}");
        for tag in ["svg", "g", "text", "style", "defs", "marker", "title"] {
            let opened = text.matches(&format!("<{tag}>")).count()
                + text.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert_eq!(text.matches("class=\"edge\"").count(), 4);
        assert_eq!(escaped("a\u{1}b"), "a b");
    }
}
