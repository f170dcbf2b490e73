use super::*;
use crate::exchange::{Edge, EdgeId};
use crate::plan::ChainSpec;
use crate::task::Turn;

fn operator(kind: &'static str, id: &str, text: &'static str, line: u32) -> OperatorSpec {
    OperatorSpec {
        id: id.to_owned().into(),
        ..OperatorSpec::new(kind, text, "src/main.rs", line, line)
    }
}

fn add(plan: &mut Plan, operators: Vec<OperatorSpec>, inputs: &[EdgeId], outputs: &[EdgeId]) {
    let mut spec = ChainSpec::new(operators, inputs.to_vec(), outputs.to_vec());
    spec.parallelism = (spec.operators.len() == 2).then_some(2);
    plan.chain(spec, |_| Ok(|_: &mut Turn<'_>| Ok(())));
}

/// Source to window and map, both to one sink; registered downstream first.
pub(crate) fn diamond() -> Picture {
    let mut plan = Plan::default();
    fn edge<T>(
        plan: &mut Plan,
        partition: Partition,
        label: &'static str,
        key: Option<&'static str>,
    ) -> EdgeId {
        let edge: Edge<T> = plan.edge(EdgePlan { partition, label, key });
        edge.id()
    }
    let key = Some("|b| b.auction");
    let keyed = edge::<(u64, (u64, i32))>(&mut plan, Partition::Key, "(price, n)", key);
    let whole = edge::<String>(&mut plan, Partition::Rebalance, "record", None);
    let left = edge::<(u64, u64)>(&mut plan, Partition::Global, "record", None);
    let right = edge::<()>(&mut plan, Partition::Broadcast, "record", None);
    let filter = operator("filter", "", "filter(|b| b.price < 5 &&\n        \"a\")", 2);
    let window = operator("window", "hot/window", "window(tumbling(secs(10)))", 4)
        .keeps("per key and window: sum");
    add(&mut plan, vec![operator("sink", "", "print()", 6)], &[left, right], &[]);
    let source = vec![operator("source", "", "replay(events)", 1), filter];
    add(&mut plan, source, &[], &[keyed, whole]);
    add(&mut plan, vec![window], &[keyed], &[left]);
    add(&mut plan, vec![operator("map", "", "map(|b| b.url)", 5)], &[whole], &[right]);
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
