//! How long an event takes from the time it was due through `key_by` to a sink, beside a thread that does nothing but
//! take it: `cargo run --profile fast -p thalweg-bench --bin latency -- [seconds] [rounds] [parallelism]`

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use thalweg::connector::{Sink, SinkError, Writer};
use thalweg::exchange::Partition;
use thalweg::plan::{ChainSpec, EdgePlan, Plan};
use thalweg::record::{View, apply};
use thalweg::task::{Control, Failure, Options, Turn, run};
use thalweg::time::Timestamp;
use thalweg_bench::histogram::Histogram;
use thalweg_bench::schedule::{Due, Mailbox, Schedule, Scheduled};

/// Counts how late events arrive.
#[derive(Clone)]
struct Latency {
    start: Instant,
    seen: Arc<Mutex<Histogram>>,
}

struct LatencyWriter {
    start: Instant,
    seen: Histogram,
    target: Arc<Mutex<Histogram>>,
}

impl Sink<Due> for Latency {
    type Writer = LatencyWriter;

    fn name(&self) -> String {
        "latency".to_owned()
    }

    fn open(&self, _: usize, _: usize) -> Result<LatencyWriter, SinkError> {
        let target = Arc::clone(&self.seen);
        Ok(LatencyWriter { start: self.start, seen: Histogram::default(), target })
    }
}

impl Writer<Due> for LatencyWriter {
    fn write(&mut self, _: Timestamp, (_, due): View<'_, Due>) -> Result<(), SinkError> {
        let now = self.start.elapsed().as_nanos() as u64;
        self.seen.record(now.saturating_sub(due));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner).merge(&self.seen);
        Ok(())
    }
}

/// source → key_by ║ sink
fn engine(schedule: Schedule, parallelism: usize) -> Histogram {
    let mailbox = Arc::new(Mailbox::default());
    // Tasks are open by then.
    let start = Instant::now() + Duration::from_millis(50);
    let latency = Latency { start, seen: Arc::default() };
    let mut plan = Plan::default();
    let exchange0 =
        plan.edge(EdgePlan { partition: Partition::Key, label: "u64 + u64", key: None });
    let source0 = plan.share(Scheduled(Arc::clone(&mailbox)));
    let spec = ChainSpec { outputs: vec![exchange0.id()], ..ChainSpec::default() };
    plan.chain(spec, move |cx| {
        let (source0, exchange0) = (cx.source(&source0)?, cx.output(exchange0));
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, exchange0) = (&mut *source0.borrow_mut(), &mut *exchange0.borrow_mut());
            for event in source0.read(turn)? {
                let key = apply(event, |(number, _)| number % 1000);
                exchange0.push_keyed(Timestamp::MIN, key, event.1);
            }
            Ok(())
        })
    });
    let sink0 = plan.share(latency.clone());
    let spec = ChainSpec { inputs: vec![exchange0.id()], ..ChainSpec::default() };
    plan.chain(spec, move |cx| {
        let (exchange0, sink0) = (cx.input(exchange0), cx.sink(&sink0)?);
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let sink0 = &mut *sink0.borrow_mut();
            for (time, event) in exchange0.records(turn) {
                sink0.write(time, event)?;
            }
            Ok(())
        })
    });
    let events = schedule.run(start, mailbox);
    let options = Options { parallelism, ..Options::default() };
    run(plan, &options, &Control::new()).expect("the plan runs");
    events.join().expect("the schedule ends");
    latency.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// A thread that sleeps until an event is there, and takes it.
fn empty_loop(schedule: Schedule) -> Histogram {
    let mailbox = Arc::new(Mailbox::default());
    let start = Instant::now() + Duration::from_millis(50);
    mailbox.wake_with(Waker::from(Arc::new(Unpark(std::thread::current()))));
    let events = schedule.run(start, Arc::clone(&mailbox));
    let (mut seen, mut taken, mut more) = (Histogram::default(), Vec::new(), true);
    while more {
        more = mailbox.take(&mut taken);
        for (_, due) in taken.drain(..) {
            seen.record((start.elapsed().as_nanos() as u64).saturating_sub(due));
        }
        if more {
            std::thread::park();
        }
    }
    events.join().expect("the schedule ends");
    seen
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let seconds = arguments.next().unwrap_or(5);
    let rounds = arguments.next().unwrap_or(3);
    let parallelism = arguments.next().unwrap_or(1) as usize;
    for per_second in [1_000, 100_000] {
        let schedule = Schedule { per_second, events: per_second * seconds };
        println!("{per_second} events/s for {seconds} s, from the time they were due");
        for _ in 0..rounds {
            for (name, seen) in
                [("empty loop", empty_loop(schedule)), ("thalweg", engine(schedule, parallelism))]
            {
                assert_eq!(seen.total(), schedule.events);
                println!("  {name:10}  {seen}");
            }
        }
    }
}
