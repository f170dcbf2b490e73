//! Process functions against a model: two maps and a set.

mod saved;

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::record::Key;
use crate::state::{Keep, Moment, State, Ttl, event_time};
use crate::task::{Scratch, Stage, Turn};
use crate::time::{Span, Timestamp, millis};

/// What an event asks for.
#[derive(Clone, Copy, Debug)]
enum Command {
    TimerAt(i64),
    TimerAfter(i64),
    Cancel(i64),
    ProcessingAt(i64),
    CancelProcessing(i64),
    Clear,
    /// A timer that sets the next one, so many times.
    Chain(u8),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Event { key: u8, time: i64, command: Command },
    Watermark(i64),
    Clock(i64),
}

type Line = (i64, String);

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        (-5..60i64).prop_map(Command::TimerAt),
        (0..20i64).prop_map(Command::TimerAfter),
        (-5..60i64).prop_map(Command::Cancel),
        (0..60i64).prop_map(Command::ProcessingAt),
        (0..60i64).prop_map(Command::CancelProcessing),
        Just(Command::Clear),
        (1..4u8).prop_map(Command::Chain),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4u8, 0..50i64, command())
            .prop_map(|(key, time, command)| Step::Event { key, time, command }),
        1 => (0..60i64).prop_map(Step::Watermark),
        1 => (0..60i64).prop_map(Step::Clock),
    ]
}

/// The function: a state is a number and what is left of a chain of timers.
type Counted = (u64, u8);

fn on_event(state: &mut Counted, command: Command, cx: &mut ProcessContext<'_, String, String>) {
    state.0 += 1;
    match command {
        Command::TimerAt(time) => cx.timer_at(Timestamp(time)),
        Command::TimerAfter(span) => cx.timer_after(Span(span)),
        Command::Cancel(time) => cx.cancel(Timestamp(time)),
        Command::ProcessingAt(time) => cx.processing_timer_at(Timestamp(time)),
        Command::CancelProcessing(time) => cx.cancel_processing(Timestamp(time)),
        Command::Clear => cx.clear(),
        Command::Chain(left) => {
            state.1 = left;
            cx.timer_after(Span(3));
        }
    }
    cx.emit(format!("{} {:?} at {}", cx.key(), state, cx.watermark().0));
}

fn on_timer(state: &mut Counted, at: Timestamp, cx: &mut ProcessContext<'_, String, String>) {
    state.0 += 100;
    if state.1 > 0 {
        state.1 -= 1;
        // Into the past: it fires in the same advance.
        cx.timer_at(at - Span(7));
        cx.timer_at(at + Span(4));
    }
    cx.emit(format!(
        "{} {:?} {:?} {} at {}",
        cx.key(),
        cx.time_domain(),
        state,
        at.0,
        cx.watermark().0
    ));
}

fn on_end(state: &mut Counted, cx: &mut ProcessContext<'_, String, String>) {
    cx.emit(format!("{} {state:?} end", cx.key()));
}

/// Runs the operator; `pattern` says at which looks it has to yield.
fn run<L: Keep>(
    mut process: Process<String, Counted, fn() -> Counted, L>,
    steps: &[Step],
    pattern: u64,
) -> Vec<Line> {
    let (stage, mut emitted, mut sides) =
        (Stage::default(), Scratch::new(1 << 20), Sides::default());
    let fresh = process.bytes();
    let (mut lines, mut watermark, mut clock) = (Vec::new(), Timestamp::MIN, Timestamp(0));
    let mut looks = 0;
    for step in steps.iter().chain([&Step::Watermark(i64::MAX)]) {
        match *step {
            Step::Event { key, time, command } => {
                let (turn, key) = (stage.turn(watermark).at(clock), format!("key {key}"));
                let hash = String::key_hash(&key);
                process.prepare(&[hash]);
                process.on_event(
                    &turn,
                    Timestamp(time),
                    hash,
                    key.as_str(),
                    command,
                    &mut emitted,
                    &mut sides,
                    on_event,
                );
            }
            Step::Watermark(time) => watermark = watermark.max(Timestamp(time)),
            // It may go back: nothing fires twice, nothing lives longer.
            Step::Clock(time) => clock = Timestamp(time),
        }
        loop {
            stage.block(pattern >> (looks % 64) & 1 == 1);
            looks += 1;
            let mut turn = stage.turn(watermark).at(clock);
            while let Some(mut due) = process.due(&mut turn) {
                process.on_timer(&turn, &due, &mut emitted, &mut sides, on_timer);
                process.on_end(&turn, &mut due, &mut emitted, &mut sides, on_end);
            }
            if !turn.more() {
                break;
            }
        }
        lines.extend(emitted.records().map(|(time, line)| (time.0, line.to_owned())));
        emitted.clear();
    }
    assert_eq!((process.entries(), process.next_timer()), (0, None));
    assert!(process.bytes() <= fresh);
    lines
}

/// The same in the plainest way.
#[derive(Default)]
struct Model {
    states: BTreeMap<String, (Counted, i64)>,
    timers: BTreeSet<(i64, u64, String)>,
    processing: BTreeSet<(i64, u64, String)>,
    watermark: i64,
    clock: i64,
    lines: Vec<Line>,
}

impl Model {
    fn state(&mut self, key: &str, time: i64, ttl: Option<Ttl>) -> Counted {
        let (watermark, clock) = (self.watermark, self.clock);
        let entry = self.states.get(key).copied().filter(|(_, written)| match ttl {
            None => true,
            Some(ttl) if ttl.is_in_event_time() => time.max(watermark) < written + ttl.span().0,
            Some(ttl) => clock < written + ttl.span().0,
        });
        entry.map(|(state, _)| state).unwrap_or_default()
    }

    fn keep(&mut self, key: &str, state: Counted, time: i64, ttl: Option<Ttl>) {
        let is_event = ttl.is_some_and(Ttl::is_in_event_time);
        let old = self.states.get(key).map_or(i64::MIN, |(_, written)| *written);
        // An entry that was over begins anew; one that was not is not made older.
        let gone = self.state(key, time, ttl) == Counted::default();
        let written = if is_event { time } else { self.clock };
        let written = if gone { written } else { written.max(old) };
        self.states.insert(key.to_owned(), (state, written));
    }

    fn event(&mut self, key: u8, time: i64, command: Command, ttl: Option<Ttl>) {
        let key = format!("key {key}");
        let hash = String::key_hash(&key);
        let mut state = self.state(&key, time, ttl);
        self.keep(&key, state, time, ttl);
        state.0 += 1;
        match command {
            Command::TimerAt(at) => drop(self.timers.insert((at, hash, key.clone()))),
            Command::TimerAfter(span) => drop(self.timers.insert((time + span, hash, key.clone()))),
            Command::Cancel(at) => drop(self.timers.remove(&(at, hash, key.clone()))),
            Command::ProcessingAt(at) => drop(self.processing.insert((at, hash, key.clone()))),
            Command::CancelProcessing(at) => drop(self.processing.remove(&(at, hash, key.clone()))),
            Command::Clear => {}
            Command::Chain(left) => {
                state.1 = left;
                self.timers.insert((time + 3, hash, key.clone()));
            }
        }
        self.lines.push((time, format!("{key} {state:?} at {}", self.watermark)));
        if let Some(entry) = self.states.get_mut(&key) {
            entry.0 = state;
        }
        if matches!(command, Command::Clear) {
            self.states.remove(&key);
        }
    }

    fn timer(&mut self, domain: TimeDomain, (at, hash, key): (i64, u64, String), ttl: Option<Ttl>) {
        let time = match domain {
            TimeDomain::Event => at,
            TimeDomain::Processing if self.watermark == i64::MIN => i64::MIN,
            TimeDomain::Processing => self.watermark + 1,
        };
        let mut state = self.state(&key, time, ttl);
        self.keep(&key, state, time, ttl);
        state.0 += 100;
        if state.1 > 0 {
            state.1 -= 1;
            self.timers.insert((at - 7, hash, key.clone()));
            self.timers.insert((at + 4, hash, key.clone()));
        }
        self.lines.push((time, format!("{key} {domain:?} {state:?} {at} at {}", self.watermark)));
        if let Some(entry) = self.states.get_mut(&key) {
            entry.0 = state;
        }
    }

    fn run(steps: &[Step], ttl: Option<Ttl>) -> Vec<Line> {
        let mut model = Model { watermark: i64::MIN, ..Model::default() };
        for step in steps.iter().chain([&Step::Watermark(i64::MAX)]) {
            match *step {
                Step::Event { key, time, command } => model.event(key, time, command, ttl),
                Step::Watermark(time) if time > model.watermark => {
                    model.watermark = time;
                    while let Some(timer) = model.timers.first().cloned().filter(|t| t.0 <= time) {
                        model.timers.remove(&timer);
                        model.timer(TimeDomain::Event, timer, ttl);
                    }
                }
                Step::Watermark(_) => {}
                Step::Clock(time) => model.clock = model.clock.max(time),
            }
            if model.watermark == i64::MAX {
                break;
            }
            while let Some(timer) = model.processing.first().cloned() {
                if timer.0 > model.clock {
                    break;
                }
                model.processing.remove(&timer);
                model.timer(TimeDomain::Processing, timer, ttl);
            }
        }
        model.lines
    }
}

/// What is left when the input ends depends on what was swept before, if there is a time to live.
fn without_ends(lines: Vec<Line>) -> Vec<Line> {
    lines.into_iter().filter(|(_, line)| !line.ends_with("end")).collect()
}

fn check(ttl: Option<Ttl>) {
    let cases = if cfg!(miri) { 8 } else { 1_000 };
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let scripts = (vec(step(), 0..40), any::<u64>());
    let run_script = |(steps, pattern): (Vec<Step>, u64)| {
        let init: fn() -> Counted = Counted::default;
        // It has to get on some time.
        let pattern = pattern & !1;
        let lines = match ttl {
            None => run(Process::new(init).hears_end(), &steps, pattern),
            Some(ttl) => run(Process::new(init).ttl(ttl).hears_end(), &steps, pattern),
        };
        prop_assert_eq!(without_ends(lines), Model::run(&steps, ttl));
        Ok(())
    };
    runner.run(&scripts, run_script).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn functions_do_what_the_model_does() {
    check(None);
}

#[test]
fn state_lives_as_long_as_the_models_in_processing_time() {
    check(Some(millis(9).into()));
}

#[test]
fn state_lives_as_long_as_the_models_in_event_time() {
    check(Some(event_time(millis(9))));
}

#[test]
fn keys_end_in_the_order_of_their_hashes() {
    let steps: Vec<Step> =
        (0..200).map(|key| Step::Event { key, time: 0, command: Command::Cancel(0) }).collect();
    let init: fn() -> Counted = Counted::default;
    let lines = run(Process::new(init).hears_end(), &steps, (u64::MAX / 3) & !1);
    let mut keys: Vec<String> = (0..200).map(|key| format!("key {key}")).collect();
    keys.sort_by_cached_key(|key| String::key_hash(key));
    let expected: Vec<Line> =
        keys.iter().map(|key| (i64::MAX, format!("{key} (1, 0) end"))).collect();
    assert_eq!(lines[200..], expected);
}

#[test]
fn keys_whose_time_was_over_do_not_end() {
    let event = |key, time| Step::Event { key, time, command: Command::Cancel(0) };
    let init: fn() -> Counted = Counted::default;
    let ends = |ttl: Ttl, steps: &[Step]| {
        let mut lines = run(Process::new(init).ttl(ttl).hears_end(), steps, 0);
        lines.retain(|(_, line)| line.ends_with("end"));
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };
    let steps = [
        event(1, 10),
        event(2, 15),
        Step::Clock(4),
        event(3, 12),
        Step::Watermark(21),
        Step::Clock(9),
    ];
    assert_eq!(ends(event_time(millis(10)), &steps), ["key 2 (1, 0) end", "key 3 (1, 0) end"]);
    assert_eq!(ends(millis(6).into(), &steps), ["key 3 (1, 0) end"]);
}

/// The model of the memory a time to live needs: about twice what is alive, whatever came before.
#[test]
fn what_is_over_is_removed_bit_by_bit() {
    for ttl in [Ttl::from(millis(100)), event_time(millis(100))] {
        let mut kept = crate::state::Kept::<u64, u64, Ttl>::new(ttl);
        let (mut most, mut key) = (0, 0u64);
        for now in 0..2_000i64 {
            let now = Timestamp(now);
            kept.at(Moment { time: now, watermark: now, processing_time: now });
            for _ in 0..20 {
                *kept.entry(u64::key_hash(key), key, || 0) += 1;
                key += 1;
            }
            kept.sweep(now, now);
            most = most.max(kept.len());
        }
        assert!(most <= 2 * 20 * 100 + 2_000, "{most}");
        // Nothing more comes: the passes go on until nothing is left.
        for now in 2_000..2_400i64 {
            kept.sweep(Timestamp(now), Timestamp(now));
        }
        assert_eq!((kept.len(), kept.next_timer()), (0, None));
    }
}
