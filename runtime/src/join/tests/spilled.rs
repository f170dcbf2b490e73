//! Joins of which nearly everything is on a disk do as those that are in memory.

use std::sync::Arc;

use super::*;
use crate::state::testing::Increments;
use crate::state::{Loader, MemoryDisks, Spill, state_of};
use crate::time::{Span, millis};
use crate::window::{Fixed, sliding, tumbling};

#[derive(Clone, Debug)]
enum Op {
    /// Records of (is right, time from the watermark on, key).
    Batch(Vec<(bool, i64, u64)>),
    /// The watermark goes on so far, and so many rows come out before something else happens.
    Pass(i64, usize),
    /// A checkpoint, which so many of the operations that follow happen before it is written.
    Checkpoint(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let record = (any::<bool>(), -20..150i64, 0..60u64);
    let op = prop_oneof![
        20 => prop::collection::vec(record, 1..150).prop_map(Op::Batch),
        8 => (0..60i64, 0..200usize).prop_map(|(span, rows)| Op::Pass(span, rows)),
        4 => (0..6usize).prop_map(Op::Checkpoint),
    ];
    prop::collection::vec(op, 1..40)
}

/// Some keys share all of their hashes.
fn hash_of(key: u64, kind: u64) -> u64 {
    match kind {
        0 => u64::key_hash(key),
        1 => u64::key_hash(key / 3),
        _ => [0, u64::MAX, u64::MAX - 1][key as usize % 3],
    }
}

struct Tested<J> {
    join: J,
    stage: Stage,
    kind: u64,
    watermark: i64,
    number: u64,
}

impl<J: AnyJoin> Tested<J> {
    fn act(&mut self, op: &Op) -> Vec<Row> {
        match op {
            Op::Batch(records) => {
                let turn = self.stage.turn(Timestamp(self.watermark));
                let hash = |key| hash_of(key, self.kind);
                let hashes: Vec<u64> = records.iter().map(|record| hash(record.2)).collect();
                self.join.prepare_for(&hashes);
                for (right, time, key) in records {
                    let (time, key) = (self.watermark + time, (hash(*key), *key));
                    self.number += 1;
                    self.join.add_hashed(&turn, *right, time, key, self.number);
                }
                self.fire(usize::MAX)
            }
            Op::Pass(span, most) => {
                self.watermark += span;
                let mut rows = self.fire(*most);
                // The task is stopped somewhere, and goes on.
                rows.extend(self.fire(usize::MAX));
                rows
            }
            Op::Checkpoint(_) => Vec::new(),
        }
    }

    fn fire(&mut self, most: usize) -> Vec<Row> {
        let mut turn = self.stage.turn(Timestamp(self.watermark));
        std::iter::from_fn(|| self.join.next(&mut turn)).take(most).collect()
    }

    fn end(&mut self) -> Vec<Row> {
        self.watermark = i64::MAX;
        let rows = self.fire(usize::MAX);
        assert_eq!(self.join.entries(), 0, "nothing is kept");
        rows
    }
}

fn check<J: AnyJoin>(make: impl Fn() -> J, kind: u64, spill: &Arc<Spill>, ops: &[Op]) {
    let new = |is_cold: bool, watermark, number| {
        let mut join = make();
        if is_cold {
            assert!(join.spill(spill).unwrap());
        }
        Tested { join, stage: Stage::default(), kind, watermark, number }
    };
    let (mut hot, mut cold) = (new(false, 0, 0), new(true, 0, 0));
    let mut row = Increments::default();
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        assert_eq!(cold.act(op), hot.act(op), "{op:?}");
        assert_eq!(cold.join.entries(), hot.join.entries());
        at += 1;
        let Op::Checkpoint(meanwhile) = *op else { continue };
        let (watermark, number) = (hot.watermark, hot.number);
        let saved = row.savepoint(&mut hot.join);
        let meanwhile = &ops[at..(at + meanwhile).min(ops.len())];
        at += meanwhile.len();
        let mut during = Vec::new();
        let other = new(true, watermark, number);
        let mut join = std::mem::replace(&mut cold.join, other.join);
        let checkpoint = row.checkpoint(&mut join, true, |join| {
            std::mem::swap(&mut cold.join, join);
            during.extend(meanwhile.iter().map(|op| cold.act(op)));
            std::mem::swap(&mut cold.join, join);
        });
        cold.join = join;
        assert_eq!(during, meanwhile.iter().map(|op| hot.act(op)).collect::<Vec<_>>());
        // What was in memory goes to a disk and the other way, and is the same.
        let rest = |saved, is_cold| {
            let mut restored = new(is_cold, watermark, number);
            let time = Timestamp(watermark);
            restored.join.load(&Loader::new(saved, 0..=u64::MAX, time, time)).unwrap();
            let mut rows: Vec<_> = ops[at..].iter().map(|op| restored.act(op)).collect();
            rows.push(restored.end());
            rows
        };
        let expected = rest(&saved, false);
        assert_eq!(rest(&saved, true), expected);
        let checkpoint = checkpoint.expect("it completes");
        assert_eq!(rest(&checkpoint, true), expected);
        assert_eq!(rest(&checkpoint, false), expected);
    }
    assert_eq!(cold.end(), hot.end());
}

fn interval(kind: JoinKind, least: i64, span: i64) -> impl Fn() -> IntervalJoin<u64, String, u64> {
    let within = Within::checked(millis(least)..=millis(least + span)).unwrap();
    move || IntervalJoin::new(within, kind)
}

/// The groups of a `co_group`, told apart by what is in them, in which order.
struct Groups<S: Fixed> {
    join: WindowJoin<S, u64, String, u64>,
}

state_of!(Groups<S: Fixed>, join, |groups| groups.join.meaning());

impl<S: Fixed> AnyJoin for Groups<S> {
    fn prepare_for(&mut self, hashes: &[u64]) {
        self.join.prepare(hashes);
    }
    fn add_hashed(
        &mut self,
        turn: &Turn<'_>,
        right: bool,
        time: i64,
        key: (u64, u64),
        number: u64,
    ) -> bool {
        self.join.add_hashed(turn, right, time, key, number)
    }
    fn next(&mut self, turn: &mut Turn<'_>) -> Option<Row> {
        let group = self.join.group(turn)?;
        let all = |known: u64, number: u64| known.wrapping_mul(1_000_003) + number;
        let key = group.fired.key();
        let lefts = group.lefts.iter().map(number).fold(key, all);
        Some((group.fired.window().end.0, Some(lefts), Some(group.rights.iter().fold(key, all))))
    }
}

/// Joins that know what they have in memory.
trait InMemory {
    fn in_memory(&self) -> usize;
}

impl<S: Fixed> InMemory for WindowJoin<S, u64, String, u64> {
    fn in_memory(&self) -> usize {
        self.in_memory()
    }
}

impl InMemory for AsOfJoin<u64, String, u64> {
    fn in_memory(&self) -> usize {
        self.in_memory()
    }
}

impl InMemory for IntervalJoin<u64, String, u64> {
    fn in_memory(&self) -> usize {
        self.in_memory()
    }
}

/// A join whose state is ten times as large as what it may have in memory.
fn bounded<J: AnyJoin + InMemory>(mut join: J, span: i64) {
    const BUDGET: usize = 2 << 20;
    join.spill(&Spill::new(MemoryDisks, BUDGET)).unwrap();
    let (mut most, mut entries, stage) = (0, 0, Stage::default());
    let (mut rows, mut watermark) = (0, 0);
    for number in 0..200_000u64 {
        let time = number as i64 / 10;
        let key = (number / 3).wrapping_mul(7_919) % 50_000;
        let turn = stage.turn(Timestamp(watermark));
        if number % 100 == 0 {
            join.prepare_for(&[]);
        }
        join.add_hashed(&turn, number % 2 == 0, time, (u64::key_hash(key), key), number);
        if number % 100 == 99 && number < 199_999 {
            watermark = time - span;
            let mut turn = stage.turn(Timestamp(watermark));
            rows += std::iter::from_fn(|| join.next(&mut turn)).count();
            (most, entries) = (most.max(join.in_memory()), entries.max(join.entries()));
        }
    }
    let mut turn = stage.turn(Timestamp::MAX);
    while join.next(&mut turn).is_some() {
        rows += 1;
        if rows % 1_000 == 0 {
            most = most.max(join.in_memory());
        }
    }
    assert_eq!((join.entries(), join.bytes()), (0, 0), "nothing is kept");
    // An element is about a hundred bytes.
    assert!(entries > 100_000 && rows > 0, "{entries} entries, {rows} rows");
    assert!(most < BUDGET / 10 * 13, "{most} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_disk_changes_nothing_for_intervals(
        hashes in 0..3u64, room in 0..40_000usize, ops in ops(), kind in kinds(),
        least in -150i64..150, span in prop_oneof![Just(0i64), 0i64..200],
    ) {
        check(interval(kind, least, span), hashes, &Spill::new(MemoryDisks, room), &ops);
    }
}

fn check_windows<S: Fixed>(spec: &S, hashes: u64, kind: JoinKind, spill: &Arc<Spill>, ops: &[Op]) {
    let make = || WindowJoin::new(spec.clone(), kind);
    check(make, hashes, spill, ops);
    check(|| Groups { join: make() }, hashes, spill, ops);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_disk_changes_nothing_for_tumbling_windows(
        hashes in 0..3u64, room in 0..40_000usize, ops in ops(), kind in kinds(), late in 0..60i64,
    ) {
        let spec = tumbling(millis(40)).allowed_lateness(millis(late));
        check_windows(&spec, hashes, kind, &Spill::new(MemoryDisks, room), &ops);
    }

    #[test]
    fn a_disk_changes_nothing_for_sliding_windows(
        hashes in 0..3u64, room in 0..40_000usize, ops in ops(), kind in kinds(), late in 0..60i64,
    ) {
        let spec = sliding(millis(40), millis(15)).allowed_lateness(millis(late));
        check_windows(&spec, hashes, kind, &Spill::new(MemoryDisks, room), &ops);
    }
}

#[test]
fn windows_keep_within_their_memory() {
    let make = |kind| WindowJoin::<_, u64, String, u64>::new(tumbling(Span(10_000)), kind);
    bounded(make(JoinKind::Inner), 1_000);
    bounded(make(JoinKind::Full), 10_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_disk_changes_nothing_for_what_held(
        hashes in 0..3u64, room in 0..40_000usize, ops in ops(), kind in kinds(),
    ) {
        check(|| AsOfJoin::new(kind), hashes, &Spill::new(MemoryDisks, room), &ops);
    }
}

#[test]
fn what_held_keeps_within_its_memory() {
    bounded(AsOfJoin::new(JoinKind::Inner), 12_000);
    bounded(AsOfJoin::new(JoinKind::Full), 12_000);
}

#[test]
fn intervals_keep_within_their_memory() {
    let make = |kind| {
        let within = Within::checked(Span(-10_000)..=Span(10_000)).unwrap();
        IntervalJoin::<u64, String, u64>::new(within, kind)
    };
    bounded(make(JoinKind::Inner), 1_000);
    bounded(make(JoinKind::Full), 1_000);
}

#[cfg(feature = "rocksdb")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn rocksdb_changes_nothing_for_joins(
        hashes in 0..3u64, room in 0..40_000usize, ops in ops(), kind in kinds(),
        least in -150i64..150, span in 0i64..200,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let spill = crate::state::rocks::spill(dir.path(), room, &[]).unwrap();
        check(interval(kind, least, span), hashes, &spill, &ops);
        let spec = tumbling(millis(40)).allowed_lateness(millis(20));
        check(|| AsOfJoin::new(kind), hashes, &spill, &ops);
        check_windows(&spec, hashes, kind, &spill, &ops);
    }
}
