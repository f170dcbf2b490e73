//! Increments: what is loaded is what there was, however checkpoints, savepoints and those given up follow each other.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::state::testing::Increments;
use crate::state::{Loader, Saved, State};

/// What is done to a table of sums.
#[derive(Clone, Debug)]
enum Op {
    Add(u64),
    /// Adds to so many keys from one on.
    Fill(u64, u64),
    Remove(u64),
    Clear,
    /// Takes a snapshot, going on by so many operations before it is written.
    Checkpoint {
        completes: bool,
        meanwhile: usize,
    },
    Savepoint,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let keys = 0..3000u64;
    let op = prop_oneof![
        20 => keys.clone().prop_map(Op::Add),
        2 => (keys.clone(), 1..2500u64).prop_map(|(from, count)| Op::Fill(from, count)),
        20 => keys.prop_map(Op::Remove),
        1 => Just(Op::Clear),
        10 => (prop::bool::weighted(0.8), 0..10usize)
            .prop_map(|(completes, meanwhile)| Op::Checkpoint { completes, meanwhile }),
        2 => Just(Op::Savepoint),
    ];
    prop::collection::vec(op, 1..120)
}

fn act(table: &mut Kept<u64, u64>, op: &Op) {
    match *op {
        Op::Add(key) => *table.entry(u64::key_hash(key), key, || 0) += 1,
        Op::Fill(from, count) => (from..from + count).for_each(|key| act(table, &Op::Add(key))),
        Op::Remove(key) => table.remove(u64::key_hash(key), key),
        Op::Clear => table.clear(),
        Op::Checkpoint { .. } | Op::Savepoint => {}
    }
}

fn contents(table: &Kept<u64, u64>) -> BTreeMap<u64, u64> {
    let mut cursor = Cursor::default();
    let table = &table.tiered.table;
    std::iter::from_fn(|| table.next_in_order(&mut cursor).map(|(_, key, value)| (*key, value.0)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn what_is_loaded_is_what_there_was(ops in ops()) {
        let mut table = Kept::<u64, u64>::new(Forever);
        let mut row = Increments::default();
        let mut at = 0;
        while let Some(op) = ops.get(at) {
            act(&mut table, op);
            at += 1;
            let then = contents(&table);
            let loaded = match *op {
                Op::Checkpoint { completes, meanwhile } => {
                    let meanwhile = &ops[at..(at + meanwhile).min(ops.len())];
                    at += meanwhile.len();
                    row.checkpoint(&mut table, completes, |table| {
                        meanwhile.iter().for_each(|op| act(table, op));
                    })
                }
                Op::Savepoint => Some(row.savepoint(&mut table)),
                _ => None,
            };
            if let Some(saved) = loaded {
                let mut other = Kept::<u64, u64>::new(Forever);
                let (times, all) = ((Timestamp::MIN, Timestamp::MIN), 0..=u64::MAX);
                other.load(&Loader::new(&saved, all, times.0, times.1)).unwrap();
                prop_assert_eq!(contents(&other), then);
            }
        }
    }
}

#[test]
fn a_few_changes_make_a_small_increment_and_many_a_whole_snapshot() {
    let mut table = Kept::<u64, u64>::new(Forever);
    let mut row = Increments::default();
    act(&mut table, &Op::Fill(0, 100_000));
    let whole = row.checkpoint(&mut table, true, |_| ()).unwrap().bytes();
    (0..1000).for_each(|number| act(&mut table, &Op::Add(number * 97)));
    let few = row.checkpoint(&mut table, true, |_| ()).unwrap();
    let added = few.bytes() - whole;
    assert!(few.generations() == 2 && added < whole / 80, "{added} of {whole} bytes");
    act(&mut table, &Op::Fill(0, 60_000));
    let many = row.checkpoint(&mut table, true, |_| ()).unwrap();
    assert_eq!((many.generations(), many.bytes()), (1, whole));
}

#[test]
fn increments_are_written_anew_before_they_are_half_of_the_whole_and_before_they_are_many() {
    let mut table = Kept::<u64, u64>::new(Forever);
    let mut row = Increments::default();
    act(&mut table, &Op::Fill(0, 10_000));
    let whole = row.checkpoint(&mut table, true, |_| ()).unwrap().bytes();
    let mut longest = 0;
    for turn in 0..200 {
        let changes = if turn < 100 { 500 } else { 1 };
        act(&mut table, &Op::Fill(turn * 13, changes));
        let saved = row.checkpoint(&mut table, true, |_| ()).unwrap();
        assert!(saved.bytes() < whole * 8 / 5, "{} bytes on {whole}", saved.bytes());
        longest = longest.max(saved.generations());
    }
    assert_eq!(longest, 65);
}
