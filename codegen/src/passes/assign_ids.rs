//! Ids of stateful operators: `.uid(..)`, else the path of the binding, the kind, and an ordinal.

use std::collections::BTreeMap;

use crate::ir::{Graph, NodeId};

/// Assigns ids: `hot/window/0` for the first window in `let hot = ..`; outside any binding `window/0`.
pub(super) fn assign_ids(graph: &Graph) -> BTreeMap<NodeId, String> {
    let mut ordinals: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut ids = BTreeMap::new();
    for (id, node) in graph.iter().filter(|(_, node)| node.op.is_stateful()) {
        // Named operators take an ordinal too: naming one never renames its neighbours.
        let ordinal = ordinals.entry((node.binding.clone(), node.site.kind.clone())).or_default();
        let path = match node.binding.as_str() {
            "" => format!("{}/{ordinal}", node.site.kind),
            binding => format!("{binding}/{}/{ordinal}", node.site.kind),
        };
        *ordinal += 1;
        ids.insert(id, node.modifiers.uid.as_ref().map_or(path, |(uid, _)| uid.clone()));
    }
    ids
}
