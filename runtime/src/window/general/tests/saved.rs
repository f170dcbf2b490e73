//! Windows whose tasks are saved and restored by more or fewer tasks: what fires is what would have fired.

use std::cell::Cell;
use std::sync::Arc;

use super::*;
use crate::process::side::Sides;
use crate::state::testing::{Rescale, Tasks, by_task, rescales};
use crate::state::{MemoryDisks, Spill};
use crate::task::Scratch;
use crate::window::{Out, WindowCx, WindowFunction};

/// What fired in a step, and how many tasks there were.
type Steps = Vec<(Vec<Result>, usize)>;

/// How one kind of contents is fed, and what it fires.
pub(super) trait Fed: Contents + Sized {
    fn made<S: Place, R: Trigger<u64>>(plan: WindowPlan<S, R, u64>) -> Windows<S, Self, R>;
    fn put<S: Place, R: Trigger<u64>>(windows: &mut Windows<S, Self, R>, value: u64);
    fn values<S: Place, R: Trigger<u64>>(firing: &Firing<'_, S, Self, R>) -> Vec<u64>;
}

pub(super) type Windows<S, C, R> = GeneralWindows<u64, u64, S, C, R>;
pub(super) type Firing<'f, S, C, R> = GeneralFiring<'f, u64, u64, S, C, R, (), ()>;

impl Fed for Elements<u64> {
    fn made<S: Place, R: Trigger<u64>>(plan: WindowPlan<S, R, u64>) -> Windows<S, Self, R> {
        GeneralWindows::of_elements(plan)
    }
    fn put<S: Place, R: Trigger<u64>>(windows: &mut Windows<S, Self, R>, value: u64) {
        windows.keep(value);
    }
    fn values<S: Place, R: Trigger<u64>>(firing: &Firing<'_, S, Self, R>) -> Vec<u64> {
        let times = (0..firing.events().len()).map(|at| firing.events().timestamp(at).unwrap());
        firing.events().iter().chain(times.map(|time| time.0.cast_unsigned())).collect()
    }
}

impl Fed for Accumulated<crate::operator::ToVec<u64>> {
    fn made<S: Place, R: Trigger<u64>>(plan: WindowPlan<S, R, u64>) -> Windows<S, Self, R> {
        GeneralWindows::of_aggregate(plan, to_vec()).unwrap()
    }
    fn put<S: Place, R: Trigger<u64>>(windows: &mut Windows<S, Self, R>, value: u64) {
        windows.accumulate(value).unwrap();
    }
    fn values<S: Place, R: Trigger<u64>>(firing: &Firing<'_, S, Self, R>) -> Vec<u64> {
        firing.acc().clone()
    }
}

/// Neither of the next two is a function of the set of values alone: order shows.
fn mixed(kept: u64, next: u64) -> u64 {
    kept.wrapping_mul(31).wrapping_add(next)
}

impl Fed for Reduced<u64> {
    fn made<S: Place, R: Trigger<u64>>(plan: WindowPlan<S, R, u64>) -> Windows<S, Self, R> {
        GeneralWindows::of_reduce(plan).unwrap()
    }
    fn put<S: Place, R: Trigger<u64>>(windows: &mut Windows<S, Self, R>, value: u64) {
        windows.reduce(value, mixed);
    }
    fn values<S: Place, R: Trigger<u64>>(firing: &Firing<'_, S, Self, R>) -> Vec<u64> {
        vec![firing.reduced()]
    }
}

impl Fed for Folded<u64> {
    fn made<S: Place, R: Trigger<u64>>(plan: WindowPlan<S, R, u64>) -> Windows<S, Self, R> {
        GeneralWindows::of_fold(plan, 7).unwrap()
    }
    fn put<S: Place, R: Trigger<u64>>(windows: &mut Windows<S, Self, R>, value: u64) {
        windows.fold(value, mixed);
    }
    fn values<S: Place, R: Trigger<u64>>(firing: &Firing<'_, S, Self, R>) -> Vec<u64> {
        vec![firing.folded()]
    }
}

/// Every other key shares its hash with the next.
fn hash_of(key: u64) -> u64 {
    u64::key_hash(key / 2)
}

fn played<S: Place, C: Fed, R: Trigger<u64>>(
    plan: &WindowPlan<S, R, u64>,
    case: &Case,
    rescales: &[Rescale],
    spill: Option<&Arc<Spill>>,
) -> (Steps, Vec<u64>) {
    let (stage, made) = (Stage::default(), Cell::new(0));
    // If there is a disk, some tasks have one.
    let mut tasks = Tasks::one(|| {
        let mut windows = C::made(plan.clone());
        made.set(made.get() + 1);
        if let Some(spill) = spill.filter(|_| made.get() % 3 > 0) {
            assert!(windows.spill(spill).unwrap());
        }
        windows
    });
    let (mut watermark, mut clock) = (i64::MIN, -60);
    let (mut steps, mut late) = (Steps::new(), Vec::new());
    let mut number = 0;
    for event in case.events.iter().chain([&Event::Watermark(i64::MAX)]) {
        match event {
            Event::Element(time, key) => {
                let turn = stage.turn(Timestamp(watermark)).at(Timestamp(clock));
                let hash = hash_of(*key);
                let windows = tasks.of(hash);
                windows.prepare(&[hash]);
                if windows.open(&turn, S::at(*time, number), hash, *key).unwrap() {
                    C::put(windows, number);
                    windows.trigger(&turn, number);
                } else {
                    late.push(number);
                }
                number += 1;
            }
            Event::Watermark(to) => watermark = watermark.max(*to),
            Event::Clock(to) => clock = *to,
        }
        stage.block(false);
        let mut fired = Vec::new();
        for windows in tasks.all() {
            let mut turn = stage.turn(Timestamp(watermark)).at(Timestamp(clock));
            while let Some(firing) = windows.fire(&mut turn) {
                let Window { start, end } = firing.window();
                let values = C::values(&firing);
                fired.push((firing.time().0, (start.0, end.0), firing.key(), values));
            }
        }
        steps.push((fired, tasks.all().count()));
        tasks.rescale(rescales, steps.len(), watermark, clock);
    }
    for windows in tasks.all() {
        assert_eq!((windows.entries(), windows.bytes(), windows.kept), (0, 0, 0));
        assert_eq!(windows.next_timer(), None);
    }
    (steps, late)
}

fn check_contents<S: Place, C: Fed, R: Trigger<u64>>(
    plan: &WindowPlan<S, R, u64>,
    case: &Case,
    rescales: &[Rescale],
) {
    let kept = played::<S, C, R>(plan, case, &[], None);
    for spill in [None, Some(&Spill::new(MemoryDisks, 0))] {
        let saved = played::<S, C, R>(plan, case, rescales, spill);
        assert_eq!(saved.1, kept.1);
        for ((fired, tasks), (expected, _)) in saved.0.into_iter().zip(&kept.0) {
            assert_eq!(fired, by_task(expected.clone(), tasks, |fired| hash_of(fired.2)));
        }
    }
}

fn check_trigger<S: Place, R: Trigger<u64>>(
    spec: S,
    trigger: R,
    case: &Case,
    rescales: &[Rescale],
) {
    let plan = WindowPlan::new(spec.clone(), trigger.clone(), case.evictor).unwrap();
    check_contents::<S, Elements<u64>, R>(&plan, case, rescales);
    let plan = WindowPlan::new(spec, trigger, None).unwrap();
    if plan.evictor.is_none() {
        check_contents::<S, Accumulated<_>, R>(&plan, case, rescales);
        check_contents::<S, Reduced<u64>, R>(&plan, case, rescales);
        if !S::MERGES {
            check_contents::<S, Folded<u64>, R>(&plan, case, rescales);
        }
    }
}

fn check_spec<S: Place>(spec: S, case: &Case, rescales: &[Rescale]) {
    match (case.trigger, case.purging) {
        (TriggerKind::Count(n), false) => check_trigger(spec, trigger::count(n), case, rescales),
        (TriggerKind::Count(n), true) => {
            check_trigger(spec, trigger::purging(trigger::count(n)), case, rescales);
        }
        (TriggerKind::Early(d), false) => {
            check_trigger(spec, trigger::early(Span(d)), case, rescales);
        }
        (TriggerKind::Early(d), true) => {
            check_trigger(spec, trigger::purging(trigger::early(Span(d))), case, rescales);
        }
        (TriggerKind::EndOfStream, _) => {
            check_trigger(spec, trigger::end_of_stream(), case, rescales);
        }
        (_, false) => check_trigger(spec, trigger::ByTime, case, rescales),
        (_, true) => check_trigger(spec, trigger::purging(trigger::ByTime), case, rescales),
    }
}

fn check(case: &Case, rescales: &[Rescale]) {
    let Spec { assign, lateness, processing } = case.spec;
    let lateness = Span(lateness);
    macro_rules! timed {
        ($spec:expr) => {{
            let spec = $spec.allowed_lateness(lateness);
            check_spec(if processing { spec.processing_time() } else { spec }, case, rescales)
        }};
    }
    match assign {
        Assign::Tumbling(size, offset) => timed!(tumbling(millis(size)).offset(millis(offset))),
        Assign::Sliding(size, slide, offset) => {
            timed!(sliding(millis(size), millis(slide)).offset(millis(offset)))
        }
        Assign::Session(gap) => timed!(session(millis(gap))),
        Assign::Dynamic => timed!(dynamic_session()),
        Assign::Global => check_spec(global_window(), case, rescales),
        Assign::TumblingCount(n) => {
            let spec = tumbling_count(n);
            check_trigger(spec, spec.trigger(), case, rescales);
        }
        Assign::SlidingCount(n, s) => {
            let spec = sliding_count(n, s);
            check_trigger(spec, spec.trigger(), case, rescales);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn tumbling_windows_go_on(case in cases(model::tumbling()), rescales in rescales()) {
        check(&case, &rescales);
    }

    #[test]
    fn sliding_windows_go_on(case in cases(model::sliding()), rescales in rescales()) {
        check(&case, &rescales);
    }

    #[test]
    fn sessions_go_on(case in cases(model::sessions()), rescales in rescales()) {
        check(&case, &rescales);
    }

    #[test]
    fn global_windows_go_on(case in cases(model::global()), rescales in rescales()) {
        check(&case, &rescales);
    }

    #[test]
    fn count_windows_go_on(case in cases(model::counts()), rescales in rescales()) {
        check(&case, &rescales);
    }
}

/// Counts a key's firings, and those of each window; says so when windows go.
struct Counting;

impl WindowFunction for Counting {
    type Key = u64;
    type In = u64;
    type Out = (u64, u64, u64);
    type KeyState = u64;
    type WindowState = u64;

    fn process(
        &self,
        w: &mut WindowCx<'_, Self>,
        _: Events<'_, u64>,
        out: &mut Out<'_, Self::Out>,
    ) {
        *w.key_state() += 1;
        *w.window_state() += 1;
        out.emit((w.key(), *w.key_state(), *w.window_state()));
    }

    fn clear(&self, w: &mut WindowCx<'_, Self>) {
        *w.key_state() += 100 * *w.window_state();
    }
}

#[test]
fn states_of_keys_and_of_windows_are_kept() {
    type Counted = GeneralWindows<u64, u64, Tumbling, Elements<u64>, trigger::ByTime, u64, u64>;
    let run = |rescales: &[Rescale], spill: Option<&Arc<Spill>>| {
        let (stage, mut results) = (Stage::default(), Scratch::new(1 << 20));
        let spec = tumbling(millis(10)).allowed_lateness(millis(15));
        let plan = WindowPlan::new(spec, trigger::ByTime, None).unwrap();
        let mut tasks = Tasks::one(|| {
            let mut windows = Counted::of_process(plan.clone(), &Counting);
            spill.iter().for_each(|spill| assert!(windows.spill(spill).unwrap()));
            windows
        });
        let (mut sides, mut fired) = (Sides::default(), Vec::new());
        for step in 0..12i64 {
            let watermark = 5 * step;
            for key in 0..20u64 {
                let turn = stage.turn(Timestamp(watermark));
                let (hash, time) = (u64::key_hash(key), watermark + 3 - (key as i64 + step) % 20);
                let windows = tasks.of(hash);
                windows.prepare(&[hash]);
                if windows.open(&turn, Timestamp(time), hash, key).unwrap() {
                    windows.keep(key);
                    windows.trigger(&turn, key);
                }
                stage.block(false);
                let mut turn = stage.turn(Timestamp(watermark));
                while let Some(mut firing) = windows.fire(&mut turn) {
                    firing.process(&Counting, &mut results, &mut sides);
                }
            }
            for windows in tasks.all() {
                let mut turn = stage.turn(Timestamp(watermark + 5));
                while let Some(mut firing) = windows.fire(&mut turn) {
                    firing.process(&Counting, &mut results, &mut sides);
                }
            }
            let mut rows: Vec<_> = results.records().map(|(time, row)| (row, time)).collect();
            rows.sort_by_key(|((key, ..), _)| *key);
            fired.push(rows);
            results.clear();
            tasks.rescale(rescales, step as usize, watermark + 5, 0);
        }
        fired
    };
    let three = [Rescale { behind: 3, tasks: 3 }, Rescale { behind: 7, tasks: 2 }];
    let fired = run(&[], None);
    assert!(
        fired.iter().flatten().any(|((_, of_key, of_window), _)| (*of_key, *of_window) > (200, 1))
    );
    assert_eq!(run(&three, None), fired);
    assert_eq!(run(&three, Some(&Spill::new(MemoryDisks, 0))), fired);
}
