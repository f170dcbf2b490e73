//! The table against a map ordered by (hash, canonical key bytes).

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::table::{canonical, usable};
use super::{CHUNK, Chunk, Cursor, Table};
use crate::record::{Key, Record};

type Model<K> = BTreeMap<(u64, Vec<u8>), (K, u64)>;

/// How keys are hashed in a test: well, or badly.
#[derive(Clone, Copy, Debug)]
enum Hash {
    Good,
    AllSame,
    FewValues,
    SharedPrefix,
    Extremes,
}

impl Hash {
    fn of(self, key: u64) -> u64 {
        match self {
            Hash::Good => u64::key_hash(key),
            Hash::AllSame => 0xABCD_EF01_2345_6789,
            Hash::FewValues => u64::key_hash(key % 5),
            Hash::SharedPrefix => 0x1234_5678_9ABC_0000 | (u64::key_hash(key) >> 48),
            Hash::Extremes => [0, 1, u64::MAX, u64::MAX - 1, u64::MAX - 2][key as usize % 5],
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Add(u64),
    Remove(u64),
    Get(u64),
    Recycle,
    Clear,
}

fn ops(keys: u64) -> impl Strategy<Value = (Hash, Vec<Op>)> {
    let op = prop_oneof![
        600 => (0..keys).prop_map(Op::Add),
        300 => (0..keys).prop_map(Op::Remove),
        100 => (0..keys).prop_map(Op::Get),
        1 => Just(Op::Recycle),
        1 => Just(Op::Clear),
    ];
    let hash = prop_oneof![
        Just(Hash::Good),
        Just(Hash::AllSame),
        Just(Hash::FewValues),
        Just(Hash::SharedPrefix),
        Just(Hash::Extremes),
    ];
    (hash, prop::collection::vec(op, 1..2000))
}

/// Keys of several kinds from numbers.
trait TestKey: Key + Clone + PartialEq + std::fmt::Debug {
    fn of(number: u64) -> Self;
}
impl TestKey for u64 {
    fn of(number: u64) -> u64 {
        number
    }
}
impl TestKey for String {
    fn of(number: u64) -> String {
        format!("key number {number} of them, not inline anywhere")
    }
}
impl TestKey for (u32, String) {
    fn of(number: u64) -> (u32, String) {
        (number as u32 % 7, number.to_string())
    }
}

fn all<K: TestKey>(table: &Table<K, u64>) -> Vec<(u64, K, u64)> {
    let mut cursor = Cursor::default();
    std::iter::from_fn(|| table.next_in_order(&mut cursor))
        .map(|(hash, key, value)| (hash, key.clone(), *value))
        .collect()
}

fn of_model<K: TestKey>(model: &Model<K>) -> Vec<(u64, K, u64)> {
    model.iter().map(|((hash, _), (key, value))| (*hash, key.clone(), *value)).collect()
}

fn run<K: TestKey>(hash: Hash, ops: &[Op]) {
    let mut table = Table::<K, u64>::new();
    let mut model = Model::<K>::new();
    for op in ops {
        let number = match op {
            Op::Add(number) | Op::Remove(number) | Op::Get(number) => *number,
            Op::Recycle | Op::Clear => 0,
        };
        let (key, code) = (K::of(number), hash.of(number));
        let at = (usable(code), canonical::<K>(crate::record::Emit::as_view(&key)));
        let view = crate::record::Emit::as_view(&key);
        match op {
            Op::Add(_) => {
                table.prepare(&[code]);
                *table.entry(code, view) += 1;
                model.entry(at).or_insert((key.clone(), 0)).1 += 1;
            }
            Op::Remove(_) => assert_eq!(table.remove(code, view), model.remove(&at)),
            Op::Get(_) => {
                assert_eq!(table.get(code, view), model.get(&at).map(|(_, value)| value));
            }
            Op::Recycle => {
                table.recycle();
                model.clear();
            }
            Op::Clear => {
                table.clear();
                model.clear();
            }
        }
        assert_eq!(table.len(), model.len());
    }
    assert_eq!(all(&table), of_model(&model));
    for ((hash, _), (key, value)) in &model {
        assert_eq!(table.get(*hash, crate::record::Emit::as_view(key)), Some(value));
    }
}

proptest! {
    #[test]
    fn agrees_with_an_ordered_map((hash, ops) in ops(300)) {
        run::<u64>(hash, &ops);
        run::<String>(hash, &ops);
        run::<(u32, String)>(hash, &ops);
    }

    /// A cursor that is interrupted by insertions and removals meets every entry that was there all the time once.
    #[test]
    fn a_cursor_survives_changes((_, ops) in ops(2000), stride in 1usize..40) {
        let mut table = Table::<u64, u64>::new();
        for stays in (0..2000).step_by(2) {
            table.entry(u64::key_hash(stays), stays);
        }
        let (mut cursor, mut met, mut last) = (Cursor::default(), Vec::new(), None);
        let mut ops = ops.iter();
        'walk: loop {
            for _ in 0..stride {
                let Some((hash, key, _)) = table.next_in_order(&mut cursor) else { break 'walk };
                prop_assert!(last < Some(hash));
                last = Some(hash);
                met.push(*key);
            }
            match ops.next() {
                Some(Op::Add(key)) => { table.entry(u64::key_hash(key | 1), key | 1); }
                Some(Op::Remove(key)) => { table.remove(u64::key_hash(key | 1), key | 1); }
                _ => {}
            }
        }
        met.retain(|key| key % 2 == 0);
        met.sort_unstable();
        prop_assert!(met.into_iter().eq((0..2000).step_by(2)));
    }
}

#[test]
fn a_million_keys_split_segments_and_drain_in_order() {
    let mut table = Table::<u64, u64>::new();
    for key in 0..1_000_000u64 {
        *table.entry(u64::key_hash(key), key) += key;
    }
    assert_eq!(table.len(), 1_000_000);
    assert!(table.segments.len() > 100);
    let load = table.len() as f64 / table.slots() as f64;
    assert!(load > 0.3, "load {load}");
    let full = table.bytes();
    let (mut cursor, mut count, mut last) = (Cursor::default(), 0, None);
    while let Some((hash, key, value)) = table.drain_in_order(&mut cursor, false) {
        assert!(last < Some(hash) && *key == *value && u64::key_hash(*key) == hash);
        last = Some(hash);
        count += 1;
        if count == 500_000 {
            assert!(table.bytes() < full * 6 / 10, "memory goes while the table drains");
        }
    }
    assert_eq!((count, table.len()), (1_000_000, 0));
    table.clear();
    assert!(table.bytes() < 1024);
}

#[test]
fn keys_that_share_a_hash_do_not_split_for_ever() {
    let mut table = Table::<String, u64>::new();
    for number in 0..1_000u64 {
        let key = number.to_string();
        *table.entry(42, &key) += number;
    }
    assert!(table.bytes() < 1_000 * 64 * 4, "{} bytes", table.bytes());
    for number in 0..1_000u64 {
        assert_eq!(table.get(42, &number.to_string()), Some(&number));
    }
    let (mut cursor, mut count, mut last) = (Cursor::default(), 0, Vec::new());
    while let Some((_, key, _)) = table.next_in_order(&mut cursor) {
        let bytes = canonical::<String>(key);
        assert!(last < bytes);
        last = bytes;
        count += 1;
    }
    assert_eq!(count, 1_000);
}

#[test]
fn keys_that_share_a_prefix_are_found_by_bisection() {
    let mut table = Table::<u64, u64>::new();
    let hash = |key: u64| (7 << 40) | (u64::key_hash(key) >> 40);
    for key in 0..5_000 {
        *table.entry(hash(key), key) = key;
    }
    assert!((0..5_000).all(|key| table.get(hash(key), key) == Some(&key)));
    // In proportion to the keys: each growth doubles what there is, and a run of all keys needs slack of its length.
    assert!(table.bytes() < 5_000 * 25 * 8, "{} bytes", table.bytes());
}

#[test]
fn zero_sized_keys_and_owned_values_are_dropped_once() {
    let counter = std::rc::Rc::new(());
    let mut table = Table::<(), std::rc::Rc<()>>::new();
    table.entry_or(1, (), || counter.clone());
    table.entry_or(1, (), || unreachable!());
    assert_eq!(std::rc::Rc::strong_count(&counter), 2);
    let mut many = Table::<u64, std::rc::Rc<()>>::new();
    for key in 0..10_000 {
        many.entry_or(u64::key_hash(key), key, || counter.clone());
    }
    assert_eq!(std::rc::Rc::strong_count(&counter), 10_002);
    drop(many.remove(u64::key_hash(5), 5));
    let mut cursor = Cursor::default();
    for _ in 0..7_000 {
        many.drain_in_order(&mut cursor, true);
    }
    drop(many);
    drop(table);
    assert_eq!(std::rc::Rc::strong_count(&counter), 1);
}

#[test]
fn a_recycled_table_does_not_grow_again() {
    let mut table = Table::<u64, u64>::new();
    let fill = |table: &mut Table<u64, u64>, base: u64| {
        for key in base..base + 100_000 {
            *table.entry(u64::key_hash(key), key) += 1;
        }
    };
    fill(&mut table, 0);
    for round in 1..5 {
        let mut cursor = Cursor::default();
        while table.drain_in_order(&mut cursor, true).is_some() {}
        assert_eq!(table.len(), 0);
        let bytes = table.bytes();
        fill(&mut table, round * 1_000_000);
        assert!(table.bytes() <= bytes + bytes / 10);
    }
}

/// What the table costs per key is a documented figure: it should not change unnoticed.
#[test]
fn a_slot_of_numbers_is_three_words() {
    assert_eq!(size_of::<super::segment::Slot<u64, u64>>(), 24);
    assert_eq!(size_of::<super::segment::Slot<(), u64>>(), 16);
    const { assert!(<u64 as Record>::FIXED) };
}

/// A task's keys have hashes with the same first bits: what a table of few of them costs must not depend on how many
/// tasks there are.
#[test]
fn hashes_that_share_their_first_bits_are_spread() {
    for bits in [0, 1, 3, 7, 10] {
        let mut table: Table<u64, u64> = Table::new();
        let mut keys = (0u64..).map(|key| (u64::key_hash(key) >> bits | !(u64::MAX >> bits), key));
        for (hash, key) in keys.by_ref().take(3_000) {
            *table.entry(hash, key) += 1;
        }
        assert!(table.slots() < 16_000, "{} slots for {bits} bits", table.slots());
        let mut farthest = 0;
        for segment in &table.segments {
            let mut next = 0;
            while let Some(at) = segment.next_taken(next) {
                farthest = farthest.max(at - segment.home(segment.hash(at)));
                next = at + 1;
            }
        }
        assert!(farthest < 64, "{farthest} slots from home for {bits} bits");
    }
}

#[test]
fn a_walk_changes_and_removes_on_its_way() {
    let mut table = Table::<u64, u64>::new();
    for key in 0..20_000u64 {
        *table.entry(u64::key_hash(key / 2), key) = key;
    }
    let (mut cursor, mut chunk) = (Cursor::default(), Chunk::default());
    let (mut seen, mut before) = (0, None);
    while table.next_chunk(&mut cursor, &mut chunk) {
        let entries = table.chunk(&chunk);
        for number in 0..chunk.len() {
            let (hash, key) = (entries.hash(number), entries.get(number).0);
            assert!(before < Some((hash, key)));
            before = Some((hash, key));
            seen += 1;
        }
        let change = |_, _: &u64, value: &mut u64| {
            let goes = value.is_multiple_of(3);
            *value += 1;
            Ok::<_, ()>(goes)
        };
        table.change_chunk(&mut chunk, change).unwrap();
        table.take_out(&mut cursor, &mut chunk);
    }
    assert_eq!((seen, table.len()), (20_000, 20_000 - 6_667));
    for key in 0..20_000u64 {
        let kept = table.get(u64::key_hash(key / 2), key).copied();
        assert_eq!(kept, (key % 3 != 0).then_some(key + 1));
    }
}

#[test]
fn the_keys_of_a_hash_are_found_in_order_and_removed() {
    for hash in [Hash::Good, Hash::AllSame, Hash::FewValues, Hash::SharedPrefix, Hash::Extremes] {
        let mut table = Table::<u64, u64>::new();
        let mut model = BTreeMap::<u64, Vec<(Vec<u8>, u64)>>::new();
        for key in 0..600u64 {
            *table.entry(hash.of(key), key) = key;
            model.entry(usable(hash.of(key))).or_default().push((canonical::<u64>(key), key));
        }
        for (hash, keys) in &mut model {
            assert!(table.of_hash(*hash ^ 1 << 20).entry().is_none());
            keys.sort_unstable();
            let mut found = Vec::new();
            let mut kept = 0;
            loop {
                let mut entries = table.of_hash(*hash);
                (0..kept).for_each(|_| entries.pass());
                let Some((key, _)) = entries.entry() else { break };
                found.push(*key);
                assert_eq!(entries.is_last(), found.len() == keys.len());
                if found.len() % 3 == 0 {
                    assert_eq!(entries.remove().0, found[found.len() - 1]);
                } else {
                    kept += 1;
                }
            }
            assert_eq!(found, keys.iter().map(|(_, key)| *key).collect::<Vec<_>>());
        }
    }
}

#[test]
fn chunks_pass_every_entry_once_in_order_whatever_is_taken_out() {
    // Hashes in heaps, so that runs reach over the ends of chunks.
    let hash = |key: u64| u64::key_hash(key / 5) & !0xFFFF | (key % 5);
    let mut table = Table::<u64, u64>::new();
    let mut expected = BTreeMap::new();
    for key in 0..30_000u64 {
        *table.entry(hash(key), key) = key;
        expected.insert(hash(key), key);
    }
    for round in [2, 3, 4, 1] {
        let (mut cursor, mut chunk) = (Cursor::default(), Chunk::default());
        let mut met = Vec::new();
        loop {
            table.take_out(&mut cursor, &mut chunk);
            if !table.next_chunk(&mut cursor, &mut chunk) {
                break;
            }
            let change = |_, _: &u64, value: &mut u64| Ok::<_, ()>(value.is_multiple_of(round));
            table.change_chunk(&mut chunk, change).unwrap();
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK);
            let entries = table.chunk(&chunk);
            met.extend((0..chunk.len()).map(|n| (entries.hash(n), entries.get(n).0)));
        }
        assert!(met.iter().copied().eq(expected.iter().map(|(hash, key)| (*hash, *key))));
        expected.retain(|_, key| *key % round != 0);
        assert_eq!(table.len(), expected.len());
        assert!(expected.iter().all(|(hash, key)| table.get(*hash, *key) == Some(key)));
    }
    assert!(table.is_empty() && table.bytes() < 64 << 10, "{} bytes", table.bytes());
}
