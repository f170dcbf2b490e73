//! Windows whose tasks are saved and restored by more or fewer tasks: what fires is what would have fired.

use std::cell::Cell;
use std::sync::Arc;

use proptest::prelude::*;

use super::harness::{Event, Fired, events, hash_of};
use crate::operator::{avg, count, first, sum, to_vec};
use crate::state::testing::{Rescale, Tasks, by_task, rescales, shares};
use crate::state::{Loader, testing::Kept};
use crate::state::{MemoryDisks, Spill, State};
use crate::task::{Stage, Turn};
use crate::time::{Span, Timestamp, millis};
use crate::window::{
    Accumulates, AggregateWindows, FoldWindows, ReduceWindows, WithGap, dynamic_session, session,
    sliding, tumbling,
};

/// A record as windows of any kind are given it.
struct Record {
    time: Timestamp,
    gap: Span,
    key: u64,
    number: u64,
}

/// Windows of any kind; whatever they make of their records is shown as a text.
trait AnyWindows: State {
    fn put(&mut self, turn: &Turn<'_>, record: Record) -> bool;
    fn next(&mut self, turn: &mut Turn<'_>) -> Option<Fired<String>>;
}

/// Makes windows of one kind [`AnyWindows`]: how a record is put into them, and what a firing has.
struct Windows<W, P, N> {
    windows: W,
    put: P,
    next: N,
}

impl<W: State, P, N> State for Windows<W, P, N> {
    fn entries(&self) -> usize {
        self.windows.entries()
    }
    fn bytes(&self) -> usize {
        self.windows.bytes()
    }
    fn next_timer(&self) -> Option<Timestamp> {
        self.windows.next_timer()
    }
    fn meaning(&self) -> String {
        self.windows.meaning()
    }
    fn spill(&mut self, to: &Arc<Spill>) -> Result<bool, crate::state::DiskError> {
        self.windows.spill(to)
    }
    fn save(&mut self, out: &mut crate::state::SnapshotWriter) {
        self.windows.save(out);
    }
    fn save_more(&mut self, out: &mut crate::state::SnapshotWriter) -> bool {
        self.windows.save_more(out)
    }
    fn load(&mut self, from: &Loader<'_>) -> Result<(), crate::state::LoadError> {
        self.windows.load(from)
    }
}

impl<W, P, N> AnyWindows for Windows<W, P, N>
where
    W: State,
    P: Fn(&mut W, &Turn<'_>, Record) -> bool,
    N: Fn(&mut W, &mut Turn<'_>) -> Option<Fired<String>>,
{
    fn put(&mut self, turn: &Turn<'_>, record: Record) -> bool {
        (self.put)(&mut self.windows, turn, record)
    }
    fn next(&mut self, turn: &mut Turn<'_>) -> Option<Fired<String>> {
        (self.next)(&mut self.windows, turn)
    }
}

macro_rules! firing {
    ($windows:ty, $firing:ident => $shown:expr) => {
        |windows: &mut $windows, turn: &mut Turn<'_>| {
            let $firing = windows.fire(turn).unwrap()?;
            let window = $firing.window();
            Some((window.start.0, window.end.0, $firing.key(), format!("{:?}", $shown)))
        }
    };
}

/// What fired in a step, and how many tasks there were.
type Steps = Vec<(Vec<Fired<String>>, usize)>;

/// Plays events; the machine's time is some way ahead of the watermark.
fn played<W: AnyWindows>(
    make: impl Fn() -> W,
    events: &[Event],
    rescales: &[Rescale],
) -> (Steps, Vec<u64>) {
    let (stage, mut tasks) = (Stage::default(), Tasks::one(make));
    let (mut watermark, mut number) = (i64::MIN, 0);
    let (mut steps, mut late) = (Steps::new(), Vec::new());
    for event in events.iter().chain(&[Event::Watermark(i64::MAX)]) {
        let clock = |watermark: i64| Timestamp(watermark.saturating_add(7));
        match event {
            Event::Batch(records) => {
                for &(time, key, gap) in records {
                    let turn = stage.turn(Timestamp(watermark)).at(clock(watermark));
                    let record = Record { time: Timestamp(time), gap: Span(gap), key, number };
                    if !tasks.of(hash_of(key)).put(&turn, record) {
                        late.push(number);
                    }
                    number += 1;
                }
            }
            Event::Watermark(to) => watermark = watermark.max(*to),
        }
        let mut fired = Vec::new();
        for windows in tasks.all() {
            let mut turn = stage.turn(Timestamp(watermark)).at(clock(watermark));
            fired.extend(std::iter::from_fn(|| windows.next(&mut turn)));
        }
        steps.push((fired, tasks.all().count()));
        tasks.rescale(rescales, steps.len(), watermark, clock(watermark).0);
    }
    for windows in tasks.all() {
        assert_eq!((windows.entries(), windows.bytes(), windows.next_timer()), (0, 0, None));
    }
    (steps, late)
}

fn check<W: AnyWindows>(make: impl Fn() -> W, events: &[Event], rescales: &[Rescale]) {
    let kept = played(&make, events, &[]);
    // In some tasks, what was not just used is on a disk.
    let (spill, made) = (Spill::new(MemoryDisks, 0), Cell::new(0));
    let in_tiers = || {
        let mut windows = make();
        made.set(made.get() + 1);
        if made.get() % 3 > 0 {
            windows.spill(&spill).unwrap();
        }
        windows
    };
    for saved in [played(&make, events, rescales), played(in_tiers, events, rescales)] {
        assert_eq!(saved.1, kept.1);
        for ((fired, tasks), (expected, _)) in saved.0.into_iter().zip(&kept.0) {
            assert_eq!(fired, by_task(expected.clone(), tasks, |fired| hash_of(fired.2)));
        }
    }
}

fn aggregates<S: Accumulates>(
    spec: &S,
    at: impl Fn(Timestamp, Span) -> S::At + Copy,
    events: &[Event],
    rescales: &[Rescale],
) {
    let put = move |windows: &mut AggregateWindows<S, u64, _>, turn: &Turn<'_>, record: Record| {
        let Record { time, gap, key, number } = record;
        windows.prepare(&[hash_of(key)]);
        windows.add(turn, at(time, gap), hash_of(key), key, (number, number, ())).unwrap()
    };
    let make = || {
        // These may be put together from panes.
        let windows = AggregateWindows::new(spec.clone(), (sum::<u64>(), avg(), count()));
        Windows { windows, put, next: firing!(AggregateWindows<S, u64, _>, firing => firing.acc()) }
    };
    check(make, events, rescales);
    let put = move |windows: &mut AggregateWindows<S, u64, _>, turn: &Turn<'_>, record: Record| {
        let Record { time, gap, key, number } = record;
        windows.prepare(&[hash_of(key)]);
        windows.add(turn, at(time, gap), hash_of(key), key, (number, number)).unwrap()
    };
    let make = || {
        // And these not.
        let windows = AggregateWindows::new(spec.clone(), (to_vec::<u64>(), first::<u64>()));
        Windows { windows, put, next: firing!(AggregateWindows<S, u64, _>, firing => firing.acc()) }
    };
    check(make, events, rescales);
    let put =
        move |windows: &mut ReduceWindows<S, u64, String>, turn: &Turn<'_>, record: Record| {
            let Record { time, gap, key, number } = record;
            let (text, join) = (format!("{number} "), |a: &str, b: &str| format!("{a}{b}"));
            windows.prepare(&[hash_of(key)]);
            windows.add(turn, at(time, gap), hash_of(key), key, text, join).unwrap()
        };
    let make = || {
        let windows = ReduceWindows::new(spec.clone());
        Windows {
            windows,
            put,
            next: firing!(ReduceWindows<S, u64, String>, firing => firing.kept()),
        }
    };
    check(make, events, rescales);
}

fn folds<S: crate::window::Divides>(spec: &S, events: &[Event], rescales: &[Rescale]) {
    let put = |windows: &mut FoldWindows<S, u64, String>, turn: &Turn<'_>, record: Record| {
        let Record { time, key, number, .. } = record;
        let fold = |all: String, number: u64| format!("{all}{number} ");
        windows.prepare(&[hash_of(key)]);
        windows.add(turn, time, hash_of(key), key, number, fold).unwrap()
    };
    let make = || {
        let windows = FoldWindows::new(spec.clone(), String::from(">"));
        Windows {
            windows,
            put,
            next: firing!(FoldWindows<S, u64, String>, firing => firing.kept()),
        }
    };
    check(make, events, rescales);
}

fn lateness() -> impl Strategy<Value = Span> {
    prop_oneof![2 => Just(0i64), 2 => 0i64..60, 1 => Just(i64::MAX)].prop_map(Span)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn tumbling_windows_go_on(
        events in events(), rescales in rescales(), processing in any::<bool>(),
        size in 1i64..40, lateness in lateness(),
    ) {
        let spec = tumbling(millis(size)).allowed_lateness(lateness);
        let spec = if processing { spec.processing_time() } else { spec };
        aggregates(&spec, |time, _| time, &events, &rescales);
        folds(&spec, &events, &rescales);
    }

    #[test]
    fn sliding_windows_go_on(
        events in events(), rescales in rescales(), processing in any::<bool>(),
        size in 1i64..40, slide in 1i64..30, lateness in lateness(),
    ) {
        let spec = sliding(millis(size), millis(slide)).allowed_lateness(lateness);
        let spec = if processing { spec.processing_time() } else { spec };
        aggregates(&spec, |time, _| time, &events, &rescales);
        folds(&spec, &events, &rescales);
    }

    #[test]
    fn sessions_go_on(
        events in events(), rescales in rescales(), processing in any::<bool>(),
        gap in 1i64..25, lateness in lateness(),
    ) {
        let spec = session(millis(gap)).allowed_lateness(lateness);
        let spec = if processing { spec.processing_time() } else { spec };
        aggregates(&spec, |time, _| time, &events, &rescales);
    }

    #[test]
    fn dynamic_sessions_go_on(
        events in events(), rescales in rescales(), processing in any::<bool>(),
        lateness in lateness(),
    ) {
        let spec = dynamic_session().allowed_lateness(lateness);
        let spec = if processing { spec.processing_time() } else { spec };
        aggregates(&spec, |time, gap| WithGap { time, gap }, &events, &rescales);
    }
}

/// Tasks take their part of a snapshot at different times of their clocks. Each window fires once for each key,
/// whichever task had it.
fn clocks_differ<S: Accumulates<At = Timestamp>>(spec: &S) {
    let (stage, keys) = (Stage::default(), 40u64);
    for furthest in [0, 1] {
        let clocks = [[100, 90], [90, 100]][furthest].map(Timestamp);
        let make = || AggregateWindows::<S, u64, _>::new(spec.clone(), count());
        let (mut tasks, mut fired) = ([make(), make()], Vec::new());
        let mut kept = Kept::default();
        for (task, windows) in tasks.iter_mut().enumerate() {
            let mine = shares(2).nth(task).unwrap();
            for time in 60..=clocks[task].0 {
                let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(time));
                for key in (0..keys).filter(|key| mine.contains(&hash_of(*key))) {
                    windows.add(&turn, Timestamp::MIN, hash_of(key), key, ()).unwrap();
                }
                while let Some(firing) = windows.fire(&mut turn).unwrap() {
                    fired.push((firing.window().start.0, firing.key(), *firing.acc()));
                }
            }
            kept.take_state(windows);
        }
        for hashes in shares(3) {
            let (mut windows, mine) = (make(), hashes.clone());
            let loader = Loader::new(&kept, hashes, Timestamp::MIN, Timestamp(100));
            windows.load(&loader).unwrap();
            for time in 101..130 {
                let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(time));
                for key in (0..keys).filter(|key| mine.contains(&hash_of(*key))) {
                    windows.add(&turn, Timestamp::MIN, hash_of(key), key, ()).unwrap();
                }
                while let Some(firing) = windows.fire(&mut turn).unwrap() {
                    fired.push((firing.window().start.0, firing.key(), *firing.acc()));
                }
            }
        }
        fired.sort_unstable();
        let mut windows = make();
        let mut expected = Vec::new();
        for time in 60..130 {
            let mut turn = stage.turn(Timestamp::MIN).at(Timestamp(time));
            for key in 0..keys {
                let is_there = time <= clocks[crate::state::testing::task_of(hash_of(key), 2)].0;
                if is_there || time > 100 {
                    windows.add(&turn, Timestamp::MIN, hash_of(key), key, ()).unwrap();
                }
            }
            while let Some(firing) = windows.fire(&mut turn).unwrap() {
                expected.push((firing.window().start.0, firing.key(), *firing.acc()));
            }
        }
        expected.sort_unstable();
        assert_eq!(fired, expected);
    }
}

#[test]
fn windows_fire_once_though_clocks_differ() {
    clocks_differ(&tumbling(millis(8)).processing_time());
    clocks_differ(&sliding(millis(12), millis(5)).processing_time());
    clocks_differ(&sliding(millis(3), millis(5)).processing_time());
    clocks_differ(&session(millis(5)).processing_time());
}

/// The same in event time: idle inputs wake up in an order of their own in each task.
#[test]
fn windows_that_have_fired_elsewhere_fire_for_those_who_bring_them() {
    fn check<S: Accumulates<At = Timestamp>>(spec: &S, windows_each: usize) {
        let (stage, mut kept) = (Stage::default(), Kept::default());
        let make = || AggregateWindows::<S, u64, _>::new(spec.clone(), count());
        let mut fired = Vec::new();
        let mut fire = |windows: &mut AggregateWindows<S, u64, _>, watermark| {
            let mut turn = stage.turn(Timestamp(watermark));
            while let Some(firing) = windows.fire(&mut turn).unwrap() {
                fired.push((firing.key(), firing.window().start));
            }
        };
        for (task, hashes) in shares(2).enumerate() {
            let mut windows = make();
            for key in (0..20u64).filter(|key| hashes.contains(&hash_of(*key))) {
                let turn = stage.turn(Timestamp(80));
                windows.add(&turn, Timestamp(90), hash_of(key), key, ()).unwrap();
            }
            fire(&mut windows, [100, 92][task]);
            kept.take_state(&mut windows);
        }
        let mut windows = make();
        windows.load(&Loader::new(&kept, 0..=u64::MAX, Timestamp(100), Timestamp(0))).unwrap();
        fire(&mut windows, 100);
        fire(&mut windows, i64::MAX);
        assert_eq!((windows.entries(), windows.bytes()), (0, 0));
        fired.sort_unstable();
        let all = fired.len();
        fired.dedup();
        assert_eq!((all, fired.len()), (20 * windows_each, 20 * windows_each));
    }
    for lateness in [0, 50].map(Span) {
        check(&tumbling(millis(8)).allowed_lateness(lateness), 1);
        check(&sliding(millis(12), millis(3)).allowed_lateness(lateness), 4);
        check(&session(millis(8)).allowed_lateness(lateness), 1);
    }
}
