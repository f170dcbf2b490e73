//! One watermark that fires ten million windows into a slow sink, and how long the events of another pipeline on the
//! same slot wait meanwhile: `cargo run --profile fast -p thalweg-bench --bin firing -- [millions of windows]`

#![forbid(unsafe_code)]

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use thalweg::connector::{Sink, SinkError, Writer, collection};
use thalweg::exchange::Partition;
use thalweg::plan::{ChainSpec, EdgePlan, Plan};
use thalweg::record::View;
use thalweg::state::{LoadError, Loader, SnapshotWriter, State};
use thalweg::task::{Control, Failure, Options, Turn, run};
use thalweg::time::Timestamp;
use thalweg_bench::histogram::Histogram;
use thalweg_bench::schedule::{Due, Mailbox, Schedule, Scheduled};

/// Windows that are due at the end of time.
struct Windows(Range<u64>);

impl State for Windows {
    fn meaning(&self) -> String {
        "windows".to_owned()
    }
    fn entries(&self) -> usize {
        (self.0.end - self.0.start) as usize
    }
    fn bytes(&self) -> usize {
        size_of::<Windows>()
    }
    fn save(&mut self, _: &mut SnapshotWriter) {}
    fn load(&mut self, _: &Loader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}

/// Takes a thousand records, then needs 100 µs.
#[derive(Clone, Copy)]
struct Slow;

struct SlowWriter {
    taken: u32,
    busy_until: Instant,
}

impl Sink<(u64, u64)> for Slow {
    type Writer = SlowWriter;
    fn name(&self) -> String {
        "slow".to_owned()
    }
    fn open(&self, _: usize, _: usize) -> Result<SlowWriter, SinkError> {
        Ok(SlowWriter { taken: 0, busy_until: Instant::now() })
    }
}

impl Writer<(u64, u64)> for SlowWriter {
    fn write(&mut self, _: Timestamp, _: View<'_, (u64, u64)>) -> Result<(), SinkError> {
        self.taken += 1;
        if self.taken == 1000 {
            self.taken = 0;
            self.busy_until = Instant::now() + Duration::from_micros(100);
        }
        Ok(())
    }
    fn is_ready(&mut self) -> bool {
        self.taken > 0 || Instant::now() >= self.busy_until
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

#[derive(Clone)]
struct Latency {
    start: Instant,
    seen: Arc<Mutex<Histogram>>,
}

impl Sink<Due> for Latency {
    type Writer = Latency;
    fn name(&self) -> String {
        "latency".to_owned()
    }
    fn open(&self, _: usize, _: usize) -> Result<Latency, SinkError> {
        Ok(self.clone())
    }
}

impl Writer<Due> for Latency {
    fn write(&mut self, _: Timestamp, (_, due): View<'_, Due>) -> Result<(), SinkError> {
        let now = self.start.elapsed().as_nanos() as u64;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.record(now.saturating_sub(due));
        Ok(())
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// source → windows, all due at the end of the input ║ slow sink
fn firing(plan: &mut Plan, windows: u64) {
    let exchange0 = plan.edge(EdgePlan { partition: Partition::Key, label: "", key: None });
    let source0 = plan.share(collection(vec![0u64]));
    let spec = ChainSpec { outputs: vec![exchange0.id()], ..ChainSpec::default() };
    plan.chain(spec, move |cx| {
        let (source0, exchange0) = (cx.source(&source0)?, cx.output(exchange0));
        let windows0 = cx.state("windows", Windows(0..windows));
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, exchange0) = (&mut *source0.borrow_mut(), &mut *exchange0.borrow_mut());
            let windows0 = &mut windows0.borrow_mut().0;
            source0.read(turn)?.for_each(drop);
            while turn.watermark() == Timestamp::MAX && !turn.must_yield() {
                let Some(window) = windows0.next() else { break };
                exchange0.push_keyed(Timestamp::MIN, window, window);
            }
            Ok(())
        })
    });
    let sink0 = plan.share(Slow);
    let spec = ChainSpec { inputs: vec![exchange0.id()], ..ChainSpec::default() };
    plan.chain(spec, move |cx| {
        let (exchange0, sink0) = (cx.input(exchange0), cx.sink(&sink0)?);
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let sink0 = &mut *sink0.borrow_mut();
            for (time, window) in exchange0.records(turn) {
                sink0.write(time, window)?;
            }
            Ok(())
        })
    });
}

/// source → sink
fn neighbour(plan: &mut Plan, mailbox: &Arc<Mailbox>, latency: &Latency) {
    let source0 = plan.share(Scheduled(Arc::clone(mailbox)));
    let sink0 = plan.share(latency.clone());
    plan.chain(ChainSpec::default(), move |cx| {
        let (source0, sink0) = (cx.source(&source0)?, cx.sink(&sink0)?);
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, sink0) = (&mut *source0.borrow_mut(), &mut *sink0.borrow_mut());
            for event in source0.read(turn)? {
                sink0.write(Timestamp::MIN, event)?;
            }
            Ok(())
        })
    });
}

/// The most memory that this process has held, in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("KiB") / 1024
}

fn main() {
    let millions = std::env::args().nth(1).map_or(10, |text| text.parse().expect("a number"));
    let schedule = Schedule { per_second: 1000, events: 2000 };
    let run_one = |windows: u64| {
        let mailbox = Arc::new(Mailbox::default());
        let start = Instant::now();
        let latency = Latency { start, seen: Arc::default() };
        let mut plan = Plan::default();
        if windows > 0 {
            firing(&mut plan, windows);
        }
        neighbour(&mut plan, &mailbox, &latency);
        let events = schedule.run(start, mailbox);
        run(plan, &Options::default(), &Control::new()).expect("the plan runs");
        events.join().expect("the schedule ends");
        let seen = latency.seen.lock().unwrap_or_else(PoisonError::into_inner);
        println!(
            "{windows:9} windows: {:6.2} s, peak {:4} MiB, neighbour {}",
            start.elapsed().as_secs_f64(),
            peak_mib(),
            *seen
        );
    };
    run_one(0);
    run_one(millions * 1_000_000);
}
