use super::*;
use crate::exchange::{Edge, EdgeId};
use crate::plan::ChainSpec;
use crate::task::Turn;

const SOURCE: &[OperatorSpec] = &[
    OperatorSpec {
        kind: "source",
        id: std::borrow::Cow::Borrowed(""),
        text: "replay(events)",
        file: "src/main.rs",
        lines: (1, 1),
    },
    OperatorSpec {
        kind: "filter",
        id: std::borrow::Cow::Borrowed(""),
        text: "filter(|b| b.price < 5 &&\n        \"a\")",
        file: "src/main.rs",
        lines: (2, 3),
    },
];
const WINDOW: &[OperatorSpec] = &[OperatorSpec {
    kind: "window",
    id: std::borrow::Cow::Borrowed("hot/window"),
    text: "window(tumbling(secs(10)))",
    file: "src/main.rs",
    lines: (4, 4),
}];
const MAP: &[OperatorSpec] = &[OperatorSpec {
    kind: "map",
    id: std::borrow::Cow::Borrowed(""),
    text: "map(|b| b.url)",
    file: "src/main.rs",
    lines: (5, 5),
}];
const SINK: &[OperatorSpec] = &[OperatorSpec {
    kind: "sink",
    id: std::borrow::Cow::Borrowed(""),
    text: "print()",
    file: "src/main.rs",
    lines: (6, 6),
}];

fn add(plan: &mut Plan, operators: &'static [OperatorSpec], inputs: &[EdgeId], outputs: &[EdgeId]) {
    let spec = ChainSpec {
        operators: operators.to_vec(),
        inputs: inputs.to_vec(),
        outputs: outputs.to_vec(),
        parallelism: (operators.len() == 2).then_some(2),
    };
    plan.chain(spec, |_| Ok(|_: &mut Turn<'_>| Ok(())));
}

/// Source to window and map, both to one sink; registered downstream first.
pub(crate) fn diamond() -> Picture {
    let mut plan = Plan::default();
    let mut edge = |partition, label, key| {
        let edge: Edge<()> = plan.edge(EdgePlan { partition, label, key });
        edge.id()
    };
    let keyed =
        edge(Partition::Key, "key u64 + (u64, u64) = 24 B, was 96 B", Some("|b| b.auction"));
    let whole = edge(Partition::Rebalance, "whole Bid, 96 B", None);
    let left = edge(Partition::Global, "(u64, u64), 16 B", None);
    let right = edge(Partition::Broadcast, "", None);
    add(&mut plan, SINK, &[left, right], &[]);
    add(&mut plan, SOURCE, &[], &[keyed, whole]);
    add(&mut plan, WINDOW, &[keyed], &[left]);
    add(&mut plan, MAP, &[whole], &[right]);
    let _pool = plan.resource("pool", || Ok::<u8, String>(1));
    let name = OperatorSettings { name: Some("Hot".to_owned()), ..Default::default() };
    let settings = BTreeMap::from([("hot/window".to_owned(), name)]);
    Picture::new(&plan, ("Hot items", "hot_items"), 2, &settings)
}

#[test]
fn chains_are_numbered_from_upstream_to_downstream() {
    let picture = diamond();
    let kinds: Vec<&str> = picture.chains.iter().map(|c| c.operators[0].kind.as_str()).collect();
    assert_eq!(kinds, ["source", "window", "map", "sink"]);
    assert_eq!(picture.connections(), [(0, 0, 1), (1, 0, 2), (2, 1, 3), (3, 2, 3)]);
    assert_eq!(picture.chains[1].operators[0].line(), "Hot: window(tumbling(secs(10)))");
}

#[test]
fn long_texts_are_cut_between_characters() {
    assert_eq!(shortened("äöü", 3), "äöü");
    assert_eq!(shortened("äöüß", 3), "äö…");
}
