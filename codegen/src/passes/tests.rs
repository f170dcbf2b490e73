//! Pipelines and what the passes make of them: the graph, its chains, what crosses the exchanges, and ids of state.

use expect_test::{Expect, expect};
use syn::{ItemFn, Meta};

use super::{Options, chain, check, print};
use crate::diagnostic::Diagnostics;
use crate::{ir, lower, parse};

/// The chains of a pipeline.
fn chains(pipeline: &str) -> String {
    passed(pipeline).1
}

/// The graph and the chains of a pipeline.
fn passed(pipeline: &str) -> (String, String) {
    let mut function: ItemFn = syn::parse_str(pipeline).expect("a function");
    let attribute = match function.attrs.pop().map(|attribute| attribute.meta) {
        Some(Meta::List(list)) => list.tokens,
        _ => proc_macro2::TokenStream::new(),
    };
    let mut errors = Diagnostics::default();
    let (pipeline, options) =
        parse::parse_pipeline(attribute, &function, Options::default(), &mut errors);
    let graph = lower::lower("job", &pipeline.parameters, &pipeline.statements, &mut errors);
    let text = ir::print(&graph);
    let checked = check(graph, &mut errors);
    let errors: Vec<String> = errors.into_errors().into_iter().map(|error| error.text).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    (text, print(&chain(checked, options)))
}

fn check_graph(pipeline: &str, expect: Expect) {
    expect.assert_eq(&passed(pipeline).0);
}

fn check_chains(pipeline: &str, expect: Expect) {
    expect.assert_eq(&chains(pipeline));
}

#[test]
fn a_stream_used_twice_is_read_twice_in_one_chain() {
    check_chains(
        "fn job() {
            let bids = source(bids()).filter(|b| b.price > 3);
            bids.map(|b| b.price).sink(print());
            bids.key_by(|b| b.auction).count().sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> filter(|b| b.price > 3) -> map(|b| b.price) -> sink(print())
              -> chain 1 Key ()
            chain 1: key_by(|b| b.auction) -> count() -> sink(print())
            state n5: count/0
        "#]],
    );
}

#[test]
fn a_union_in_one_chain_is_no_exchange() {
    check_chains(
        "fn job() {
            let bids = source(bids());
            let dear = bids.filter(|b| b.price > 3);
            let cheap = bids.filter(|b| b.price < 1);
            dear.union(cheap).map(|b| b.price).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> filter(|b| b.price > 3) -> filter(|b| b.price < 1) -> union(cheap) -> map(|b| b.price) -> sink(print())
        "#]],
    );
}

#[test]
fn a_union_of_two_sources_is_an_exchange() {
    check_chains(
        "fn job() {
            let more = source(more()).map(|b| b.price);
            source(bids()).map(|b| b.price).union(more).sink(print());
        }",
        expect![[r#"
            chain 0: source(more()) -> map(|b| b.price)
              -> chain 2 Forward whole
            chain 1: source(bids()) -> map(|b| b.price)
              -> chain 2 Forward whole
            chain 2: union(more) -> sink(print())
        "#]],
    );
}

#[test]
fn a_stream_united_with_itself_reads_it_twice() {
    check_chains(
        "fn job() {
            let bids = source(bids());
            bids.union(bids).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> union(bids) -> sink(print())
        "#]],
    );
}

#[test]
fn a_partition_has_two_arms() {
    check_graph(
        "fn job() {
            let (dear, cheap) = source(bids()).partition(|b| b.price > 3);
            dear.sink(print());
            cheap.map(|b| b.price).sink(print());
        }",
        expect![[r#"
            n0 = source(bids()) [dear]
            n1 = partition(|b| b.price > 3) <- n0 [dear]
            n2 = partition(|b| b.price > 3) <- n1 [dear]
            n3 = partition(|b| b.price > 3) <- n1 [dear]
            n4 = sink(print()) <- n2
            n5 = map(|b| b.price) <- n3
            n6 = sink(print()) <- n5
        "#]],
    );
    check_chains(
        "fn job() {
            let (dear, _) = source(bids()).partition(|b| b.price > 3);
            dear.rebalance().map(|b| b.price).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> partition(|b| b.price > 3) -> partition(|b| b.price > 3) -> partition(|b| b.price > 3)
              -> chain 1 Rebalance (price)
            chain 1: rebalance() -> map(|b| b.price) -> sink(print())
        "#]],
    );
}

#[test]
fn a_side_in_one_chain_is_no_exchange() {
    check_chains(
        "fn job() {
            let bad = side();
            source(lines()).try_map(|l| l.parse::<u64>()).errors_to(bad).sink(print());
            bad.map(|f| f.error).sink(print());
        }",
        expect![[r#"
            chain 0: source(lines()) -> try_map(|l| l.parse::<u64>()) -> side bad -> sink(print()) -> map(|f| f.error) -> sink(print())
        "#]],
    );
}

#[test]
fn a_side_of_two_chains_is_an_exchange() {
    check_chains(
        "fn job() {
            let bad = side();
            source(lines()).try_map(|l| l.parse::<u64>()).errors_to(bad)
                .rebalance().try_map(|n| checked(n)).errors_to(bad).sink(print());
            bad.sink(print());
        }",
        expect![[r#"
            chain 0: source(lines()) -> try_map(|l| l.parse::<u64>())
              -> chain 1 Rebalance whole
              -> chain 2 Forward whole
            chain 1: rebalance() -> try_map(|n| checked(n)) -> sink(print())
              -> chain 2 Forward whole
            chain 2: side bad -> sink(print())
        "#]],
    );
}

#[test]
fn late_records_go_to_a_side_and_forbid_partial_aggregates() {
    check_chains(
        "fn job() {
            let late = side();
            source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                .key_by(|b| b.auction).window(tumbling(secs(10))).late_to(late)
                .sum(|b| b.price).sink(print());
            late.sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at)
              -> chain 1 Key whole
            chain 1: key_by(|b| b.auction) -> window(tumbling(secs(10))).sum(|b| b.price) -> side late -> sink(print()) -> sink(print())
            state n4: window/0
        "#]],
    );
}

#[test]
fn branches_are_conditions_of_their_operators() {
    check_graph(
        "fn job(verbose: bool, deep: bool) {
            let bids = source(bids());
            if verbose {
                bids.filter(|b| b.price > 3).sink(print());
                if deep {
                    bids.sink(print());
                }
            } else {
                source(more()).sink(discard());
            }
            bids.sink(discard());
        }",
        expect![[r#"
            n0 = source(bids()) [bids]
            n1 = filter(|b| b.price > 3) <- n0 if c0
            n2 = sink(print()) <- n1 if c0
            n3 = sink(print()) <- n0 if c1
            n4 = source(more()) if c3
            n5 = sink(discard()) <- n4 if c3
            n6 = sink(discard()) <- n0
        "#]],
    );
}

#[test]
fn what_combines_is_aggregated_before_its_exchange() {
    check_chains(
        "fn job() {
            source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                .key_by(|b| b.auction).window(tumbling(secs(10)))
                .aggregate(|w| (w.key(), w.count(), w.sum(|b| b.price))).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at)
              -> chain 1 Key partial aggregates
            chain 1: key_by(|b| b.auction) -> window(tumbling(secs(10))).aggregate(|w| (w.key(), w.count(), w.sum(|b| b.price))) -> sink(print())
            state n3: window/0
        "#]],
    );
    check_chains(
        "#[pipeline(preaggregate = false)] fn job() {
            source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                .key_by(|b| b.auction).window(tumbling(secs(10)))
                .aggregate(|w| (w.key(), w.count(), w.sum(|b| b.price))).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at)
              -> chain 1 Key (price)
            chain 1: key_by(|b| b.auction) -> window(tumbling(secs(10))).aggregate(|w| (w.key(), w.count(), w.sum(|b| b.price))) -> sink(print())
            state n3: window/0
        "#]],
    );
}

#[test]
fn what_does_not_combine_is_not_aggregated_before() {
    for aggregate in [
        "first()",
        "to_vec()",
        "reduce(|a, b| a)",
        "fold(0, |n, b| n + b.price)",
        "max_by(|b| b.price)",
        "aggregate(|w| (w.count(), w.last()))",
    ] {
        let text = chains(&format!(
            "fn job() {{
                source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                    .key_by(|b| b.auction).window(tumbling(secs(10))).{aggregate}.sink(print());
            }}"
        ));
        assert!(!text.contains("partial"), "{aggregate}\n{text}");
    }
}

#[test]
fn two_windows_on_one_key_are_not_aggregated_before() {
    check_chains(
        "fn job() {
            let keyed = source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                .key_by(|b| b.auction);
            keyed.window(tumbling(secs(10))).count().sink(print());
            keyed.window(tumbling(secs(20))).sum(|b| b.price).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at)
              -> chain 1 Key (price)
            chain 1: key_by(|b| b.auction) -> window(tumbling(secs(10))).count() -> sink(print()) -> window(tumbling(secs(20))).sum(|b| b.price) -> sink(print())
            state n3: window/0
            state n5: window/1
        "#]],
    );
}

#[test]
fn only_what_is_read_crosses_an_exchange() {
    check_chains(
        "fn job() {
            source(bids()).rebalance().filter(|b| b.price > 3).map(|b| (b.price, b.auction))
                .sink(print());
        }",
        expect![[r#"
            chain 0: source(bids())
              -> chain 1 Rebalance (auction, price)
            chain 1: rebalance() -> filter(|b| b.price > 3) -> map(|b| (b.price, b.auction)) -> sink(print())
        "#]],
    );
    check_chains(
        "#[pipeline(prune = false)] fn job() {
            source(bids()).rebalance().filter(|b| b.price > 3).map(|b| b.auction).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids())
              -> chain 1 Rebalance whole
            chain 1: rebalance() -> filter(|b| b.price > 3) -> map(|b| b.auction) -> sink(print())
        "#]],
    );
}

#[test]
fn what_leaves_an_exchange_whole_crosses_it_whole() {
    for rest in [
        "sink(print())",
        "filter(|b| b.price > 3).sink(print())",
        "map(|b| format!(\"{}\", b.price)).sink(print())",
        "map(|b| b.is_large()).sink(print())",
        "map(price_of).sink(print())",
        "owned().map(|b| b.price).sink(print())",
        "try_map(|b| checked(b.price)).errors_to(bad).sink(print())",
    ] {
        let text = chains(&format!(
            "fn job() {{
                let bad = side();
                source(lines()).try_map(|l| parse(l)).errors_to(bad).sink(print());
                source(bids()).rebalance().{rest};
                bad.sink(print());
            }}"
        ));
        assert!(text.contains("Rebalance whole"), "{rest}\n{text}");
    }
}

#[test]
fn ids_are_paths_and_ordinals() {
    check_chains(
        "fn job() {
            let keyed = source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                .key_by(|b| b.auction);
            let hot = keyed.window(tumbling(secs(10))).count();
            hot.key_by(|h| h.key).sum(|h| h.value).sink(print());
            keyed.window(tumbling(secs(20))).count().uid(\"twenty\").sink(print());
            keyed.window(tumbling(secs(30))).count().sink(print());
            keyed.count().sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at)
              -> chain 1 Key ()
            chain 1: key_by(|b| b.auction) -> window(tumbling(secs(10))).count() -> window(tumbling(secs(20))).count() -> sink(print()) -> window(tumbling(secs(30))).count() -> sink(print()) -> count() -> sink(print())
              -> chain 2 Key (value)
            chain 2: key_by(|h| h.key) -> sum(|h| h.value) -> sink(print())
            state n3: hot/window/0
            state n5: sum/0
            state n7: twenty
            state n9: window/1
            state n11: count/0
        "#]],
    );
}

/// The lines about state.
fn states(pipeline: &str) -> Vec<String> {
    let ids = |line: &str| Some(line.strip_prefix("state ")?.split_once(": ")?.1.to_owned());
    chains(pipeline).lines().filter_map(ids).collect()
}

#[test]
fn stateless_edits_names_and_parallelism_change_no_id() {
    let before = states(
        "fn job() {
            let hot = source(bids()).key_by(|b| b.auction).count();
            hot.key_by(|h| h.key).sum(|h| h.value).sink(print());
        }",
    );
    assert_eq!(before, ["hot/count/0", "sum/0"]);
    let after = states(
        "fn job() {
            let unrelated = source(more()).filter(|b| b.price > 3);
            unrelated.sink(discard());
            let hot = source(bids()).map(|b| b).name(\"same\").filter(|b| b.price > 3)
                .key_by(|b| b.auction).count().parallelism(4);
            hot.inspect(|h| log(h)).key_by(|h| h.key).rebalance().key_by(|h| h.key)
                .sum(|h| h.value).name(\"total\").sink(print());
        }",
    );
    assert_eq!(before, after);
    let named = states(
        "fn job() {
            let hot = source(bids()).key_by(|b| b.auction).count().uid(\"hot\");
            hot.key_by(|h| h.key).sum(|h| h.value).sink(print());
        }",
    );
    assert_eq!(named, ["hot", "sum/0"]);
}

#[test]
fn naming_one_operator_renames_no_other() {
    let states = states(
        "fn job() {
            let keyed = source(bids()).key_by(|b| b.auction);
            keyed.count().uid(\"first\").sink(print());
            keyed.count().sink(print());
            keyed.sum(|b| b.price).sink(print());
        }",
    );
    assert_eq!(states, ["first", "count/1", "sum/0"]);
}

#[test]
fn another_parallelism_is_an_exchange() {
    check_chains(
        "fn job() {
            source(bids()).parallelism(2).map(|b| b.price).filter(|p| p > 3).parallelism(4)
                .sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> map(|b| b.price)
              -> chain 1 Rebalance whole
            chain 1: filter(|p| p > 3) -> sink(print())
        "#]],
    );
}

#[test]
fn window_all_has_one_key() {
    check_chains(
        "fn job() {
            source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)))
                .window_all(tumbling(secs(10))).count().sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at)
              -> chain 1 Key partial aggregates
            chain 1: window_all(tumbling(secs(10))) -> window_all(tumbling(secs(10))).count() -> sink(print())
            state n3: window_all/0
        "#]],
    );
}

#[test]
fn a_shadowed_name_is_another_stream() {
    check_graph(
        "fn job() {
            let bids = source(bids());
            let bids: Stream<u64> = bids.map(|b| b.price);
            let bids = bids.filter(|p| p > 3);
            bids.sink(print());
        }",
        expect![[r#"
            n0 = source(bids()) [bids]
            n1 = map(|b| b.price) <- n0 [bids]
            n2 = filter(|p| p > 3) <- n1 [bids]
            n3 = sink(print()) <- n2
        "#]],
    );
}

#[test]
fn an_annotated_stream_crosses_an_exchange_whole() {
    check_chains(
        "fn job() {
            let bids: Stream<Bid> = source(bids()).rebalance();
            bids.map(|b| b.price).sink(print());
        }",
        expect![[r#"
            chain 0: source(bids())
              -> chain 1 Rebalance whole
            chain 1: rebalance() -> map(|b| b.price) -> sink(print())
        "#]],
    );
}

#[test]
fn time_reaches_a_window_on_every_way() {
    check_chains(
        "fn job() {
            let timed = source(bids()).event_time(|b| b.at).watermarks(bounded(secs(5)));
            let dear = timed.filter(|b| b.price > 3);
            timed.union(dear).key_by(|b| b.auction).window(tumbling(secs(10))).count()
                .sink(print());
        }",
        expect![[r#"
            chain 0: source(bids()) -> event_time(|b| b.at) -> filter(|b| b.price > 3) -> union(dear)
              -> chain 1 Key partial aggregates
            chain 1: key_by(|b| b.auction) -> window(tumbling(secs(10))).count() -> sink(print())
            state n5: window/0
        "#]],
    );
}

#[test]
fn an_operator_of_two_inputs_heads_one_chain_that_reads_two_exchanges() {
    let function: ItemFn = syn::parse_str(
        "fn job() {
            let a = source(a()).key_by(|a| a.id);
            let b = source(b()).key_by(|b| b.id);
            a.count().sink(print());
            b.count().sink(print());
        }",
    )
    .expect("a function");
    let mut errors = Diagnostics::default();
    let (pipeline, options) =
        parse::parse_pipeline(Default::default(), &function, Options::default(), &mut errors);
    let mut graph = lower::lower("job", &[], &pipeline.statements, &mut errors);
    let (count, other) = (ir::NodeId(4), ir::NodeId(3));
    graph.nodes[count.0].inputs.push(other);
    let checked = check(graph, &mut errors);
    assert!(errors.into_errors().is_empty());
    let chained = chain(checked, options);
    expect![[r#"
        chain 0: source(a())
          -> chain 2 Key ()
        chain 1: source(b())
          -> chain 2 Key ()
        chain 2: key_by(|a| a.id) -> key_by(|b| b.id) -> count() -> sink(print()) -> count() -> sink(print())
        state n4: count/0
        state n6: count/1
    "#]]
    .assert_eq(&print(&chained));
    assert_eq!(chained.chains[2].inputs.len(), 2);
    let inputs = chained.chains[2].stages.iter();
    assert_eq!(inputs.filter(|stage| matches!(stage, super::Stage::Input(_))).count(), 2);
}
