//! The passes between graph and emission; a new type wherever an invariant is gained.

mod assign_ids;
mod captures;
mod check;
mod fields;
mod joins;
mod place;
mod preaggregate;
mod print;
mod process;
mod prune;
#[cfg(test)]
mod tests;

use crate::diagnostic::Diagnostics;
use crate::ir::Graph;

pub use check::{Checked, TimeDomain};
pub use place::{ChainPlan, Chained, Edge, EdgeId, Payload, Route, Stage};
pub use print::print;

/// Which optimisations are on. Each can be switched off, and the results are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Send only the fields that are read behind an exchange.
    pub prune: bool,
    /// Aggregate before an exchange what may be.
    pub preaggregate: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { prune: true, preaggregate: true }
    }
}

/// Checks a graph, reporting mistakes. The result may be used only if there were none.
pub fn check(graph: Graph, errors: &mut Diagnostics) -> Checked {
    check::check(graph, errors)
}

/// Cuts a checked graph into chains.
pub fn chain(checked: Checked, options: Options) -> Chained {
    let mut chained = place::place(checked);
    if options.preaggregate {
        preaggregate::preaggregate(&mut chained);
    }
    if options.prune {
        prune::prune(&mut chained);
    }
    chained
}

/// Checks what can only be said of whole chains: two values of one name cannot both be captured in one.
pub fn check_captures(chained: &Chained, errors: &mut Diagnostics) {
    captures::check(chained, errors);
}

/// The time that a checked graph's window works in.
pub fn time_domain(graph: &Graph, window: crate::ir::NodeId) -> TimeDomain {
    check::time_of(graph, window).unwrap_or(TimeDomain::Event)
}
