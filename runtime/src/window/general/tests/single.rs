//! Accumulators, reductions and folds beside elements; and what stands for itself.

use super::*;
use crate::window::Assigner;
use crate::window::evictor::{self, Evictor};

/// Runs the case with an accumulator, a reduction and, where windows do not merge, a fold.
pub fn agree<S: Place>(spec: S, case: &Case, fired: &[Result], folds: bool) {
    let spec_of = || spec.clone();
    let stage = Stage::default();
    match (case.trigger, case.purging) {
        _ if case.spec.processing => {}
        (TriggerKind::Count(n), false) => {
            all(&stage, spec_of, trigger::count(n), case, fired, folds)
        }
        (TriggerKind::Count(n), true) => {
            all(&stage, spec_of, trigger::purging(trigger::count(n)), case, fired, folds);
        }
        (TriggerKind::Early(d), true) => {
            all(&stage, spec_of, trigger::purging(trigger::early(Span(d))), case, fired, folds);
        }
        (TriggerKind::Time, false) => all(&stage, spec_of, trigger::ByTime, case, fired, folds),
        _ => {}
    }
}

fn all<S: Place, R: Trigger<u64>>(
    stage: &Stage,
    spec: impl Fn() -> S,
    trigger: R,
    case: &Case,
    fired: &[Result],
    folds: bool,
) {
    let plan = || WindowPlan::new(spec(), trigger.clone(), None).unwrap();
    type Aggregates = (crate::operator::Count, crate::operator::ToVec<u64>);
    let mut sums = GeneralWindows::<u64, u64, S, Accumulated<Aggregates>, R>::of_aggregate(
        plan(),
        (count(), to_vec()),
    )
    .unwrap();
    let mut least = GeneralWindows::<u64, u64, S, Reduced<u64>, R>::of_reduce(plan()).unwrap();
    let fold = GeneralWindows::<u64, u64, S, Folded<u64>, R>::of_fold(plan(), 1000);
    assert_eq!(fold.is_ok(), folds);
    let mut fold = fold.ok();
    let (mut watermark, mut number, mut seen) = (i64::MIN, 0, 0);
    let mut folded = Vec::new();
    for event in case.events.iter().chain([&Event::Watermark(i64::MAX)]) {
        match event {
            Event::Element(time, key) => {
                let turn = stage.turn(Timestamp(watermark));
                let (hash, at) = (u64::key_hash(*key), || S::at(*time, number));
                if sums.open(&turn, at(), hash, *key).unwrap() {
                    sums.accumulate(((), number)).unwrap();
                    sums.trigger(&turn, number);
                }
                if least.open(&turn, at(), hash, *key).unwrap() {
                    least.reduce(number, |kept, next| kept.min(next));
                    least.trigger(&turn, number);
                }
                if let Some(fold) = &mut fold
                    && fold.open(&turn, at(), hash, *key).unwrap()
                {
                    fold.fold(number, |sum, value| sum + value);
                    fold.trigger(&turn, number);
                }
                number += 1;
                stage.block(false);
            }
            Event::Watermark(to) => watermark = watermark.max(*to),
            Event::Clock(_) => {}
        }
        let mut turn = stage.turn(Timestamp(watermark));
        while let Some(firing) = sums.fire(&mut turn) {
            let (n, values) = firing.acc();
            let (_, window, key, expected) = &fired[seen];
            assert_eq!(
                (firing.window().start.0, firing.window().end.0, firing.key()),
                (window.0, window.1, *key)
            );
            let mut sorted = values.clone();
            sorted.sort_unstable();
            assert_eq!(*n, expected.len() as u64);
            assert_eq!(&sorted, expected);
            seen += 1;
        }
        let mut reduced = folded.len();
        while let Some(firing) = least.fire(&mut turn) {
            let values = &fired[folded.len()].3;
            assert_eq!(Some(&firing.reduced()), values.iter().min());
            folded.push(0);
        }
        if let Some(fold) = &mut fold {
            while let Some(firing) = fold.fire(&mut turn) {
                let expected = 1000 + fired[reduced].3.iter().sum::<u64>();
                assert_eq!(firing.folded(), expected);
                reduced += 1;
            }
            assert_eq!(reduced, folded.len());
        }
    }
    assert_eq!((seen, folded.len()), (fired.len(), fired.len()));
    assert_eq!((sums.entries(), sums.bytes(), least.bytes()), (0, 0, 0));
}

type Counted<R> = GeneralWindows<u64, u64, crate::window::GlobalWindow, Elements<u64>, R>;

fn counted(n: u64) -> Counted<trigger::Count> {
    let plan = WindowPlan::new(global_window(), trigger::count(n), None).unwrap();
    GeneralWindows::of_elements(plan)
}

#[test]
fn a_record_that_fires_ends_the_loop_over_the_batch() {
    let stage = Stage::default();
    let mut windows = counted(2);
    for (value, stops) in [(1u64, false), (2, true)] {
        let turn = stage.turn(Timestamp(0));
        assert!(windows.open(&turn, Timestamp(0), 1, 7u64).unwrap());
        windows.keep(value);
        windows.trigger(&turn, value);
        assert_eq!(turn.blocked.get(), stops);
    }
    // What a record causes is handed out though the turn must yield: its room is that record's.
    let mut turn = stage.turn(Timestamp(0));
    let firing = windows.fire(&mut turn).expect("it fired");
    assert_eq!(firing.events().iter().collect::<Vec<_>>(), [1, 2]);
    assert!(windows.fire(&mut turn).is_none());
    stage.block(false);
}

#[test]
#[should_panic(expected = "comes before the next record")]
fn no_record_comes_before_what_the_last_one_fires() {
    let stage = Stage::default();
    let mut windows = counted(1);
    let turn = stage.turn(Timestamp(0));
    windows.open(&turn, Timestamp(0), 1, 7u64).unwrap();
    windows.keep(3u64);
    windows.trigger(&turn, 3u64);
    let _ = windows.open(&turn, Timestamp(0), 1, 7u64);
}

#[test]
fn keys_of_one_hash_fire_in_order_of_their_bytes() {
    let stage = Stage::default();
    let plan = WindowPlan::new(tumbling(millis(10)), trigger::ByTime, None).unwrap();
    let mut windows = GeneralWindows::<u64, u64, _, Elements<u64>, _>::of_elements(plan);
    let turn = stage.turn(Timestamp(0));
    for key in [5u64, 1, 4, 3] {
        windows.open(&turn, Timestamp(3), 77, key).unwrap();
        windows.keep(key);
        windows.trigger(&turn, key);
    }
    let (mut turn, mut fired) = (stage.turn(Timestamp(9)), Vec::new());
    while let Some(firing) = windows.fire(&mut turn) {
        fired.push(firing.key());
    }
    assert_eq!(fired, [1, 3, 4, 5]);
}

#[test]
fn windows_without_an_end_are_forgotten_when_nothing_is_left_of_them() {
    let stage = Stage::default();
    let spec = tumbling_count(2);
    let plan = WindowPlan::new(spec, spec.trigger(), None).unwrap();
    let mut windows = GeneralWindows::<u64, u64, _, Elements<u64>, _>::of_elements(plan);
    for round in 0..2 {
        for key in 0..5_000u64 {
            let mut turn = stage.turn(Timestamp(0));
            windows.open(&turn, Timestamp(0), u64::key_hash(key), key).unwrap();
            windows.keep(key);
            windows.trigger(&turn, key);
            stage.block(false);
            assert_eq!(windows.fire(&mut turn).is_some(), round == 1);
            assert!(windows.fire(&mut turn).is_none());
        }
        assert_eq!(windows.entries(), if round == 0 { 5_000 } else { 0 });
    }
    assert_eq!((windows.bytes(), windows.slots.most()), (0, 0), "a burst is given back");
}

/// Fires a while after the last element, and forgets the timer that was set before.
#[derive(Clone)]
struct Silence;

impl Trigger<u64> for Silence {
    type State = Option<Timestamp>;

    fn on_element(
        &self,
        _: u64,
        cx: &mut trigger::TriggerCx<'_, Self::State>,
    ) -> trigger::TriggerResult {
        if let Some(before) = *cx.state() {
            cx.delete_event_timer(before);
        }
        let at = cx.timestamp() + Span(5);
        cx.event_timer(at);
        cx.processing_timer(Timestamp(1_000));
        *cx.state() = Some(at);
        trigger::TriggerResult::Continue
    }

    fn on_event_time(
        &self,
        _: Timestamp,
        cx: &mut trigger::TriggerCx<'_, Self::State>,
    ) -> trigger::TriggerResult {
        cx.clear_state();
        trigger::TriggerResult::FireAndPurge
    }

    fn on_processing_time(
        &self,
        _: Timestamp,
        _: &mut trigger::TriggerCx<'_, Self::State>,
    ) -> trigger::TriggerResult {
        trigger::TriggerResult::Fire
    }
}

#[test]
fn timers_of_a_trigger_are_set_deleted_and_bounded() {
    let stage = Stage::default();
    let plan = WindowPlan::new(global_window(), Silence, None).unwrap();
    let mut windows = GeneralWindows::<u64, u64, _, Elements<u64>, _>::of_elements(plan);
    for time in 0..1_000 {
        let turn = stage.turn(Timestamp::MIN);
        windows.open(&turn, Timestamp(time), 1, 7u64).unwrap();
        windows.keep(time as u64);
        windows.trigger(&turn, time as u64);
    }
    assert_eq!(windows.timers.len(), 2, "deleted timers leave nothing behind");
    assert_eq!(windows.next_timer(), Some(Timestamp(1_001)));
    let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(1_000));
    assert!(windows.fire(&mut turn).is_none(), "in this millisecond more may come");
    let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(1_001));
    assert_eq!(windows.fire(&mut turn).map(|firing| firing.events().len()), Some(1_000));
    assert!(windows.fire(&mut turn).is_none());
    let mut turn = stage.turn(Timestamp(1_003));
    assert!(windows.fire(&mut turn).is_none());
    let mut turn = stage.turn(Timestamp(1_004));
    assert_eq!(windows.fire(&mut turn).map(|firing| firing.events().len()), Some(1_000));
    assert!(windows.fire(&mut turn).is_none());
    assert_eq!((windows.entries(), windows.timers.len()), (0, 0));
}

#[test]
fn firings_can_be_stopped_anywhere() {
    let (stage, keys) = (Stage::default(), 20_000u64);
    let plan = WindowPlan::new(session(millis(10)), trigger::ByTime, None).unwrap();
    let mut windows = GeneralWindows::<u64, u64, _, Elements<u64>, _>::of_elements(plan);
    let turn = stage.turn(Timestamp(0));
    for key in 0..keys {
        windows.open(&turn, Timestamp(5), u64::key_hash(key), key).unwrap();
        windows.keep(key);
        windows.trigger(&turn, key);
    }
    let (mut fired, mut last, mut stops) = (0, None, 0);
    while windows.entries() > 0 {
        let mut turn = stage.turn(Timestamp(14));
        for _ in 0..1_000 {
            let Some(firing) = windows.fire(&mut turn) else { break };
            let hash = u64::key_hash(firing.key());
            assert!(last < Some(hash));
            (fired, last) = (fired + 1, Some(hash));
        }
        stage.block(true);
        assert!(windows.fire(&mut turn).is_none());
        stage.block(false);
        stops += 1;
    }
    assert!(windows.fire(&mut stage.turn(Timestamp(14))).is_none());
    assert_eq!((fired, windows.bytes()), (keys, 0));
    assert!(stops >= keys / 1_000);
}

#[test]
fn what_cannot_be_is_refused() {
    fn text<S: Triggered, R: Trigger<u64>>(
        spec: S,
        trigger: R,
        evictor: Option<Evictor>,
    ) -> String {
        WindowPlan::<S, R, u64>::new(spec, trigger, evictor).err().unwrap().to_string()
    }
    let day = || tumbling(millis(10));
    assert!(text(day(), trigger::count(0), None).contains("help: write `trigger::count(100)`"));
    assert!(
        text(day(), trigger::purging(trigger::early(Span(0))), None).contains("positive interval")
    );
    assert!(text(day(), trigger::ByTime, Some(evictor::count(0))).contains("evictor::count(100)"));
    assert!(text(day(), trigger::ByTime, Some(evictor::time(Span(-3)).after())).contains("-3ms"));
    assert!(text(session(millis(3)), Silence, None).contains("implement `on_merge`"));
    let counts = sliding_count(3, 1);
    let plan = WindowPlan::new(counts, counts.trigger(), None).unwrap();
    let sums = GeneralWindows::<u64, u64, _, Accumulated<crate::operator::Count>, _>::of_aggregate(
        plan,
        count(),
    );
    assert!(sums.err().unwrap().to_string().contains("evict elements"));
    assert!(sliding_count(3, 0).checked().unwrap_err().to_string().contains("must be positive"));
    assert!(tumbling_count(0).checked().is_err() && global_window().checked().is_ok());
}
