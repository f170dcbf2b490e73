use std::collections::BTreeMap;

use super::*;
use crate::exchange::Partition;
use crate::record::{Key, apply};
use crate::state::{LoadError, Loader, SnapshotWriter, State};
use crate::task::Turn;
use crate::task::testing::{Collect, VecSource, edge, spec};
use crate::time::{Span, Timestamp, bounded};

fn options(parallelism: usize) -> Options {
    Options { parallelism, frames: 2, ..Options::default() }
}

/// The sum per key, emitted at the end of time.
#[derive(Default)]
struct Sums {
    sums: BTreeMap<u64, u64>,
}

impl State for Sums {
    fn entries(&self) -> usize {
        self.sums.len()
    }
    fn bytes(&self) -> usize {
        self.sums.len() * 16
    }
    fn meaning(&self) -> String {
        "sums".to_owned()
    }
    fn save(&mut self, out: &mut SnapshotWriter) {
        for (key, sum) in &self.sums {
            out.section::<(u64, u64)>("sums").put(u64::key_hash(*key), (*key, *sum));
        }
    }
    fn load(&mut self, from: &Loader<'_>) -> Result<(), LoadError> {
        from.each::<(u64, u64)>("sums", |_, (key, sum)| {
            self.sums.insert(key, sum);
        })
    }
}

fn rows(splits: usize, each: u64) -> Vec<Vec<(u64, u64)>> {
    let split = |split: usize| (0..each).map(|row| (row % 97, row + split as u64)).collect();
    (0..splits).map(split).collect()
}

/// source → filter → key_by ║ sum per key, at the end → sink
fn sum_plan(splits: Vec<Vec<(u64, u64)>>, sink: &Collect<(u64, u64)>) -> Plan {
    let mut plan = Plan::default();
    let exchange0 = edge(&mut plan, Partition::Key);
    let source0 = plan.share(VecSource::new(splits));
    plan.chain(spec(&[], &[exchange0.id()]), move |cx| {
        let source0 = cx.source(&source0)?;
        let watermarks0 = cx.watermarks(bounded(Span(10)));
        let exchange0 = cx.timed_output(exchange0, &watermarks0);
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let source0 = &mut *source0.borrow_mut();
            let watermarks0 = &mut *watermarks0.borrow_mut();
            let exchange0 = &mut *exchange0.borrow_mut();
            let rows = source0.read(turn)?;
            let clock0 = watermarks0.split(turn.split());
            for row in rows {
                let time = clock0.observe(apply(row, |(_, value)| Timestamp(value as i64)));
                if apply(row, |(_, value)| value != 13) {
                    exchange0.push_keyed(time, apply(row, |(key, _)| key), row.1);
                }
            }
            Ok(())
        })
    });
    let sink0 = plan.share(sink.clone());
    plan.chain(spec(&[exchange0.id()], &[]), move |cx| {
        let exchange0 = cx.input(exchange0);
        let sums0 = cx.state("sums", Sums::default());
        let sink0 = cx.sink(&sink0)?;
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (sums0, sink0) = (&mut *sums0.borrow_mut(), &mut *sink0.borrow_mut());
            for chunk in exchange0.chunks(turn) {
                assert!(!chunk.hashes().is_empty());
                for (_, _, (key, value)) in chunk.records() {
                    *sums0.sums.entry(key).or_default() += value;
                }
            }
            if turn.watermark() == Timestamp::MAX {
                while !turn.must_yield()
                    && let Some((key, sum)) = sums0.sums.pop_first()
                {
                    sink0.write(turn.watermark(), (key, sum))?;
                }
            }
            Ok(())
        })
    });
    plan
}

fn expected_sums(splits: &[Vec<(u64, u64)>]) -> BTreeMap<u64, u64> {
    let mut sums = BTreeMap::new();
    for &(key, value) in splits.iter().flatten().filter(|row| row.1 != 13) {
        *sums.entry(key).or_default() += value;
    }
    sums
}

#[test]
fn source_reaches_sink() {
    let mut plan = Plan::default();
    let source0 = plan.share(VecSource::new(rows(3, 10_000)));
    let sink = Collect::<(u64, u64)>::default();
    let sink0 = plan.share(sink.clone());
    plan.chain(spec(&[], &[]), move |cx| {
        let source0 = cx.source(&source0)?;
        let sink0 = cx.sink(&sink0)?;
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, sink0) = (&mut *source0.borrow_mut(), &mut *sink0.borrow_mut());
            for row in source0.read(turn)? {
                sink0.write(Timestamp::MIN, row)?;
            }
            Ok(())
        })
    });
    let summary = run(plan, &options(2), &Control::new()).unwrap();
    assert_eq!(summary.ending, Ending::Finished);
    assert_eq!((summary.metrics.records_in(), summary.metrics.records_out()), (30_000, 30_000));
    let mut written: Vec<_> = sink.take().into_iter().map(|(_, _, row)| row).collect();
    written.sort_unstable();
    let mut expected: Vec<_> = rows(3, 10_000).into_iter().flatten().collect();
    expected.sort_unstable();
    assert_eq!(written, expected);
    assert_eq!(sink.finished(), 2);
}

#[test]
fn keyed_exchange_gives_each_key_to_one_task() {
    for parallelism in 1..=7 {
        let splits = rows(5, 20_000);
        let sink = Collect::default();
        let plan = sum_plan(splits.clone(), &sink);
        let summary = run(plan, &options(parallelism), &Control::new()).unwrap();
        let written = sink.take();
        let sums: BTreeMap<_, _> = written.iter().map(|&(_, _, row)| row).collect();
        assert_eq!(written.len(), sums.len(), "a key was summed in two places");
        assert_eq!(sums, expected_sums(&splits));
        assert!(written.iter().all(|&(_, time, _)| time == Timestamp::MAX));
        let second = &summary.metrics.chains[1];
        assert_eq!((second.state_entries, second.records_in), (0, 5 * 19_999));
        assert_eq!(second.watermark, Some(Timestamp::MAX));
    }
}

mod ends;
mod fairness;
mod topologies;
