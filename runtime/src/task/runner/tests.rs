//! The runner step by step, with a clock that stands still unless told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

use super::*;
use crate::exchange::{
    AnyOutput, Batch, Edge, EdgeId, KeyGroups, Output, OutputEnd, Partition, Port, channel,
};
use crate::state::{LoadError, Loader, SnapshotWriter, State};
use crate::task::committers::Committers;
use crate::task::context::SplitTable;
use crate::task::restored::Recovery;
use crate::task::shared::Shared;
use crate::task::snapshot::{Checkpoints, ToCheckpoints, Wanted};
use crate::task::{CheckpointMode, Clock, Signal, TaskContext, Turn};

#[derive(Clone)]
struct ManualClock(Rc<Cell<Instant>>, Instant);

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.0.get()
    }
    fn processing_time(&self, now: Instant) -> Timestamp {
        Timestamp(now.duration_since(self.1).as_millis() as i64)
    }
}

/// A timer, and how many things there are to fire for each watermark.
struct Firing {
    timer: Option<Timestamp>,
    left: u32,
}

impl State for Firing {
    fn entries(&self) -> usize {
        0
    }
    fn bytes(&self) -> usize {
        0
    }
    fn next_timer(&self) -> Option<Timestamp> {
        self.timer
    }
    fn meaning(&self) -> String {
        "firing".to_owned()
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        out.note("left", self.left.into());
    }
    fn load(&mut self, _: &Loader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}

/// A task with two input channels and one output, and both far sides of it.
struct Bench {
    runner: Runner,
    upstream: [Output<u64>; 2],
    downstream: Channel,
    clock: ManualClock,
    log: Arc<Mutex<Vec<String>>>,
}

fn output(port: Port) -> Output<u64> {
    let end = OutputEnd {
        ports: vec![port],
        partition: Partition::Rebalance,
        groups: KeyGroups::new(1, 1),
        max_waiting: 1 << 20,
    };
    Output::new(end, 0, Rc::default())
}

impl Bench {
    /// The chain logs its turns, hands its records on, and fires `left` records when the watermark moves, one a turn.
    fn new(timer: Option<i64>, left: u32) -> Bench {
        Bench::with(timer, left, None)
    }

    fn with(timer: Option<i64>, left: u32, checkpoints: Option<Arc<Checkpoints>>) -> Bench {
        let bell = Arc::new(Signal::default());
        let new_channel = || channel(2, bell.clone(), bell.clone());
        let ((port0, channel0), (port1, channel1), (port, downstream)) =
            (new_channel(), new_channel(), new_channel());
        let ends = OutputEnd {
            ports: vec![port],
            partition: Partition::Rebalance,
            groups: KeyGroups::new(1, 1),
            max_waiting: 1 << 20,
        };
        let seed = TaskSeed {
            chain: 0,
            task: 0,
            parallelism: 1,
            groups: KeyGroups::new(1, 1),
            inputs: vec![(EdgeId(0), 2)],
            outputs: BTreeMap::from([(EdgeId(1), ends)]),
            splits: Arc::new(SplitTable::default()),
            signal: bell,
            alignments: Arc::default(),
            max_record_output: 1 << 20,
            shared: Shared::default(),
            ttls: BTreeMap::new(),
            labels: Arc::default(),
            recovery: Recovery::default(),
        };
        let start = Instant::now();
        let clock = ManualClock(Rc::new(Cell::new(start)), start);
        let log = Arc::new(Mutex::new(Vec::new()));
        let factory = factory(log.clone(), timer.map(Timestamp), left);
        let parts = RunnerParts {
            hands: None,
            seed,
            stage: Stage::new(Box::new(clock.clone())),
            channels: vec![(0, channel0), (0, channel1)],
            job: Arc::new(Job::new(1, Vec::new(), checkpoints)),
            metrics: Arc::default(),
            buffer_timeout: Duration::from_millis(1),
        };
        let runner = Runner::open(&factory, parts).unwrap();
        Bench { runner, upstream: [output(port0), output(port1)], downstream, clock, log }
    }

    fn send(&mut self, channel: usize, frame: fn() -> Frame) {
        self.upstream[channel].control(&frame);
    }

    fn push(&mut self, channel: usize, record: u64) {
        self.upstream[channel].push(Timestamp(record as i64), record);
        self.upstream[channel].flush();
    }

    fn pass(&mut self, ms: u64) {
        self.clock.0.set(self.clock.0.get() + Duration::from_millis(ms));
    }

    fn step(&mut self) -> Outcome {
        let mut now = self.clock.now();
        self.runner.step(&mut now).unwrap()
    }

    /// Steps until there is nothing to do; answers the chain's turns.
    fn settle(&mut self) -> Vec<String> {
        while self.step() == Outcome::Worked {}
        std::mem::take(&mut self.log.lock().unwrap())
    }

    /// What went downstream, as text.
    fn sent(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.downstream.receive()).map(|frame| shown(&frame)).collect()
    }
}

fn shown(frame: &Frame) -> String {
    match frame {
        Frame::Records(batch) => records(batch),
        frame => format!("{frame:?}"),
    }
}

fn records(batch: &Batch) -> String {
    let records = batch.records::<u64>().map(|(_, record)| record.to_string());
    records.collect::<Vec<_>>().join(" ")
}

fn factory(log: Arc<Mutex<Vec<String>>>, timer: Option<Timestamp>, left: u32) -> Factory {
    Box::new(move |cx: &mut TaskContext| {
        let input0 = cx.input::<u64>(Edge::new(EdgeId(0)));
        let output0: Rc<RefCell<Output<u64>>> = cx.output(Edge::new(EdgeId(1)));
        let firing0 = cx.state("", Firing { timer, left: 0 });
        let (log, mut seen) = (log.clone(), Timestamp::MIN);
        Ok(Box::new(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (output0, firing0) = (&mut *output0.borrow_mut(), &mut *firing0.borrow_mut());
            let mut did = Vec::new();
            for (time, record) in input0.records(turn) {
                did.push(record.to_string());
                output0.push(time, record);
            }
            if firing0.timer.is_some_and(|timer| timer <= turn.processing_time()) {
                firing0.timer = None;
                did.push("timer".to_owned());
            }
            if turn.watermark() > seen {
                seen = turn.watermark();
                firing0.left = left;
            }
            while firing0.left > 0 {
                firing0.left -= 1;
                did.push("fires".to_owned());
                output0.push(seen, 1000 + u64::from(firing0.left));
                if firing0.left > 0 && ask_to_yield(turn) {
                    break;
                }
            }
            if turn.flushes() {
                did.push("flushes".to_owned());
            }
            log.lock().unwrap().push(did.join(" "));
            Ok(())
        }))
    })
}

/// One thing a turn: the time slice is over once the clock is asked.
fn ask_to_yield(turn: &mut Turn<'_>) -> bool {
    turn.end_slice();
    turn.must_yield()
}

#[test]
fn watermark_goes_on_behind_what_it_fires() {
    let mut bench = Bench::new(None, 3);
    bench.push(0, 7);
    bench.send(0, || Frame::Watermark(Timestamp(7)));
    assert_eq!(bench.settle(), ["7"]);
    bench.send(1, || Frame::Watermark(Timestamp(9)));
    assert_eq!(bench.step(), Outcome::Worked);
    bench.push(1, 10);
    // The chain is resumed, to its end, before it gets the record that has arrived meanwhile.
    assert_eq!(bench.settle(), ["fires flushes", "fires flushes", "fires flushes", "10"]);
    assert_eq!(bench.sent(), ["7 1002 1001 1000", "Watermark(Timestamp(7))"]);
}

#[test]
fn barrier_waits_for_both_channels() {
    let mut bench = Bench::new(None, 0);
    bench.push(0, 1);
    bench.send(0, || Frame::Barrier { id: 5 });
    assert_eq!(bench.settle(), ["1"]);
    bench.push(0, 2);
    assert_eq!(bench.settle(), [""; 0], "behind the barrier");
    bench.push(1, 3);
    bench.send(1, || Frame::Barrier { id: 5 });
    assert_eq!(bench.settle(), ["3", "flushes", "2"]);
    assert_eq!(bench.sent(), ["1 3", "Barrier { id: 5 }"]);
}

#[test]
fn timer_is_given_a_turn_when_it_is_due() {
    let mut bench = Bench::new(Some(50), 0);
    assert_eq!(bench.settle(), [""; 0]);
    let now = bench.clock.now();
    assert_eq!(bench.runner.wants_step_at(now), Some(now + Duration::from_millis(50)));
    bench.pass(50);
    assert_eq!(bench.settle(), ["timer"]);
    // What the timer may have written is handed on after the buffer timeout.
    let now = bench.clock.now();
    assert_eq!(bench.runner.wants_step_at(now), Some(now + Duration::from_millis(1)));
}

#[test]
fn records_leave_after_the_timeout_or_when_the_slot_is_idle() {
    let mut bench = Bench::new(None, 0);
    bench.push(0, 1);
    assert_eq!(bench.settle(), ["1"]);
    assert_eq!(bench.sent(), [""; 0]);
    bench.pass(1);
    assert_eq!(bench.settle(), ["flushes"]);
    assert_eq!(bench.sent(), ["1"]);
    bench.push(0, 2);
    assert_eq!(bench.settle(), ["2"]);
    let mut now = bench.clock.now();
    assert_eq!(bench.runner.idle(&mut now).unwrap(), Outcome::Worked);
    assert_eq!(bench.settle(), ["flushes"]);
    assert_eq!(bench.sent(), ["2"]);
    assert_eq!(bench.runner.idle(&mut now).unwrap(), Outcome::Idle);
}

#[test]
fn full_output_blocks_and_loses_nothing() {
    let mut bench = Bench::new(None, 0);
    let mut taken = 0;
    for record in 0..6 {
        bench.push(0, record);
        taken += bench.settle().len();
        // A barrier a record: each flushes.
        bench.send(0, || Frame::Cancel { id: 0 });
        bench.pass(1);
        taken += bench.settle().len();
    }
    assert_eq!(bench.step(), Outcome::Blocked);
    assert!(taken < 12, "input was taken although the output is full");
    let mut sent = Vec::new();
    loop {
        let more = bench.sent();
        bench.upstream[0].unblock();
        bench.pass(1);
        bench.settle();
        if more.is_empty() {
            break;
        }
        sent.extend(more);
    }
    let expected: Vec<_> = (0..6).map(|record| record.to_string()).collect();
    assert_eq!(sent.join(" ").split(' ').map(str::to_owned).collect::<Vec<_>>(), expected);
}

#[test]
fn end_of_all_channels_drains_and_closes() {
    let mut bench = Bench::new(None, 1);
    bench.send(0, || Frame::EndOfData { drain: true });
    assert_eq!(bench.settle(), [""; 0]);
    bench.push(1, 4);
    bench.send(1, || Frame::EndOfData { drain: true });
    assert_eq!(bench.settle(), ["4", "fires flushes"]);
    assert_eq!(bench.step(), Outcome::Closed);
    assert_eq!(bench.sent(), ["4 1000", "EndOfData { drain: true }"]);
}

#[test]
fn stop_fires_nothing() {
    let mut bench = Bench::new(None, 1);
    bench.send(0, || Frame::EndOfData { drain: false });
    assert_eq!(bench.settle(), [""; 0], "the other channel goes on");
    bench.push(1, 4);
    bench.send(1, || Frame::EndOfData { drain: false });
    assert_eq!(bench.settle(), ["4", "flushes"]);
    assert_eq!(bench.sent(), ["4", "EndOfData { drain: false }"]);
}

#[test]
fn idleness_goes_on_behind_the_time_that_it_releases() {
    let mut bench = Bench::new(None, 0);
    bench.send(0, || Frame::Watermark(Timestamp(5)));
    bench.send(1, || Frame::Idle);
    bench.settle();
    assert_eq!(bench.sent(), ["Watermark(Timestamp(5))"]);
    bench.send(0, || Frame::Idle);
    bench.settle();
    assert_eq!(bench.sent(), ["Idle"]);
    bench.send(1, || Frame::Active);
    bench.send(1, || Frame::Watermark(Timestamp(4)));
    bench.settle();
    assert_eq!(bench.sent(), ["Active"], "behind: it takes part once it has caught up");
    bench.send(1, || Frame::Watermark(Timestamp(6)));
    bench.settle();
    assert_eq!(bench.sent(), ["Watermark(Timestamp(6))"]);
}

/// A task with a timer at 5, behind the barrier of checkpoint 3, which the job stops with.
fn behind_the_barrier_of_a_stop() -> (Bench, Arc<Checkpoints>, Receiver<ToCheckpoints>) {
    let (to, from) = sync_channel(8);
    let checkpoints =
        Arc::new(Checkpoints::new((1, CheckpointMode::ExactlyOnce), Committers::default(), to));
    let mut bench = Bench::with(Some(5), 0, Some(checkpoints.clone()));
    checkpoints.want(3, Wanted::Last);
    for channel in 0..2 {
        bench.send(channel, || Frame::Barrier { id: 3 });
    }
    bench.settle();
    (bench, checkpoints, from)
}

#[test]
fn bug_40_behind_the_barrier_of_a_stop_nothing_happens() {
    let (mut bench, checkpoints, _from) = behind_the_barrier_of_a_stop();
    assert_eq!(bench.sent(), ["Barrier { id: 3 }"]);
    bench.pass(6);
    assert_eq!(bench.settle(), [""; 0], "the timer would fire into no checkpoint");
    assert_eq!(bench.runner.wants_step_at(bench.clock.now()), None);
    // It was not taken: everything goes on.
    checkpoints.give_up(3);
    assert_eq!(bench.settle(), ["timer"]);
}

#[test]
fn bug_40_no_timer_fires_when_a_stopped_task_ends() {
    let (mut bench, checkpoints, _from) = behind_the_barrier_of_a_stop();
    bench.pass(6);
    checkpoints.finish();
    for channel in 0..2 {
        bench.send(channel, || Frame::EndOfData { drain: false });
    }
    let turns = bench.settle();
    assert!(!turns.iter().any(|turn| turn.contains("timer")), "{turns:?}");
    assert!(bench.runner.is_closed());
}
