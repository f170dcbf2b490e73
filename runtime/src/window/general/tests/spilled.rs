//! Windows with triggers of which nearly everything is on a disk do as those that are in memory.

use std::sync::Arc;

use super::saved::{Fed, Windows};
use super::*;
use crate::state::testing::Increments;
use crate::state::{Loader, MemoryDisks, Spill};
use crate::window::evictor;
use crate::window::tests::spilled::{Op, hash_of, ops};

struct Tested<S: Place, C: Fed, R: Trigger<u64>> {
    windows: Windows<S, C, R>,
    stage: Stage,
    kind: u64,
    watermark: i64,
    number: u64,
}

impl<S: Place, C: Fed, R: Trigger<u64>> Tested<S, C, R> {
    fn act(&mut self, op: &Op) -> Vec<Result> {
        let mut fired = Vec::new();
        match op {
            Op::Batch(records) => {
                let hashes: Vec<_> =
                    records.iter().map(|(_, key)| hash_of(*key, self.kind)).collect();
                self.windows.prepare(&hashes);
                for ((time, key), hash) in records.iter().zip(hashes) {
                    let turn = self.stage.turn(Timestamp(self.watermark));
                    let at = S::at(self.watermark + time, self.number);
                    self.number += 1;
                    if self.windows.open(&turn, at, hash, *key).unwrap() {
                        C::put(&mut self.windows, self.number);
                        self.windows.trigger(&turn, self.number);
                    }
                    self.stage.block(false);
                    fired.extend(self.fire(usize::MAX));
                }
            }
            Op::Pass(span, most) => {
                self.watermark += span;
                fired.extend(self.fire(*most));
                fired.extend(self.fire(usize::MAX));
            }
            Op::Checkpoint { .. } => {}
        }
        fired
    }

    fn fire(&mut self, most: usize) -> Vec<Result> {
        let mut turn = self.stage.turn(Timestamp(self.watermark)).at(Timestamp(0));
        let next = || {
            let firing = self.windows.fire(&mut turn)?;
            let Window { start, end } = firing.window();
            Some((firing.time().0, (start.0, end.0), firing.key(), C::values(&firing)))
        };
        std::iter::from_fn(next).take(most).collect()
    }

    fn end(&mut self) -> Vec<Result> {
        self.watermark = i64::MAX;
        let fired = self.fire(usize::MAX);
        assert_eq!((self.windows.entries(), self.windows.kept), (0, 0));
        fired
    }
}

fn check<S: Place, C: Fed, R: Trigger<u64>>(
    plan: &WindowPlan<S, R, u64>,
    kind: u64,
    spill: &Arc<Spill>,
    ops: &[Op],
) {
    let new = |is_cold: bool, watermark, number| {
        let mut windows = C::made(plan.clone());
        if is_cold {
            assert!(windows.spill(spill).unwrap());
        }
        Tested::<S, C, R> { windows, stage: Stage::default(), kind, watermark, number }
    };
    let (mut hot, mut cold) = (new(false, 0, 0), new(true, 0, 0));
    let (mut row, mut at) = (Increments::default(), 0);
    while let Some(op) = ops.get(at) {
        assert_eq!(cold.act(op), hot.act(op), "{op:?}");
        assert_eq!(cold.windows.entries(), hot.windows.entries());
        at += 1;
        let Op::Checkpoint { completes, meanwhile } = *op else { continue };
        let (watermark, number) = (hot.watermark, hot.number);
        let saved = row.savepoint(&mut hot.windows);
        let meanwhile = &ops[at..(at + meanwhile).min(ops.len())];
        at += meanwhile.len();
        let mut during = Vec::new();
        let other = new(true, watermark, number);
        let mut windows = std::mem::replace(&mut cold.windows, other.windows);
        let checkpoint = row.checkpoint(&mut windows, completes, |windows| {
            std::mem::swap(&mut cold.windows, windows);
            during.extend(meanwhile.iter().map(|op| cold.act(op)));
            std::mem::swap(&mut cold.windows, windows);
        });
        cold.windows = windows;
        assert_eq!(during, meanwhile.iter().map(|op| hot.act(op)).collect::<Vec<_>>());
        // What was in memory goes to a disk and the other way, and is the same.
        let rest = |saved, is_cold| {
            let mut restored = new(is_cold, watermark, number);
            let time = Timestamp(watermark);
            restored.windows.load(&Loader::new(saved, 0..=u64::MAX, time, time)).unwrap();
            let mut fired: Vec<_> = ops[at..].iter().map(|op| restored.act(op)).collect();
            fired.push(restored.end());
            fired
        };
        let expected = rest(&saved, false);
        assert_eq!(rest(&saved, true), expected);
        if let Some(checkpoint) = checkpoint {
            assert_eq!(rest(&checkpoint, true), expected);
            assert_eq!(rest(&checkpoint, false), expected);
        }
    }
    assert_eq!(cold.end(), hot.end());
}

fn check_all(kind: u64, spill: &Arc<Spill>, ops: &[Op], lateness: i64) {
    let lateness = millis(lateness);
    let days = tumbling(millis(30)).allowed_lateness(lateness);
    let last = evictor::count(3);
    let plan = WindowPlan::new(days, trigger::early(Span(7)), Some(last)).unwrap();
    check::<_, Elements<u64>, _>(&plan, kind, spill, ops);
    let slides = sliding(millis(30), millis(10)).allowed_lateness(lateness);
    let plan = WindowPlan::new(slides, trigger::purging(trigger::count(2)), None).unwrap();
    check::<_, Reduced<u64>, _>(&plan, kind, spill, ops);
    let plan = WindowPlan::new(session(millis(10)), trigger::ByTime, None).unwrap();
    check::<_, Elements<u64>, _>(&plan, kind, spill, ops);
    check::<_, Accumulated<_>, _>(&plan, kind, spill, ops);
    let counts = sliding_count(3, 2);
    let plan = WindowPlan::new(counts, counts.trigger(), None).unwrap();
    check::<_, Elements<u64>, _>(&plan, kind, spill, ops);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_disk_changes_nothing(
        kind in 0..3u64, room in 0..80_000usize, ops in ops(), lateness in 0..60i64,
    ) {
        check_all(kind, &Spill::new(MemoryDisks, room), &ops, lateness);
    }
}

#[cfg(feature = "rocksdb")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(2))]

    #[test]
    fn rocksdb_changes_nothing(
        kind in 0..3u64, room in 0..80_000usize, ops in ops(), lateness in 0..60i64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let spill = crate::state::rocks::spill(dir.path(), room, &[]).unwrap();
        check_all(kind, &spill, &ops, lateness);
    }
}

#[test]
fn memory_stays_within_its_bound_and_the_rest_is_on_the_disk() {
    let budget = 1_000_000;
    let stage = Stage::default();
    let plan = WindowPlan::new(tumbling(millis(1000)), trigger::count(1000), None).unwrap();
    let mut windows = Windows::<_, Elements<u64>, _>::of_elements(plan);
    windows.spill(&Spill::new(MemoryDisks, budget)).unwrap();
    let (keys, turn) = (40_000u64, stage.turn(Timestamp(0)));
    for round in 0..3 {
        for batch in 0..keys / 500 {
            let batch = batch * 500..(batch + 1) * 500;
            windows.prepare(&batch.clone().map(u64::key_hash).collect::<Vec<_>>());
            for key in batch {
                let at = Timestamp(round);
                assert!(windows.open(&turn, at, u64::key_hash(key), key).unwrap());
                windows.keep(key);
                windows.trigger(&turn, key);
            }
            let keys = windows.keys.as_ref().unwrap();
            // Each has a slot and its elements besides what lies in the table.
            let beside = keys.in_memory().len() * (size_of::<Elements<u64>>() + 300);
            let used = keys.bytes() + beside;
            assert!(used < budget / 8 * 9 + 500 * 1000, "{used} bytes");
        }
    }
    assert_eq!((windows.entries(), windows.kept), (keys as usize, 3 * keys as usize));
    assert!(windows.keys.as_ref().unwrap().in_memory().len() < 6000);
    let mut turn = stage.turn(Timestamp::MAX);
    while windows.fire(&mut turn).is_some() {}
    assert_eq!((windows.entries(), windows.bytes()), (0, 0));
}
