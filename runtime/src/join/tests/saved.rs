//! Joins whose tasks are saved and restored by more or fewer tasks: rows come as if nothing had been.

use super::*;
use crate::state::Loader;
use crate::state::testing::{Kept, Rescale, Tasks, by_task, rescales, shares};
use crate::time::{Span, millis};
use crate::window::{Fixed, session, sliding, tumbling};

/// A join of several tasks. The machine's time is the watermark.
struct Saved<'r, J, F> {
    tasks: Tasks<J, F>,
    rescales: &'r [Rescale],
    stage: Stage,
    keys: Vec<u64>,
    late: Vec<u64>,
    /// Rows by step, and how many tasks there were.
    steps: Vec<(Vec<Row>, usize)>,
}

impl<J: AnyJoin, F: Fn() -> J> Operator for Saved<'_, J, F> {
    fn element(&mut self, right: bool, time: i64, key: u64, number: u64, watermark: i64) {
        let turn = self.stage.turn(Timestamp(watermark)).at(Timestamp(watermark));
        self.keys.push(key);
        if !self.tasks.of(u64::key_hash(key)).add(&turn, right, time, key, number) {
            self.late.push(number);
        }
    }

    fn fire(&mut self, watermark: i64) {
        let mut rows = Vec::new();
        for join in self.tasks.all() {
            let mut turn = self.stage.turn(Timestamp(watermark)).at(Timestamp(watermark));
            rows.extend(std::iter::from_fn(|| join.next(&mut turn)));
        }
        self.steps.push((rows, self.tasks.all().count()));
        self.tasks.rescale(self.rescales, self.steps.len(), watermark, watermark);
    }
}

/// Plays events with and without a restore.
fn check<J: AnyJoin>(make: impl Fn() -> J, events: &[Event], rescales: &[Rescale]) {
    fn played<'r, J: AnyJoin, F: Fn() -> J>(
        make: F,
        events: &[Event],
        rescales: &'r [Rescale],
    ) -> Saved<'r, J, F> {
        let (keys, late, steps) = (Vec::new(), Vec::new(), Vec::new());
        let (tasks, stage) = (Tasks::one(make), Stage::default());
        let mut saved = Saved { tasks, rescales, stage, keys, late, steps };
        play(events, &mut saved);
        assert!(saved.tasks.all().all(|join| join.entries() == 0 && join.bytes() == 0));
        saved
    }
    let (kept, saved) = (played(&make, events, &[]), played(&make, events, rescales));
    assert_eq!(saved.late, kept.late);
    for (saved_rows, kept_rows) in saved.steps.into_iter().zip(kept.steps) {
        let (rows, tasks) = saved_rows;
        let hash = |row: &Row| {
            let number = row.1.or(row.2).expect("a side") as usize;
            u64::key_hash(kept.keys[number])
        };
        assert_eq!(rows, by_task(kept_rows.0, tasks, hash));
    }
}

fn in_time<S: Fixed>(
    spec: S,
    kind: JoinKind,
    processing: impl FnOnce(S) -> S,
    is_processing: bool,
) -> impl Fn() -> WindowJoin<S, u64, String, u64> {
    let spec = if is_processing { processing(spec) } else { spec };
    move || WindowJoin::new(spec.clone(), kind)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn tumbling_windows_go_on(
        events in events(), kind in kinds(), rescales in rescales(), processing in any::<bool>(),
        size in 1i64..40, late in prop_oneof![Just(0i64), 0i64..40],
    ) {
        let spec = tumbling(millis(size)).allowed_lateness(millis(late));
        check(in_time(spec, kind, |spec| spec.processing_time(), processing), &events, &rescales);
    }

    #[test]
    fn sliding_windows_go_on(
        events in events(), kind in kinds(), rescales in rescales(), processing in any::<bool>(),
        size in 1i64..40, slide in 4i64..30, late in prop_oneof![Just(0i64), 0i64..40],
    ) {
        let spec = sliding(millis(size), millis(slide)).allowed_lateness(millis(late));
        check(in_time(spec, kind, |spec| spec.processing_time(), processing), &events, &rescales);
    }

    #[test]
    fn sessions_go_on(
        events in events(), kind in kinds(), rescales in rescales(), processing in any::<bool>(),
        gap in 1i64..30, late in prop_oneof![Just(0i64), 0i64..40],
    ) {
        let spec = session(millis(gap)).allowed_lateness(millis(late));
        check(in_time(spec, kind, |spec| spec.processing_time(), processing), &events, &rescales);
    }

    #[test]
    fn intervals_go_on(
        events in events(), kind in kinds(), rescales in rescales(),
        least in -60i64..60, span in prop_oneof![Just(0i64), 0i64..10, 0i64..100],
    ) {
        let within = Within::checked(Span(least)..=Span(least + span)).unwrap();
        check(|| IntervalJoin::new(within, kind), &events, &rescales);
    }

    #[test]
    fn what_held_goes_on_holding(
        events in events(), kind in kinds(), rescales in rescales(),
    ) {
        check(|| AsOfJoin::new(kind), &events, &rescales);
    }
}

/// Tasks that were not equally far: a window that has fired in one still fires for the keys of the other, and for these
/// only.
#[test]
fn windows_fire_once_though_tasks_were_not_equally_far() {
    fn check<S: Fixed>(spec: &S, at: fn(&Stage, i64) -> Turn<'_>, restored: usize) {
        let make = || WindowJoin::<S, u64, String, u64>::new(spec.clone(), JoinKind::Inner);
        let (stage, mut kept) = (Stage::default(), Kept::default());
        let mut fired = [Vec::new(), Vec::new()];
        for (task, hashes) in shares(2).enumerate() {
            let mut join = make();
            let keys = || (0..20u64).filter(|key| hashes.contains(&u64::key_hash(*key)));
            for key in keys() {
                join.add(&at(&stage, 90), false, 90, key, key);
                join.add(&at(&stage, 90), true, 90, key, key);
            }
            let mut turn = at(&stage, [100, 92][task]);
            while let Some(row) = join.next(&mut turn) {
                fired[0].push(row.2.unwrap());
            }
            assert_eq!(
                fired[0].len(),
                shares(2).next().map_or(0, |first| {
                    (0..20u64).filter(|key| first.contains(&u64::key_hash(*key))).count()
                })
            );
            kept.take_state(&mut join);
        }
        for hashes in shares(restored) {
            let mut join = make();
            let loader = Loader::new(&kept, hashes, Timestamp(100), Timestamp(100));
            join.load(&loader).unwrap();
            for now in [100, i64::MAX] {
                let mut turn = at(&stage, now);
                while let Some(row) = join.next(&mut turn) {
                    fired[1].push(row.2.unwrap());
                }
            }
            assert_eq!(join.entries(), 0);
        }
        let mut all = fired.concat();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
    }
    fn processing(stage: &Stage, now: i64) -> Turn<'_> {
        let ended = if now == i64::MAX { Timestamp::MAX } else { Timestamp::MIN };
        stage.turn(ended).at(Timestamp(now))
    }
    fn event(stage: &Stage, now: i64) -> Turn<'_> {
        stage.turn(Timestamp(now))
    }
    for restored in 1..4 {
        check(&tumbling(millis(8)).processing_time(), processing, restored);
        check(&sliding(millis(8), millis(8)).processing_time(), processing, restored);
        check(&session(millis(8)).processing_time(), processing, restored);
        for lateness in [0, 50].map(Span) {
            check(&tumbling(millis(8)).allowed_lateness(lateness), event, restored);
            check(&session(millis(8)).allowed_lateness(lateness), event, restored);
        }
    }
}

/// What comes when its time has come stays for as long as the watermark does, and is told from what is over.
#[test]
fn elements_of_the_last_minute_are_restored_as_such() {
    let behind_each = |tasks| (1..8).map(move |behind| Rescale { behind, tasks });
    let played = |least, greatest, events: &[Event]| {
        let within = Within::checked(Span(least)..=Span(greatest)).unwrap();
        let make = || IntervalJoin::<u64, String, u64>::new(within, JoinKind::Full);
        let rescales: Vec<_> = behind_each(3).collect();
        check(make, events, &rescales);
        Ours::new(make(), 1).played(events).rows
    };
    let watermark = |time| Event::Time(2, Told::Watermark(time));
    let record = |right, time| Event::Batch(vec![(right, time, 1)]);
    // The one that came first was there before the watermark; the last millisecond is that of a bucket, too.
    for time in [10, 63] {
        let events = [watermark(time), record(false, time), record(true, time)];
        assert_eq!(played(0, 0, &events), [(time, Some(0), Some(1))]);
    }
    // Both come out at the same time, the right one, which is no element of the last minute, first.
    let events = [record(true, 6), watermark(10), record(false, 10), watermark(11)];
    assert_eq!(played(-5, -5, &events), [(11, None, Some(0)), (11, Some(1), None)]);
}
