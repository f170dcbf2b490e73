//! A variable that is bound twice, both values captured in one chain: a chain has one clone for each name.

use std::collections::BTreeMap;

use super::place::Chained;
use crate::diagnostic::Diagnostics;
use crate::emit::captures;
use crate::messages as m;

pub(super) fn check(chained: &Chained, errors: &mut Diagnostics) {
    for chain in &chained.chains {
        let mut captured: BTreeMap<String, usize> = BTreeMap::new();
        for id in &chain.nodes {
            let node = chained.graph.node(*id);
            for name in captures(node, &chained.graph.variables) {
                let binding = node.rebound.get(&name).copied().unwrap_or_default();
                let first = *captured.entry(name.clone()).or_insert(binding);
                if first != binding {
                    errors.report(&m::CAPTURE_REBOUND, node.site.span, &name, &node.place);
                }
            }
        }
    }
}
