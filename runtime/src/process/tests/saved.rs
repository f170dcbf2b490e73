//! Process functions whose tasks are saved and restored by more or fewer tasks: they go on as if nothing had been.

use super::*;
use crate::state::testing::{Rescale, Tasks, by_task, rescales};

/// What was emitted in a step, and how many tasks there were.
type Steps = Vec<(Vec<Line>, usize)>;

/// The hash of the key that a line begins with.
fn hash_of((_, line): &Line) -> u64 {
    let key: Vec<&str> = line.split(' ').take(2).collect();
    String::key_hash(&key.join(" "))
}

fn check_steps(saved: Steps, kept: Steps) {
    for ((lines, tasks), (expected, _)) in saved.into_iter().zip(kept) {
        assert_eq!(lines, by_task(expected, tasks, hash_of));
    }
}

/// A function, told rules or not.
trait AnyProcess: State {
    fn event(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        key: &str,
        command: Command,
        out: &mut Lines,
    );
    fn rule(&mut self, turn: &Turn<'_>, key: u64, rule: i64, out: &mut Lines);
    /// Does what is due, until nothing is.
    fn pass(&mut self, turn: &mut Turn<'_>, out: &mut Lines);
}

/// Where a function writes.
struct Lines {
    emitted: Scratch<String>,
    sides: Sides,
}

type Init = fn() -> Counted;

impl<L: Keep> AnyProcess for Process<String, Counted, Init, L> {
    fn event(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        key: &str,
        command: Command,
        out: &mut Lines,
    ) {
        let (hash, Lines { emitted, sides }) = (String::key_hash(key), out);
        self.prepare(&[hash]);
        self.on_event(turn, time, hash, key, command, emitted, sides, on_event);
    }
    fn rule(&mut self, _: &Turn<'_>, _: u64, _: i64, _: &mut Lines) {}
    fn pass(&mut self, turn: &mut Turn<'_>, Lines { emitted, sides }: &mut Lines) {
        while let Some(mut due) = self.due(turn) {
            self.on_timer(turn, &due, emitted, sides, on_timer);
            self.on_end(turn, &mut due, emitted, sides, on_end);
        }
    }
}

impl<L: Keep> AnyProcess for BroadcastProcess<String, Counted, Init, u64, i64, L> {
    fn event(
        &mut self,
        turn: &Turn<'_>,
        time: Timestamp,
        key: &str,
        command: Command,
        out: &mut Lines,
    ) {
        let (hash, Lines { emitted, sides }) = (String::key_hash(key), out);
        self.prepare(&[hash]);
        self.on_event(turn, time, hash, key, command, emitted, sides, |state, command, cx| {
            let rules: Vec<_> = cx.broadcast().iter().collect();
            cx.emit(format!("{} {:?} {rules:?}", cx.key(), state));
            state.0 += 1;
            match command {
                Command::TimerAt(time) => cx.timer_at(Timestamp(time)),
                Command::ProcessingAt(time) => cx.processing_timer_at(Timestamp(time)),
                Command::Clear => cx.clear(),
                _ => {}
            }
        });
    }
    fn rule(&mut self, turn: &Turn<'_>, key: u64, rule: i64, out: &mut Lines) {
        let (time, Lines { emitted, sides }) = (Timestamp(0), out);
        self.on_broadcast(turn, time, key, rule, emitted, sides, |rules, rule, cx| {
            rules.insert(cx.key(), rule);
            cx.each_key(|_, state| state.0 += 1000);
        });
    }
    fn pass(&mut self, turn: &mut Turn<'_>, Lines { emitted, sides }: &mut Lines) {
        while let Some(mut due) = self.due(turn) {
            self.on_timer(turn, &due, emitted, sides, |state, at, cx| {
                let rules: Vec<_> = cx.broadcast().iter().collect();
                cx.emit(format!("{} {:?} {} {rules:?}", cx.key(), state, at.0));
            });
            self.on_end(turn, &mut due, emitted, sides, |state, cx| {
                cx.emit(format!("{} {state:?} end", cx.key()));
            });
        }
    }
}

fn played<P: AnyProcess>(make: impl Fn() -> P, steps: &[Step], rescales: &[Rescale]) -> Steps {
    let (stage, mut tasks) = (Stage::default(), Tasks::one(make));
    let mut out = Lines { emitted: Scratch::new(1 << 20), sides: Sides::default() };
    let (mut watermark, mut clock, mut lines) = (Timestamp::MIN, Timestamp(0), Steps::new());
    for step in steps.iter().chain([&Step::Watermark(i64::MAX)]) {
        let turn = stage.turn(watermark).at(clock);
        match *step {
            Step::Event { key, time, command } => {
                let key = format!("key {key}");
                let task = tasks.of(String::key_hash(&key));
                task.event(&turn, Timestamp(time), &key, command, &mut out);
                if time % 5 == 0 {
                    // All tasks are told the same.
                    let (key, rule) = (time.cast_unsigned() / 20, time);
                    tasks.all().for_each(|task| task.rule(&turn, key, rule, &mut out));
                }
            }
            Step::Watermark(time) => watermark = watermark.max(Timestamp(time)),
            Step::Clock(time) => clock = clock.max(Timestamp(time)),
        }
        for task in tasks.all() {
            task.pass(&mut stage.turn(watermark).at(clock), &mut out);
        }
        let emitted = out.emitted.records().map(|(time, line)| (time.0, line.to_owned())).collect();
        lines.push((emitted, tasks.all().count()));
        out.emitted.clear();
        tasks.rescale(rescales, lines.len(), watermark.0, clock.0);
    }
    assert!(tasks.all().all(|task| (task.entries(), task.next_timer()) == (0, None)));
    lines
}

/// What is left of state with a time to live depends on what was swept before: nobody hears of its end here.
fn check_kept<L: Keep>(
    make: impl Fn() -> Process<String, Counted, Init, L>,
    steps: &[Step],
    rescales: &[Rescale],
) {
    check_steps(played(&make, steps, rescales), played(&make, steps, &[]));
    let told = || BroadcastProcess::<_, _, _, u64, i64, _>::new(make());
    check_steps(played(told, steps, rescales), played(told, steps, &[]));
}

proptest! {
    #![proptest_config(Config::with_cases(500))]

    #[test]
    fn functions_go_on(steps in vec(step(), 0..40), rescales in rescales()) {
        check_kept(|| Process::new(Counted::default as Init).hears_end(), &steps, &rescales);
        let processing = || Process::new(Counted::default as Init).processing_time();
        check_kept(processing, &steps, &rescales);
    }

    #[test]
    fn their_states_live_as_long(
        steps in vec(step(), 0..40), rescales in rescales(), in_event_time in any::<bool>(),
    ) {
        let ttl = if in_event_time { event_time(millis(9)) } else { millis(9).into() };
        check_kept(|| Process::new(Counted::default as Init).ttl(ttl), &steps, &rescales);
    }
}
