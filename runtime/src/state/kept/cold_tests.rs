//! A table of which nearly everything is on a disk does as one that is in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::state::disk::memory::MemoryDisks;
use crate::state::testing::Increments;
use crate::state::{Loader, Spill, State};

/// What is done to both.
#[derive(Clone, Debug)]
enum Op {
    /// Adds to keys, whose hashes were prepared.
    Batch(Vec<u64>),
    Add(u64),
    Change(u64),
    IsFirst(u64),
    Remove(u64),
    Walk,
    Clear,
    /// Drains so many, then what is left if it is all.
    Drain,
    Pass(i64),
    Checkpoint {
        completes: bool,
        meanwhile: usize,
    },
}

fn ops(steps: usize) -> impl Strategy<Value = Vec<Op>> {
    let keys = 0..600u64;
    let op = prop_oneof![
        20 => prop::collection::vec(keys.clone(), 1..64).prop_map(Op::Batch),
        20 => keys.clone().prop_map(Op::Add),
        10 => keys.clone().prop_map(Op::Change),
        5 => keys.clone().prop_map(Op::IsFirst),
        10 => keys.prop_map(Op::Remove),
        2 => Just(Op::Walk),
        1 => Just(Op::Clear),
        1 => Just(Op::Drain),
        10 => (0..40i64).prop_map(Op::Pass),
        10 => (any::<bool>(), 0..8usize)
            .prop_map(|(completes, meanwhile)| Op::Checkpoint { completes, meanwhile }),
    ];
    prop::collection::vec(op, 1..steps)
}

/// Some keys share all of their hashes.
fn hash_of(key: u64, kind: u64) -> u64 {
    match kind {
        0 => u64::key_hash(key),
        1 => u64::key_hash(key / 3),
        _ => [0, u64::MAX, u64::MAX - 1][key as usize % 3],
    }
}

struct Tested<L: Keep> {
    kept: Kept<u64, String, L>,
    kind: u64,
    now: i64,
}

impl<L: Keep> Tested<L> {
    fn act(&mut self, op: &Op) -> Vec<(u64, String)> {
        let (kept, kind) = (&mut self.kept, self.kind);
        let hash = |key| hash_of(key, kind);
        let mut out = Vec::new();
        let add = |kept: &mut Kept<u64, String, L>, key: u64| {
            let value = kept.entry(hash(key), key, String::new);
            value.push('x');
            (key, value.clone())
        };
        match op {
            Op::Batch(keys) => {
                kept.prepare(&keys.iter().map(|key| hash(*key)).collect::<Vec<_>>());
                out.extend(keys.iter().map(|key| add(kept, *key)));
            }
            Op::Add(key) => out.push(add(kept, *key)),
            Op::Change(key) => {
                if let Some(value) = kept.get_mut(hash(*key), *key) {
                    value.push('c');
                    out.push((*key, value.clone()));
                }
            }
            Op::IsFirst(key) => {
                let is_first = kept.is_first(hash(*key), *key, || "first".to_owned());
                out.push((*key, is_first.to_string()));
            }
            Op::Remove(key) => kept.remove(hash(*key), *key),
            Op::Walk => {
                let mut cursor = Cursor::default();
                while let Some((hash, key)) = kept.next_in_order(&mut cursor) {
                    let key = *key;
                    let value = kept.get_mut(hash, key).expect("it was met").clone();
                    out.push((key, value));
                }
            }
            Op::Clear => kept.clear(),
            Op::Drain => {
                let mut cursor = Cursor::default();
                while let Some((_, key, value, lives)) = kept.drain(&mut cursor) {
                    out.extend(lives.then(|| (*key, value.clone())));
                }
                kept.clear();
            }
            Op::Pass(span) => {
                self.now += span;
                let now = Timestamp(self.now);
                kept.at(Moment { time: now, watermark: now, processing_time: now });
                kept.sweep(now, now);
            }
            Op::Checkpoint { .. } => {}
        }
        out
    }

    fn all(&mut self) -> BTreeMap<u64, String> {
        self.act(&Op::Walk).into_iter().collect()
    }
}

fn check<L: Keep>(
    make: impl Fn() -> Kept<u64, String, L>,
    kind: u64,
    spill: &Arc<Spill>,
    ops: &[Op],
) {
    let cold = || {
        let mut kept = make();
        kept.spill(spill).unwrap();
        Tested { kept, kind, now: 0 }
    };
    let (mut hot, mut cold_one) = (Tested { kept: make(), kind, now: 0 }, cold());
    for one in [&mut hot, &mut cold_one] {
        one.act(&Op::Pass(0));
    }
    let mut row = Increments::default();
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        assert_eq!(cold_one.act(op), hot.act(op), "{op:?}");
        at += 1;
        let Op::Checkpoint { completes, meanwhile } = *op else { continue };
        let (then, now) = (hot.all(), hot.now);
        let meanwhile = &ops[at..(at + meanwhile).min(ops.len())];
        at += meanwhile.len();
        let mut during = Vec::new();
        let mut kept = std::mem::replace(&mut cold_one.kept, make());
        let saved = row.checkpoint(&mut kept, completes, |kept| {
            std::mem::swap(&mut cold_one.kept, kept);
            during.extend(meanwhile.iter().map(|op| cold_one.act(op)));
            std::mem::swap(&mut cold_one.kept, kept);
        });
        cold_one.kept = kept;
        assert_eq!(during, meanwhile.iter().map(|op| hot.act(op)).collect::<Vec<_>>());
        // Into memory, and onto a disk.
        for mut other in [Tested { kept: make(), kind, now }, cold()] {
            let Some(saved) = &saved else { continue };
            let now = Timestamp(now);
            other.kept.at(Moment { time: now, watermark: now, processing_time: now });
            other.kept.load(&Loader::new(saved, 0..=u64::MAX, now, now)).unwrap();
            assert_eq!(other.all(), then);
        }
    }
    assert_eq!(cold_one.all(), hot.all());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_disk_changes_nothing(kind in 0..3u64, room in 0..60_000usize, ops in ops(80)) {
        check(|| Kept::new(Forever), kind, &Spill::new(MemoryDisks, room), &ops);
    }

    #[test]
    fn a_disk_changes_nothing_where_lives_end(
        kind in 0..3u64,
        room in 0..60_000usize,
        ops in ops(80),
    ) {
        let make = || Kept::new(crate::state::event_time(Span(30)));
        check(make, kind, &Spill::new(MemoryDisks, room), &ops);
    }
}

#[cfg(feature = "rocksdb")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn rocksdb_changes_nothing(kind in 0..3u64, room in 0..60_000usize, ops in ops(80)) {
        let dir = tempfile::tempdir().unwrap();
        let spill = crate::state::rocks::spill(dir.path(), room, &[]).unwrap();
        check(|| Kept::new(Forever), kind, &spill, &ops);
        let make = || Kept::new(crate::state::event_time(Span(30)));
        check(make, kind, &spill, &ops);
    }
}

#[test]
fn memory_stays_within_its_bound_and_the_rest_is_on_the_disk() {
    let mut kept = Kept::<u64, u64>::new(Forever);
    kept.spill(&Spill::new(MemoryDisks, 100_000)).unwrap();
    for key in 0..20_000u64 {
        *kept.entry(u64::key_hash(key), key, || 0) += key;
        if key % 1000 == 0 {
            assert!(kept.tiered.table.bytes() < 110_000, "{} bytes", kept.tiered.table.bytes());
        }
    }
    assert_eq!(kept.entries(), 20_000);
    assert!(
        kept.tiered.table.len() < 4000 && kept.bytes() > 20_000 * 24,
        "{}",
        kept.tiered.table.len()
    );
}

#[test]
fn a_checkpoint_holds_what_changed_wherever_it_is() {
    let mut kept = Kept::<u64, u64>::new(Forever);
    kept.spill(&Spill::new(MemoryDisks, 50_000)).unwrap();
    let add = |kept: &mut Kept<u64, u64>, key: u64| {
        *kept.entry(u64::key_hash(key), key, || 0) += 1;
    };
    (0..20_000).for_each(|key| add(&mut kept, key));
    let mut row = Increments::default();
    let whole = row.checkpoint(&mut kept, true, |_| ()).unwrap().bytes();
    // Most of these went to the disk again when the last of them came.
    (0..200).for_each(|number| add(&mut kept, number * 97));
    (0..1000).for_each(|key| _ = kept.get_mut(u64::key_hash(key), key));
    let saved = row.checkpoint(&mut kept, true, |_| ()).unwrap();
    assert!(saved.bytes() < whole + whole / 10, "{} bytes on {whole}", saved.bytes());
    assert!(saved.bytes() > whole, "the whole is needed, too");
}

#[test]
fn a_batch_may_have_more_keys_than_there_is_room_for() {
    for (room, batch) in [(0, 100), (1_000, 5_000), (35_000, 4_096), (70_000, 1_000)] {
        let mut kept = Kept::<u64, u64>::new(Forever);
        kept.spill(&Spill::new(MemoryDisks, room)).unwrap();
        let keys: Vec<u64> = (0..10_000).map(|i: u64| i * 7919 % 5_000).collect();
        for keys in keys.chunks(batch) {
            let hashes: Vec<u64> = keys.iter().map(|key| u64::key_hash(*key)).collect();
            kept.prepare(&hashes);
            for (hash, key) in hashes.iter().zip(keys) {
                *kept.entry(*hash, *key, || 0) += 1;
            }
        }
        for key in 0..5_000 {
            assert_eq!(kept.get_mut(u64::key_hash(key), key), Some(&mut 2), "{room} {batch} {key}");
        }
    }
}

#[test]
fn what_is_used_stays_in_memory() {
    let mut kept = Kept::<u64, u64>::new(Forever);
    kept.spill(&Spill::new(MemoryDisks, 100_000)).unwrap();
    let hash = |key| u64::key_hash(key);
    let mut missed = 0;
    for key in 200..40_000 {
        *kept.entry(hash(key), key, || 0) += 1;
        let hot = key % 200;
        missed += usize::from(!kept.tiered.table.has_hash(hash(hot)));
        *kept.entry(hash(hot), hot, || 0) += 1;
    }
    assert!(missed < 400, "{missed} times one of 200 was not there");
}

#[test]
fn what_the_disk_drops_is_not_counted() {
    let mut kept = Kept::<u64, u64, _>::new(crate::state::event_time(Span(100)));
    kept.spill(&Spill::new(MemoryDisks, 10_000)).unwrap();
    for key in 0..50_000 {
        let now = Timestamp(key as i64 / 10);
        kept.at(Moment { time: now, watermark: now, processing_time: now });
        *kept.entry(u64::key_hash(key), key, || 0) += 1;
        if key % 100 == 0 {
            kept.sweep(now, now);
        }
    }
    // A thousand are alive, and some more are waiting for a pass.
    assert!((1_000..2_500).contains(&kept.entries()), "{} entries", kept.entries());
}
