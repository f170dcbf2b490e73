//! Windows of which nearly everything is on a disk do as those that are in memory.

use std::sync::Arc;

use proptest::prelude::*;

use super::harness::Fired;
use crate::operator::{Aggregate, count, sum, to_vec};
use crate::record::Key;
use crate::state::testing::Increments;
use crate::state::{Loader, MemoryDisks, Spill, State};
use crate::task::Stage;
use crate::time::{Timestamp, millis};
use crate::window::{Accumulates, AggregateWindows, session, sliding, tumbling};

#[derive(Clone, Debug)]
pub(in crate::window) enum Op {
    /// Records of these times and keys.
    Batch(Vec<(i64, u64)>),
    /// The watermark goes on so far, and so many windows fire before something else happens.
    Pass(i64, usize),
    Checkpoint {
        completes: bool,
        meanwhile: usize,
    },
}

/// Up to 40 of them.
pub(in crate::window) fn ops() -> impl Strategy<Value = Vec<Op>> {
    let record = (-20..100i64, 0..400u64);
    let op = prop_oneof![
        20 => prop::collection::vec(record, 1..200).prop_map(Op::Batch),
        8 => (0..40i64, 0..600usize).prop_map(|(span, fired)| Op::Pass(span, fired)),
        6 => (any::<bool>(), 0..6usize)
            .prop_map(|(completes, meanwhile)| Op::Checkpoint { completes, meanwhile }),
    ];
    prop::collection::vec(op, 1..40)
}

/// Some keys share all of their hashes.
pub(in crate::window) fn hash_of(key: u64, kind: u64) -> u64 {
    match kind {
        0 => u64::key_hash(key),
        1 => u64::key_hash(key / 3),
        _ => [0, u64::MAX, u64::MAX - 1][key as usize % 3],
    }
}

struct Tested<S: Accumulates, A: Aggregate> {
    windows: AggregateWindows<S, u64, A>,
    /// What a record's number is aggregated as.
    value: fn(u64) -> A::In,
    stage: Stage,
    kind: u64,
    watermark: i64,
    number: u64,
}

impl<S, A> Tested<S, A>
where
    S: Accumulates<At = Timestamp>,
    A: Aggregate<Acc: std::fmt::Debug>,
{
    fn act(&mut self, op: &Op) -> Vec<Fired<String>> {
        match op {
            Op::Batch(records) => {
                let turn = self.stage.turn(Timestamp(self.watermark));
                let hash = |key| hash_of(key, self.kind);
                let hashes: Vec<u64> = records.iter().map(|(_, key)| hash(*key)).collect();
                self.windows.prepare(&hashes);
                for (time, key) in records {
                    let at = Timestamp(self.watermark + time);
                    self.number += 1;
                    let value = (self.value)(self.number);
                    self.windows.add(&turn, at, hash(*key), *key, value).unwrap();
                }
                self.fire(usize::MAX)
            }
            Op::Pass(span, most) => {
                self.watermark += span;
                let mut fired = self.fire(*most);
                // The task is stopped somewhere, and goes on.
                fired.extend(self.fire(usize::MAX));
                fired
            }
            Op::Checkpoint { .. } => Vec::new(),
        }
    }

    fn fire(&mut self, most: usize) -> Vec<Fired<String>> {
        let mut turn = self.stage.turn(Timestamp(self.watermark));
        let next = || {
            let firing = self.windows.fire(&mut turn).unwrap()?;
            let window = firing.window();
            Some((window.start.0, window.end.0, firing.key(), format!("{:?}", firing.acc())))
        };
        std::iter::from_fn(next).take(most).collect()
    }

    fn end(&mut self) -> Vec<Fired<String>> {
        self.watermark = i64::MAX;
        let fired = self.fire(usize::MAX);
        assert_eq!(self.windows.entries(), 0);
        fired
    }
}

/// Lists: what windows had, in which order.
fn check<S: Accumulates<At = Timestamp>>(spec: &S, kind: u64, spill: &Arc<Spill>, ops: &[Op]) {
    check_with(spec, (count(), to_vec::<u64>()), |number| ((), number), kind, spill, ops);
}

/// Sums, which are put together from panes: of floats in order of time.
fn check_sums<S: Accumulates<At = Timestamp>>(spec: &S, kind: u64, spill: &Arc<Spill>, ops: &[Op]) {
    let sums = (count(), sum::<u64>());
    check_with(spec, sums, |number| ((), number), kind, spill, ops);
    let floats = (count(), sum::<f64>());
    check_with(spec, floats, |number| ((), number as f64 * 0.1), kind, spill, ops);
}

fn check_with<S, A>(
    spec: &S,
    aggregate: A,
    value: fn(u64) -> A::In,
    kind: u64,
    spill: &Arc<Spill>,
    ops: &[Op],
) where
    S: Accumulates<At = Timestamp>,
    A: Aggregate<Acc: std::fmt::Debug> + Clone,
{
    let new = |is_cold: bool, watermark, number| {
        let mut windows = AggregateWindows::new(spec.clone(), aggregate.clone());
        if is_cold {
            assert!(windows.spill(spill).unwrap());
        }
        Tested { windows, value, stage: Stage::default(), kind, watermark, number }
    };
    let (mut hot, mut cold) = (new(false, 0, 0), new(true, 0, 0));
    let mut row = Increments::default();
    let mut at = 0;
    while let Some(op) = ops.get(at) {
        assert_eq!(cold.act(op), hot.act(op), "{op:?}");
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_disk_changes_nothing_for_tumbling_windows(
        kind in 0..3u64, room in 0..40_000usize, ops in ops(), lateness in 0..60i64,
    ) {
        let spec = tumbling(millis(30)).allowed_lateness(millis(lateness));
        check(&spec, kind, &Spill::new(MemoryDisks, room), &ops);
    }

    #[test]
    fn a_disk_changes_nothing_for_sliding_windows_without_parts(
        kind in 0..3u64, room in 0..40_000usize, ops in ops(), lateness in 0..60i64,
    ) {
        let spec = sliding(millis(30), millis(10)).allowed_lateness(millis(lateness));
        check(&spec, kind, &Spill::new(MemoryDisks, room), &ops);
    }

    #[test]
    fn a_disk_changes_nothing_for_sliding_windows_of_panes(
        kind in 0..3u64, room in 0..40_000usize, ops in ops(),
        size in 1..60i64, slide in 1..30i64, lateness in 0..60i64,
    ) {
        let spec = sliding(millis(size), millis(slide)).allowed_lateness(millis(lateness));
        check_sums(&spec, kind, &Spill::new(MemoryDisks, room), &ops);
    }

    #[test]
    fn a_disk_changes_nothing_for_sessions(
        kind in 0..3u64, room in 0..40_000usize, ops in ops(), lateness in 0..60i64,
    ) {
        let spec = session(millis(10)).allowed_lateness(millis(lateness));
        check(&spec, kind, &Spill::new(MemoryDisks, room), &ops);
    }
}

#[cfg(feature = "rocksdb")]
proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn rocksdb_changes_nothing_for_windows(
        kind in 0..3u64, room in 0..40_000usize, ops in ops(), lateness in 0..60i64,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let spill = crate::state::rocks::spill(dir.path(), room, &[]).unwrap();
        let lateness = millis(lateness);
        check(&tumbling(millis(30)).allowed_lateness(lateness), kind, &spill, &ops);
        check(&session(millis(10)).allowed_lateness(lateness), kind, &spill, &ops);
        let slides = sliding(millis(30), millis(4)).allowed_lateness(lateness);
        check_sums(&slides, kind, &spill, &ops);
    }
}
