//! Accumulators, reductions and folds beside elements; and what stands for itself.

use super::*;

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
    let aggregate: Aggregates = (count(), to_vec());
    let mut sums = GeneralWindows::<u64, u64, S, Accumulated<Aggregates>, R>::of_aggregate(
        plan(),
        aggregate.clone(),
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
            let _ = aggregate.finish(firing.acc());
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
