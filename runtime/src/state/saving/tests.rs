//! What is written is the table as it was when the snapshot began, whatever happens to the table meanwhile.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::record::Key;
use crate::state::testing::Kept;
use crate::state::{Chunk, Context, Cursor, Entry, Loader, OpenSection, Table};
use crate::time::Timestamp;

/// What is done to a table.
#[derive(Clone, Debug)]
enum Op {
    Add(u64),
    /// Adds to 64 keys from one on, which are looked up ahead, and takes out a key in the midst.
    Batch(u64, u64),
    AddFound(u64),
    Remove(u64),
    /// Inserts so many keys from one on: enough of them split segments.
    Fill(u64, u64),
    /// Adds to all entries of the key's hash.
    SameHash(u64),
    RemoveSameHash(u64),
    /// Adds to the values of so many chunks, and takes out those that a number divides.
    Chunks(usize, u64),
    /// Takes everything out, the next slice being written every so many entries.
    Drain {
        keeps: bool,
        saves_every: usize,
    },
    Clear,
    Recycle,
    /// Writes the next slice.
    Save,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let keys = 0..400u64;
    let op = prop_oneof![
        20 => keys.clone().prop_map(Op::Add),
        20 => (keys.clone(), keys.clone()).prop_map(|(from, removed)| Op::Batch(from, removed)),
        10 => keys.clone().prop_map(Op::AddFound),
        20 => keys.clone().prop_map(Op::Remove),
        8 => (keys.clone(), 1..1200u64).prop_map(|(from, count)| Op::Fill(from, count)),
        8 => keys.clone().prop_map(Op::SameHash),
        8 => keys.prop_map(Op::RemoveSameHash),
        4 => (1..8usize, 1..5u64).prop_map(|(chunks, divisor)| Op::Chunks(chunks, divisor)),
        2 => (any::<bool>(), 1..50usize)
            .prop_map(|(keeps, saves_every)| Op::Drain { keeps, saves_every }),
        1 => Just(Op::Clear),
        1 => Just(Op::Recycle),
        15 => Just(Op::Save),
    ];
    prop::collection::vec(op, 1..80)
}

/// Some keys share all of their hashes, some the first half.
fn hash_of(key: u64, kind: u64) -> u64 {
    match kind {
        0 => u64::key_hash(key),
        1 => u64::key_hash(key / 3),
        2 => 0xABCD_0123_0000_0000 | u64::key_hash(key) >> 32,
        _ => [0, 1, u64::MAX, u64::MAX - 1, u64::MAX - 2][key as usize % 5],
    }
}

fn write(out: &mut OpenSection<'_>, context: Context, hash: u64, key: &u64, value: &u64) {
    assert_eq!(context, [3, 4]);
    out.put(hash, (*key, *value));
}

fn act(table: &mut Table<u64, u64>, op: &Op, kind: u64) {
    let hash = |key: u64| hash_of(key, kind);
    match *op {
        Op::Add(key) => {
            table.prepare(&[hash(key)]);
            *table.entry(hash(key), key) += 1;
        }
        Op::Batch(from, removed) => {
            let hashes: Vec<u64> = (from..from + 64).map(hash).collect();
            table.prepare(&hashes);
            for (key, hash_of_key) in (from..).zip(hashes) {
                if key == from + 32 {
                    table.remove(hash(removed), removed);
                }
                *table.entry(hash_of_key, key) += 1;
            }
        }
        Op::AddFound(key) => match table.find_entry(hash(key), key) {
            Entry::Occupied(value) => *value += 1,
            Entry::Vacant(place) => _ = place.insert(key, 7),
        },
        Op::Remove(key) => _ = table.remove(hash(key), key),
        Op::Fill(from, count) => {
            (from..from + count).for_each(|key| *table.entry(hash(key), key) += 1);
        }
        Op::SameHash(key) => {
            let mut same = table.of_hash(hash(key));
            while let Some((_, value)) = same.entry() {
                *value += 1;
                same.pass();
            }
        }
        Op::RemoveSameHash(key) => {
            let mut same = table.of_hash(hash(key));
            if same.entry().is_some() {
                same.remove();
            }
        }
        Op::Chunks(chunks, divisor) => {
            let (mut cursor, mut chunk) = (Cursor::default(), Chunk::default());
            for _ in 0..chunks {
                if !table.next_chunk(&mut cursor, &mut chunk) {
                    return;
                }
                let changed = table.change_chunk(&mut chunk, |_, _, value| {
                    *value += 1;
                    Ok::<_, std::convert::Infallible>(value.is_multiple_of(divisor))
                });
                assert!(changed.is_ok());
                table.take_out(&mut cursor, &mut chunk);
            }
        }
        Op::Drain { keeps, saves_every } => {
            let (mut cursor, mut drained) = (Cursor::default(), 0);
            while let Some((_, _, value)) = table.drain_in_order(&mut cursor, keeps) {
                *value = u64::MAX;
                drained += 1;
                if drained % saves_every == 0 {
                    table.save_segment();
                }
            }
        }
        Op::Clear => table.clear(),
        Op::Recycle => table.recycle(),
        Op::Save => _ = table.save_segment(),
    }
}

fn contents(table: &Table<u64, u64>) -> BTreeMap<u64, u64> {
    let mut cursor = Cursor::default();
    std::iter::from_fn(|| table.next_in_order(&mut cursor).map(|(_, key, value)| (*key, *value)))
        .collect()
}

/// What is written of a table that is changed by `during` meanwhile; each entry once.
fn written(table: &mut Table<u64, u64>, during: &[Op], kind: u64) -> BTreeMap<u64, u64> {
    let kept = Kept::of(|writer| {
        let out = writer.later::<(u64, u64)>("entries");
        table.begin_saving(out, [3, 4], write);
        during.iter().for_each(|op| act(table, op, kind));
        while table.save_segment() {}
    });
    let mut entries = BTreeMap::new();
    let loader = Loader::new(&kept, 0..=u64::MAX, Timestamp::MIN, Timestamp::MIN);
    let load = |hash, entry: (u64, u64)| {
        assert_eq!(hash, hash_of(entry.0, kind).min(u64::MAX - 1));
        assert_eq!(entries.insert(entry.0, entry.1), None, "key {} is written twice", entry.0);
    };
    let mut load = load;
    loader.each::<(u64, u64)>("entries", |hash, entry| load(hash, (entry.0, entry.1))).unwrap();
    entries
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn bug_18_a_snapshot_is_the_table_as_it_was_when_it_began(
        kind in 0..4u64,
        (before, during, between, again) in (ops(), ops(), ops(), ops()),
    ) {
        let (mut table, mut calm) = (Table::<u64, u64>::new(), Table::<u64, u64>::new());
        for (before, during) in [(before, during), (between, again)] {
            before.iter().for_each(|op| act(&mut table, op, kind));
            let then = contents(&table);
            prop_assert_eq!(&written(&mut table, &during, kind), &then);
            // A table that is saved does as one that is not.
            before.iter().chain(&during).for_each(|op| act(&mut calm, op, kind));
            prop_assert_eq!(contents(&table), contents(&calm));
        }
    }

    /// Nobody may want it any more, or another may begin before it is written.
    #[test]
    fn a_snapshot_that_was_given_up_does_no_harm_to_the_next(
        kind in 0..4u64,
        (before, during, then) in (ops(), ops(), ops()),
        stops in any::<bool>(),
    ) {
        let mut table = Table::<u64, u64>::new();
        before.iter().for_each(|op| act(&mut table, op, kind));
        let mut given_up = crate::state::SnapshotWriter::default();
        table.begin_saving(given_up.later::<(u64, u64)>("entries"), [3, 4], write);
        during.iter().for_each(|op| act(&mut table, op, kind));
        if stops {
            table.stop_saving();
        }
        drop(given_up);
        let expected = contents(&table);
        prop_assert_eq!(written(&mut table, &then, kind), expected);
    }
}

/// There may be thousands of segments, and nothing else happens meanwhile.
#[test]
fn a_snapshot_begins_without_touching_a_segment() {
    let mut table = Table::<u64, u64>::new();
    act(&mut table, &Op::Fill(0, 100_000), 0);
    let before = table.bytes();
    let mut writer = crate::state::SnapshotWriter::default();
    table.begin_saving(writer.later::<(u64, u64)>("entries"), [3, 4], write);
    table.track_changes(table.len());
    assert_eq!(table.bytes(), before);
    act(&mut table, &Op::Add(5), 0);
    let marks = table.bytes() - before;
    assert!((1..=table.slots() / 16).contains(&marks), "{marks} bytes for one segment");
}

/// Keys of one hash are looked up ahead at the first of them.
#[test]
fn what_moves_to_where_another_was_looked_up_is_written_before_it_changes() {
    let mut table = Table::<u64, u64>::new();
    act(&mut table, &Op::Fill(0, 3000), 1);
    let then = contents(&table);
    let batches: Vec<Op> = (0..40).map(|n| Op::Batch(64 * n, 64 * n + 31)).collect();
    assert_eq!(written(&mut table, &batches, 1), then);
}
