//! Where chains and exchanges stand in a drawing: a small layered layout, top to bottom.
//!
//! After Sugiyama, Tagawa and Toda 1981, "Methods for Visual Understanding of Hierarchical System Structures": layers by
//! longest path, exchanges that skip layers are led through invisible nodes, crossings are reduced by sweeping over
//! barycentres. Simpler than theirs where plans are small: each layer is centred, and every label gets a line of its own
//! in the gap below its upstream layer, so that labels never overlap.

use std::collections::BTreeMap;

/// A drawing to be made: sizes of the nodes, edges between them with the heights of their labels.
pub(super) struct Graph {
    /// Width and height of each node.
    pub(super) nodes: Vec<(f64, f64)>,
    /// From, to, and the label's width and height. Every edge leads from a smaller to a greater index.
    pub(super) edges: Vec<(usize, usize, (f64, f64))>,
}

/// Where everything stands.
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// Upper left corners of the nodes.
    pub(super) nodes: Vec<(f64, f64)>,
    /// For each edge the points that it goes through, and the centre of its label.
    pub(super) edges: Vec<(Points, (f64, f64))>,
}

type Points = Vec<(f64, f64)>;

const MARGIN: f64 = 24.0;
const BETWEEN_NODES: f64 = 48.0;
const BETWEEN_LAYERS: f64 = 28.0;
const BETWEEN_LABELS: f64 = 8.0;
/// Sweeps over the layers: more have not changed any plan that was drawn.
const SWEEPS: usize = 8;

/// A node or a bend of an edge that skips layers.
struct Cell {
    layer: usize,
    size: (f64, f64),
}

pub(super) fn layout(graph: &Graph) -> Layout {
    let (cells, paths) = cells(graph);
    let layers = order(&cells, &paths);
    let gaps = gaps(graph, &cells, layers.len());
    place(graph, &cells, &paths, &layers, &gaps)
}

/// The cells (nodes first), and the cells that each edge goes through.
fn cells(graph: &Graph) -> (Vec<Cell>, Vec<Vec<usize>>) {
    let mut layer_of = vec![0; graph.nodes.len()];
    let mut edges: Vec<_> = graph.edges.iter().collect();
    edges.sort_unstable_by_key(|edge| (edge.0, edge.1));
    for (from, to, _) in edges {
        layer_of[*to] = layer_of[*to].max(layer_of[*from] + 1);
    }
    let nodes = graph.nodes.iter().zip(&layer_of);
    let mut cells: Vec<Cell> = nodes.map(|(&size, &layer)| Cell { layer, size }).collect();
    let paths = graph.edges.iter().map(|(from, to, _)| {
        let mut path = vec![*from];
        for layer in layer_of[*from] + 1..layer_of[*to] {
            path.push(cells.len());
            cells.push(Cell { layer, size: (1.0, 0.0) });
        }
        path.push(*to);
        path
    });
    let paths = paths.collect();
    (cells, paths)
}

/// The cells of each layer from left to right.
fn order(cells: &[Cell], paths: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let depth = cells.iter().map(|cell| cell.layer + 1).max().unwrap_or(0);
    let mut layers = vec![Vec::new(); depth];
    for (index, cell) in cells.iter().enumerate() {
        layers[cell.layer].push(index);
    }
    let links: Vec<(usize, usize)> =
        paths.iter().flat_map(|path| path.windows(2).map(|pair| (pair[0], pair[1]))).collect();
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        for step in 1..depth {
            let (fixed, moved) =
                if down { (step - 1, step) } else { (depth - step, depth - step - 1) };
            let position: BTreeMap<usize, usize> =
                layers[fixed].iter().enumerate().map(|(at, &cell)| (cell, at)).collect();
            let weight = |cell: usize, at: usize| {
                let neighbours: Vec<usize> = links
                    .iter()
                    .filter_map(|&(from, to)| match down {
                        true => (to == cell).then(|| position.get(&from)).flatten(),
                        false => (from == cell).then(|| position.get(&to)).flatten(),
                    })
                    .copied()
                    .collect();
                match neighbours.len() {
                    0 => at as f64,
                    n => neighbours.iter().sum::<usize>() as f64 / n as f64,
                }
            };
            let mut weighed: Vec<(f64, usize)> = layers[moved]
                .iter()
                .enumerate()
                .map(|(at, &cell)| (weight(cell, at), cell))
                .collect();
            weighed.sort_by(|left, right| left.0.total_cmp(&right.0));
            layers[moved] = weighed.into_iter().map(|(_, cell)| cell).collect();
        }
    }
    layers
}

/// The height of the gap below each layer: one line per label that starts there.
fn gaps(graph: &Graph, cells: &[Cell], depth: usize) -> Vec<f64> {
    let mut gaps = vec![BETWEEN_LAYERS * 2.0; depth];
    for (from, _, label) in &graph.edges {
        gaps[cells[*from].layer] += label.1 + BETWEEN_LABELS;
    }
    gaps
}

fn place(
    graph: &Graph,
    cells: &[Cell],
    paths: &[Vec<usize>],
    layers: &[Vec<usize>],
    gaps: &[f64],
) -> Layout {
    let row_width = |layer: &Vec<usize>| {
        let cells: f64 = layer.iter().map(|&cell| cells[cell].size.0).sum();
        cells + BETWEEN_NODES * layer.len().saturating_sub(1) as f64
    };
    let label_width = graph.edges.iter().map(|edge| edge.2.0).fold(0.0, f64::max);
    let widest = layers.iter().map(row_width).fold(label_width, f64::max);
    let mut corners = vec![(0.0, 0.0); cells.len()];
    let mut bottoms = Vec::new();
    let mut y = MARGIN;
    for (layer, gap) in layers.iter().zip(gaps) {
        let mut x = MARGIN + (widest - row_width(layer)) / 2.0;
        let height = layer.iter().map(|&cell| cells[cell].size.1).fold(0.0, f64::max);
        for &cell in layer {
            let (width, own) = cells[cell].size;
            corners[cell] = (x, y + (height - own) / 2.0);
            x += width + BETWEEN_NODES;
        }
        bottoms.push(y + height);
        y += height + gap;
    }
    let height = bottoms.last().copied().unwrap_or(0.0) + MARGIN;
    let mut next_label: Vec<f64> = bottoms.iter().map(|bottom| bottom + BETWEEN_LAYERS).collect();
    let edges = graph.edges.iter().zip(paths).map(|((from, _, label), path)| {
        let points = points(cells, path, &corners, (graph, paths));
        let line = &mut next_label[cells[*from].layer];
        let middle = *line + label.1 / 2.0;
        *line += label.1 + BETWEEN_LABELS;
        let half = label.0 / 2.0;
        let x = across(points[0], points[1], middle).clamp(MARGIN + half, MARGIN + widest - half);
        (points, (x, middle))
    });
    let edges = edges.collect();
    corners.truncate(graph.nodes.len());
    Layout { width: widest + 2.0 * MARGIN, height, nodes: corners, edges }
}

/// The points of an edge: from the bottom of its first cell to the top of its last, spread where several meet.
fn points(
    cells: &[Cell],
    path: &[usize],
    corners: &[(f64, f64)],
    (graph, paths): (&Graph, &[Vec<usize>]),
) -> Points {
    let last = path.len() - 1;
    let share = |end: fn(&Vec<usize>) -> usize, towards: fn(&Vec<usize>) -> usize| {
        let cell = end(&path.to_vec());
        let mut meeting: Vec<&Vec<usize>> =
            paths.iter().filter(|other| end(other) == cell).collect();
        meeting
            .sort_by(|left, right| corners[towards(left)].0.total_cmp(&corners[towards(right)].0));
        let at = meeting.iter().position(|other| other.as_slice() == path).unwrap_or(0);
        (at as f64 + 1.0) / (meeting.len() as f64 + 1.0)
    };
    debug_assert!(path[0] < graph.nodes.len() && path[last] < graph.nodes.len());
    path.iter()
        .enumerate()
        .map(|(at, &cell)| {
            let ((x, y), (width, height)) = (corners[cell], cells[cell].size);
            match at {
                0 => (x + width * share(|p| p[0], |p| p[1]), y + height),
                at if at == last => (x + width * share(|p| p[p.len() - 1], |p| p[p.len() - 2]), y),
                _ => (x, y),
            }
        })
        .collect()
}

/// Where the curve between two points, vertical at both, is at height `y`.
fn across(from: (f64, f64), to: (f64, f64), y: f64) -> f64 {
    let t = ((y - from.1) / (to.1 - from.1)).clamp(0.0, 1.0);
    from.0 + (to.0 - from.0) * t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_edges_lead_down() {
        let label = (60.0, 20.0);
        let graph = Graph {
            nodes: vec![(100.0, 40.0); 6],
            edges: vec![
                (0, 1, label),
                (0, 2, label),
                (1, 3, label),
                (2, 3, label),
                (0, 3, label),
                (3, 4, label),
                (0, 5, label),
            ],
        };
        let layout = layout(&graph);
        for (index, &(x, y)) in layout.nodes.iter().enumerate() {
            assert!(x >= 0.0 && y >= 0.0 && x + 100.0 <= layout.width && y + 40.0 <= layout.height);
            for &(other_x, other_y) in &layout.nodes[index + 1..] {
                assert!((x - other_x).abs() >= 100.0 || (y - other_y).abs() >= 40.0);
            }
        }
        for (points, _) in &layout.edges {
            assert!(points.windows(2).all(|pair| pair[0].1 < pair[1].1), "{points:?}");
        }
        let mut labels: Vec<(f64, f64)> = layout.edges.iter().map(|edge| edge.1).collect();
        labels.sort_by(|left, right| left.1.total_cmp(&right.1));
        assert!(labels.windows(2).all(|pair| pair[1].1 - pair[0].1 >= 20.0), "{labels:?}");
    }

    #[test]
    fn an_empty_plan_has_a_size() {
        let layout = layout(&Graph { nodes: vec![], edges: vec![] });
        assert!(layout.width > 0.0 && layout.height > 0.0);
    }
}
