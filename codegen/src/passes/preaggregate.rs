//! Pre-aggregation: what may be combined before an exchange crosses it as accumulators.

use super::check::{TimeDomain, time_of};
use super::place::{Chained, Payload, Route, Stage};
use crate::ir::{Aggregation, NodeId, Op};

pub(super) fn preaggregate(chained: &mut Chained) {
    for edge in 0..chained.edges.len() {
        if let Some(window) = eligible(chained, edge) {
            chained.edges[edge].payload = Payload::Partial(window);
            for chain in &mut chained.chains {
                let id = super::place::EdgeId(edge);
                if chain.outputs.contains(&id) {
                    chain.stages.push(Stage::Drain(id));
                }
            }
        }
    }
}

/// The window behind a keyed edge, if it is all there is, in event time, and may see accumulators instead of records:
/// every part is exact, commutative and associative, no single late record is wanted back, and what windows there are
/// does not depend on the records, as far as that can be seen. Where it cannot, the runtime sees it.
fn eligible(chained: &Chained, edge: usize) -> Option<NodeId> {
    let edge = &chained.edges[edge];
    if edge.route != Route::Key {
        return None;
    }
    let readers = chained.graph.readers(edge.to);
    let [window] = readers.as_slice() else { return None };
    let Op::Window { spec, options, gap: None, late: None, aggregation, .. } =
        &chained.graph.node(*window).op
    else {
        return None;
    };
    let Aggregation::Calls { calls, .. } = aggregation else { return None };
    let combines = calls.iter().all(|call| call.kind.combines);
    let plain = options.iter().all(|(name, _)| name == "offset");
    let event_time = time_of(&chained.graph, *window) == Some(TimeDomain::Event);
    let fixed = !crate::lower::is_session(spec);
    (combines && plain && fixed && event_time && chained.graph.node(edge.to).annotation.is_none())
        .then_some(*window)
}
