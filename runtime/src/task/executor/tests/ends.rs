//! How jobs end: by failure, panic, stop and abort.

use std::sync::mpsc;

use super::*;
use crate::connector::{Sink, SinkError, Writer};
use crate::plan::OperatorSpec;
use crate::record::View;

/// The line of the division.
const DIVISION: u32 = line!() + 4;

#[inline(never)]
fn divide(value: u64) -> u64 {
    100 / value
}

fn operators() -> Vec<OperatorSpec> {
    vec![
        OperatorSpec::new("source", "source(vec)", file!(), 1, 400),
        OperatorSpec::new("map", "map(|x| 100 / x)", file!(), DIVISION - 1, DIVISION + 1),
    ]
}

/// source → map → sink; task 1 of 2 fails at row 300 of its split.
fn dividing_plan(sink: &Collect<u64>, fails: fn(u64) -> Result<u64, Failure>) -> Plan {
    let mut plan = Plan::default();
    let rows = vec![vec![1; 5000], (0..5000).map(|row| u64::from(row != 300)).collect()];
    let source0 = plan.share(VecSource::new(rows));
    let sink0 = plan.share(sink.clone());
    let spec = crate::plan::ChainSpec { operators: operators(), ..spec(&[], &[]) };
    plan.chain(spec, move |cx| {
        let source0 = cx.source(&source0)?;
        let sink0 = cx.sink(&sink0)?;
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, sink0) = (&mut *source0.borrow_mut(), &mut *sink0.borrow_mut());
            for row in source0.read(turn)? {
                sink0.write(Timestamp::MIN, fails(row)?)?;
            }
            Ok(())
        })
    });
    plan
}

#[test]
fn panic_is_told_with_operator_and_record() {
    let sink = Collect::default();
    let plan = dividing_plan(&sink, |row| Ok(divide(row)));
    let error = run(plan, &options(2), &Control::new()).unwrap_err();
    let expected = format!(
        "`map(|x| 100 / x)` at {file}:{}: panicked at {file}:{DIVISION}: attempt to divide by zero (row 300; task 2 of 2 of `source → map`)",
        DIVISION - 1,
        file = file!(),
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(sink.finished(), 0, "a failed job leaves nothing under a final name");
}

#[test]
fn failure_is_told_with_record() {
    let sink = Collect::default();
    let plan = dividing_plan(&sink, |row| match row {
        0 => Err(Failure::of_operator("try_map at a.rs:1", "zero")),
        row => Ok(row),
    });
    let error = run(plan, &options(1), &Control::new()).unwrap_err();
    let expected = "try_map at a.rs:1: zero (row 300; task 1 of 1 of `source → map`)";
    assert_eq!(error.to_string(), expected);
    assert_eq!(sink.finished(), 0);
}

/// Fails behind an exchange, or emits without end.
fn second_chain_plan(
    sink: &Collect<(u64, u64)>,
    each: impl Fn(u64, &mut dyn FnMut(u64)) + Clone + Send + Sync + 'static,
) -> Plan {
    let mut plan = Plan::default();
    let (first, second) =
        (edge(&mut plan, Partition::Rebalance), edge(&mut plan, Partition::Rebalance));
    let source0 = plan.share(VecSource::new(vec![(0..5000u64).collect()]));
    plan.chain(spec(&[], &[first.id()]), move |cx| {
        let (source0, exchange0) = (cx.source(&source0)?, cx.output(first));
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, exchange0) = (&mut *source0.borrow_mut(), &mut *exchange0.borrow_mut());
            for row in source0.read(turn)? {
                exchange0.push(Timestamp(row as i64), row);
            }
            Ok(())
        })
    });
    plan.chain(spec(&[first.id()], &[second.id()]), move |cx| {
        let (exchange0, exchange1) = (cx.input(first), cx.output(second));
        let each = each.clone();
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let exchange1 = &mut *exchange1.borrow_mut();
            for (time, row) in exchange0.records(turn) {
                each(row, &mut |out| exchange1.push(time, (row, out)));
            }
            Ok(())
        })
    });
    let sink0 = plan.share(sink.clone());
    plan.chain(spec(&[second.id()], &[]), move |cx| {
        let (exchange1, sink0) = (cx.input(second), cx.sink(&sink0)?);
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let sink0 = &mut *sink0.borrow_mut();
            for (time, row) in exchange1.records(turn) {
                sink0.write(time, row)?;
            }
            Ok(())
        })
    });
    plan
}

#[test]
fn failure_behind_an_exchange_names_the_record() {
    let sink = Collect::default();
    let plan = second_chain_plan(&sink, |row, _| assert_ne!(row, 4321, "unwanted"));
    let error = run(plan, &options(2), &Control::new()).unwrap_err().to_string();
    assert!(error.contains("unwanted") && error.contains("at event time 4321;"), "{error}");
}

#[test]
fn output_of_one_record_is_bounded_and_the_record_named() {
    let sink = Collect::default();
    let plan = second_chain_plan(&sink, |row, emit| {
        if row == 1234 {
            (0..u64::MAX).for_each(emit);
        }
    });
    let options = Options { max_record_output: 4 << 20, ..options(2) };
    let error = run(plan, &options, &Control::new()).unwrap_err().to_string();
    assert!(error.starts_with("the output of one record exceeds 4 MiB (record "), "{error}");
    assert!(error.contains("at event time 1234;") && error.contains("\nhelp: "), "{error}");
}

#[test]
fn large_outputs_within_the_bound_pass() {
    let sink = Collect::default();
    let plan = second_chain_plan(&sink, |row, emit| {
        if row % 1000 == 7 {
            (0..50_000).for_each(emit);
        }
    });
    run(plan, &options(2), &Control::new()).unwrap();
    assert_eq!(sink.take().len(), 5 * 50_000);
}

/// Tells when it has written so many.
struct Telling {
    after: usize,
    tell: mpsc::SyncSender<()>,
    target: Collect<u64>,
}

struct TellingWriter {
    left: usize,
    tell: mpsc::SyncSender<()>,
    target: <Collect<u64> as Sink<u64>>::Writer,
}

impl Sink<u64> for Telling {
    type Writer = TellingWriter;
    fn name(&self) -> String {
        "telling".to_owned()
    }
    fn open(&self, task: usize, parallelism: usize) -> Result<TellingWriter, SinkError> {
        let target = self.target.open(task, parallelism)?;
        Ok(TellingWriter { left: self.after, tell: self.tell.clone(), target })
    }
}

impl Writer<u64> for TellingWriter {
    fn write(&mut self, time: Timestamp, record: View<'_, u64>) -> Result<(), SinkError> {
        self.left -= 1;
        if self.left == 0 {
            self.tell.send(()).ok();
        }
        self.target.write(time, record)
    }
    fn finish(&mut self) -> Result<(), SinkError> {
        self.target.finish()
    }
}

/// Starts a job that reads 1000 rows and waits for more, and answers once they were written.
fn waiting_job(control: &Control) -> (Running, Collect<u64>) {
    let (tell, told) = mpsc::sync_channel(1);
    let target = Collect::default();
    let mut plan = Plan::default();
    let source = VecSource { splits: vec![(0..1000u64).collect()], unbounded: true };
    let source0 = plan.share(source);
    let exchange0 = edge(&mut plan, Partition::Rebalance);
    plan.chain(spec(&[], &[exchange0.id()]), move |cx| {
        let (source0, exchange0) = (cx.source(&source0)?, cx.output(exchange0));
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, exchange0) = (&mut *source0.borrow_mut(), &mut *exchange0.borrow_mut());
            for row in source0.read(turn)? {
                exchange0.push(Timestamp::MIN, row);
            }
            Ok(())
        })
    });
    let sink0 = plan.share(Telling { after: 1000, tell, target: target.clone() });
    let spec = crate::plan::ChainSpec { parallelism: Some(1), ..spec(&[exchange0.id()], &[]) };
    plan.chain(spec, move |cx| {
        let (exchange0, sink0) = (cx.input(exchange0), cx.sink(&sink0)?);
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let sink0 = &mut *sink0.borrow_mut();
            assert_ne!(turn.watermark(), Timestamp::MAX, "a stop is not the end of time");
            for (time, row) in exchange0.records(turn) {
                sink0.write(time, row)?;
            }
            Ok(())
        })
    });
    let running = start(plan, &options(2), control).unwrap();
    told.recv().unwrap();
    (running, target)
}

#[test]
fn stopped_job_finishes_what_it_has_read() {
    let control = Control::new();
    let (running, target) = waiting_job(&control);
    control.stop();
    let summary = running.wait().unwrap();
    assert_eq!(summary.ending, Ending::Stopped);
    assert_eq!((target.take().len(), target.finished()), (1000, 1));
}

#[test]
fn aborted_job_finishes_nothing() {
    let control = Control::new();
    let (running, target) = waiting_job(&control);
    control.stop();
    control.abort();
    let ending = running.wait().unwrap().ending;
    // The stop may have been carried out before the abort was seen.
    assert!(ending == Ending::Aborted && target.finished() <= 1);
}

#[test]
fn control_holds_for_jobs_started_later() {
    let control = Control::new();
    control.abort();
    let sink = Collect::default();
    let summary = run(sum_plan(rows(2, 50_000), &sink), &options(2), &control).unwrap();
    assert_eq!(summary.ending, Ending::Aborted);
}

#[test]
fn jobs_of_one_process_do_not_touch_each_other() {
    let control = Control::new();
    let (waiting, target) = waiting_job(&control);
    let panicking = dividing_plan(&Collect::default(), |row| Ok(divide(row)));
    run(panicking, &options(2), &Control::new()).unwrap_err();
    let sink = Collect::default();
    run(sum_plan(rows(2, 5000), &sink), &options(2), &Control::new()).unwrap();
    assert_eq!(sink.take().len(), 97);
    control.stop();
    assert_eq!(waiting.wait().unwrap().ending, Ending::Stopped);
    assert_eq!(target.finished(), 1);
}
