//! The operator against a brute-force model that does what Flink's window operator does, element by element.

mod model;
mod saved;
mod single;
mod spilled;

use model::{Assign, Case, Event, Model, Result, Spec, TriggerKind, cases};
use proptest::prelude::*;

use super::contents::{Accumulated, Elements, Folded, Reduced};
use super::*;
use crate::operator::{count, to_vec};
use crate::state::State;
use crate::task::{Stage, Turn};
use crate::time::{Span, millis};
use crate::window::assigner::WithGap;
use crate::window::trigger::{self, Delta};
use crate::window::{
    dynamic_session, global_window, session, sliding, sliding_count, tumbling, tumbling_count,
};

/// What a run gives: what fired, with its event time, and which records were late.
type Outcome = (Vec<Result>, Vec<u64>);

/// How a record is placed in time: as it is, or with its gap.
trait Place: Triggered {
    fn at(time: i64, value: u64) -> Self::At;
}

macro_rules! placed_by_time {
    ($($name:ty)*) => {$(
        impl Place for $name {
            fn at(time: i64, _: u64) -> Timestamp {
                Timestamp(time)
            }
        }
    )*};
}
placed_by_time! { Tumbling Sliding Session crate::window::GlobalWindow crate::window::TumblingCount crate::window::SlidingCount }

impl Place for DynamicSession {
    fn at(time: i64, value: u64) -> WithGap {
        WithGap { time: Timestamp(time), gap: Span(1 + (value % 10) as i64) }
    }
}

type ByElements<S, R> = GeneralWindows<u64, u64, S, Elements<u64>, R>;

/// Feeds the operator; `ask` is the third step.
fn run<S: Place, R: Trigger<u64>>(
    mut windows: ByElements<S, R>,
    case: &Case,
    ask: impl Fn(&mut ByElements<S, R>, &Turn<'_>, u64),
) -> Outcome {
    let stage = Stage::default();
    let (mut watermark, mut fired, mut late, mut number) = (i64::MIN, Vec::new(), Vec::new(), 0);
    let mut clock = -60;
    for event in case.events.iter().chain([&Event::Watermark(i64::MAX)]) {
        match event {
            Event::Element(time, key) => {
                let turn = stage.turn(Timestamp(watermark)).at(Timestamp(clock));
                let hash = u64::key_hash(*key);
                windows.prepare(&[hash]);
                if windows.open(&turn, S::at(*time, number), hash, *key).unwrap() {
                    windows.keep(number);
                    ask(&mut windows, &turn, number);
                } else {
                    late.push(number);
                }
                number += 1;
            }
            Event::Watermark(to) => watermark = watermark.max(*to),
            Event::Clock(to) => clock = *to,
        }
        let mut calls = 0;
        loop {
            let mut turn = stage.turn(Timestamp(watermark)).at(Timestamp(clock));
            stage.block(calls % 3 == 2);
            let firing = windows.fire(&mut turn);
            let any = firing.is_some();
            if let Some(mut firing) = firing {
                if let Some(threshold) = case.delta_evictor {
                    firing.evict_by(&threshold, |old, new| new as i64 - old as i64);
                }
                let window = (firing.window().start.0, firing.window().end.0);
                let values = firing.events().iter().collect();
                fired.push((firing.time().0, window, firing.key(), values));
            }
            stage.block(false);
            calls += 1;
            if !any && !turn.more() {
                break;
            }
        }
    }
    assert_eq!((windows.entries(), windows.bytes(), windows.kept), (0, 0, 0));
    assert_eq!(windows.next_timer(), None);
    assert_eq!(windows.late(), late.len() as u64);
    (fired, late)
}

fn with_trigger<S: Place>(spec: S, case: &Case) -> Outcome {
    fn built<S: Place, R: Trigger<u64>>(spec: S, trigger: R, case: &Case) -> Outcome {
        let plan = WindowPlan::new(spec, trigger, case.evictor).unwrap();
        run(ByElements::of_elements(plan), case, |windows, turn, value| {
            windows.trigger(turn, value);
        })
    }
    fn by_delta<S: Place>(spec: S, purges: bool, threshold: i64, case: &Case) -> Outcome {
        let plan = WindowPlan::new(spec, trigger::delta(purges), case.evictor).unwrap();
        run(ByElements::<S, Delta>::of_elements(plan), case, |windows, turn, value| {
            windows.trigger_by(turn, value, &threshold, |old, new| new as i64 - old as i64);
        })
    }
    match (case.trigger, case.purging) {
        (TriggerKind::Own, _) => unreachable!("windows of time have one"),
        (TriggerKind::Time, false) => built(spec, trigger::ByTime, case),
        (TriggerKind::Time, true) => built(spec, trigger::purging(trigger::ByTime), case),
        (TriggerKind::Count(n), false) => built(spec, trigger::count(n), case),
        (TriggerKind::Count(n), true) => built(spec, trigger::purging(trigger::count(n)), case),
        (TriggerKind::Early(d), false) => built(spec, trigger::early(Span(d)), case),
        (TriggerKind::Early(d), true) => {
            built(spec, trigger::purging(trigger::early(Span(d))), case)
        }
        (TriggerKind::EndOfStream, false) => built(spec, trigger::end_of_stream(), case),
        (TriggerKind::EndOfStream, true) => {
            built(spec, trigger::purging(trigger::end_of_stream()), case)
        }
        (TriggerKind::Delta(d), purges) => by_delta(spec, purges, d, case),
    }
}

fn by_itself<S: Place<Trigger: Trigger<u64>>>(spec: S, case: &Case) -> Outcome {
    let trigger = spec.trigger();
    let plan = WindowPlan::new(spec, trigger, None).unwrap();
    run(ByElements::of_elements(plan), case, |windows, turn, value| windows.trigger(turn, value))
}

fn operator(case: &Case) -> Outcome {
    let Spec { assign, lateness, processing } = case.spec;
    let lateness = Span(lateness);
    macro_rules! timed {
        ($spec:expr) => {{
            let spec = $spec.allowed_lateness(lateness);
            with_trigger(if processing { spec.processing_time() } else { spec }, case)
        }};
    }
    match assign {
        Assign::Tumbling(size, offset) => timed!(tumbling(millis(size)).offset(millis(offset))),
        Assign::Sliding(size, slide, offset) => {
            timed!(sliding(millis(size), millis(slide)).offset(millis(offset)))
        }
        Assign::Session(gap) => timed!(session(millis(gap))),
        Assign::Dynamic => timed!(dynamic_session()),
        Assign::Global => with_trigger(global_window(), case),
        Assign::TumblingCount(n) => by_itself(tumbling_count(n), case),
        Assign::SlidingCount(n, s) => by_itself(sliding_count(n, s), case),
    }
}

fn check(case: &Case) -> std::result::Result<(), TestCaseError> {
    let mut model = Model::new(case.clone());
    model.run();
    let (fired, late) = operator(case);
    prop_assert_eq!(&fired, &model.fired);
    prop_assert_eq!(late, model.late);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn tumbling_windows_fire_as_in_the_model(case in cases(model::tumbling())) {
        check(&case)?;
    }

    #[test]
    fn sliding_windows_fire_as_in_the_model(case in cases(model::sliding())) {
        check(&case)?;
    }

    #[test]
    fn sessions_fire_as_in_the_model(case in cases(model::sessions())) {
        check(&case)?;
    }

    #[test]
    fn global_windows_fire_as_in_the_model(case in cases(model::global())) {
        check(&case)?;
    }

    #[test]
    fn count_windows_fire_as_in_the_model(case in cases(model::counts())) {
        check(&case)?;
    }

    /// Whatever is kept, it comes to what the elements come to.
    #[test]
    fn accumulators_reductions_and_folds_agree_with_elements(case in cases(model::any_time())) {
        let case = Case { evictor: None, delta_evictor: None, ..case };
        let (fired, _) = operator(&case);
        match case.spec.assign {
            Assign::Tumbling(size, offset) => {
                let spec = tumbling(millis(size)).offset(millis(offset));
                let spec = spec.allowed_lateness(Span(case.spec.lateness));
                single::agree(spec, &case, &fired, true);
            }
            Assign::Sliding(size, slide, offset) => {
                let spec = sliding(millis(size), millis(slide)).offset(millis(offset));
                let spec = spec.allowed_lateness(Span(case.spec.lateness));
                single::agree(spec, &case, &fired, true);
            }
            Assign::Session(gap) => {
                let spec = session(millis(gap)).allowed_lateness(Span(case.spec.lateness));
                single::agree(spec, &case, &fired, false);
            }
            _ => {}
        }
    }
}
