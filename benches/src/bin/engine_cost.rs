//! What the engine itself costs, without the compiler: chains written by hand as the compiler emits them, beside plain
//! loops, by turns. `cargo run --profile fast -p thalweg-bench --bin engine_cost -- [laps of a million] [rounds]`
//!
//! Processor time of all threads is counted, which a busy machine disturbs least.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thalweg::connector::replay;
use thalweg::exchange::Partition;
use thalweg::plan::{ChainSpec, EdgePlan, Plan};
use thalweg::record::apply;
use thalweg::state::{LoadError, Loader, SnapshotWriter, State, Table};
use thalweg::task::{Control, Failure, Options, Turn, run};
use thalweg::time::Timestamp;

/// Rows in memory, read `laps` times over.
const LAP: u64 = 1_000_000;

/// The state of a count per key.
struct Counts(Table<u64, u64>);

impl State for Counts {
    fn meaning(&self) -> String {
        "counts".to_owned()
    }
    fn entries(&self) -> usize {
        self.0.len()
    }
    fn bytes(&self) -> usize {
        self.0.bytes()
    }
    fn save(&mut self, _: &mut SnapshotWriter) {}
    fn load(&mut self, _: &Loader<'_>) -> Result<(), LoadError> {
        Ok(())
    }
}

/// What a chain adds up at its end.
#[derive(Clone, Default)]
struct Total(Arc<AtomicU64>);

/// Adds to the total when its task is dropped.
struct Adding(Cell<u64>, Total);

impl Drop for Adding {
    fn drop(&mut self) {
        self.1.0.fetch_add(self.0.get(), Ordering::Relaxed);
    }
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// source → sum, in one chain.
fn pass(rows: &Arc<[(u64, u64)]>, laps: u64) -> u64 {
    let mut plan = Plan::default();
    let total = Total::default();
    let (source0, total0) = (plan.share(replay(rows.clone()).repeat(laps)), total.clone());
    plan.chain(ChainSpec::default(), move |cx| {
        let source0 = cx.source(&source0)?;
        let sum0 = Adding(Cell::new(0), total0.clone());
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let source0 = &mut *source0.borrow_mut();
            let mut sum = sum0.0.get();
            for row in source0.read(turn)? {
                sum = sum.wrapping_add(apply(row, |(key, value)| mix(key, value)));
            }
            sum0.0.set(sum);
            Ok(())
        })
    });
    finish(plan, 1, &total)
}

/// source → key_by ║ sum: what the exchange costs.
fn exchange(rows: &Arc<[(u64, u64)]>, laps: u64) -> u64 {
    let mut plan = Plan::default();
    let total = Total::default();
    let exchange0 = plan.edge(EdgePlan { partition: Partition::Key, label: "", key: None });
    let source0 = plan.share(replay(rows.clone()).repeat(laps));
    let spec = ChainSpec { outputs: vec![exchange0.id()], ..ChainSpec::default() };
    plan.chain(spec, move |cx| {
        let (source0, exchange0) = (cx.source(&source0)?, cx.output(exchange0));
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, exchange0) = (&mut *source0.borrow_mut(), &mut *exchange0.borrow_mut());
            for (key, value) in source0.read(turn)? {
                exchange0.push_keyed(Timestamp::MIN, key, value);
            }
            Ok(())
        })
    });
    let spec = ChainSpec { inputs: vec![exchange0.id()], ..ChainSpec::default() };
    let total0 = total.clone();
    plan.chain(spec, move |cx| {
        let exchange0 = cx.input(exchange0);
        let sum0 = Adding(Cell::new(0), total0.clone());
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let mut sum = sum0.0.get();
            for (_, (key, value)) in exchange0.records(turn) {
                sum = sum.wrapping_add(mix(key, value));
            }
            sum0.0.set(sum);
            Ok(())
        })
    });
    finish(plan, 1, &total)
}

/// source → key_by ║ count per key → sum.
fn count(rows: &Arc<[(u64, u64)]>, laps: u64, parallelism: usize) -> u64 {
    let mut plan = Plan::default();
    let total = Total::default();
    let edge = EdgePlan { partition: Partition::Key, label: "", key: None };
    let exchange0 = plan.edge(edge);
    let source0 = plan.share(replay(rows.clone()).repeat(laps));
    let spec = ChainSpec { outputs: vec![exchange0.id()], ..ChainSpec::default() };
    plan.chain(spec, move |cx| {
        let (source0, exchange0) = (cx.source(&source0)?, cx.output(exchange0));
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let (source0, exchange0) = (&mut *source0.borrow_mut(), &mut *exchange0.borrow_mut());
            for row in source0.read(turn)? {
                exchange0.push_keyed(Timestamp::MIN, apply(row, |(key, _)| key), ());
            }
            Ok(())
        })
    });
    let spec = ChainSpec { inputs: vec![exchange0.id()], ..ChainSpec::default() };
    let total0 = total.clone();
    plan.chain(spec, move |cx| {
        let exchange0 = cx.input(exchange0);
        let counts0 = cx.state("", Counts(Table::new()));
        let sum0 = Adding(Cell::new(0), total0.clone());
        Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
            let counts0 = &mut counts0.borrow_mut().0;
            let mut sum = sum0.0.get();
            for chunk in exchange0.chunks(turn) {
                counts0.prepare(chunk.hashes());
                for (_, hash, (key, ())) in chunk.records() {
                    let count = counts0.entry(hash, key);
                    *count += 1;
                    sum = sum.wrapping_add(mix(key, *count));
                }
            }
            sum0.0.set(sum);
            Ok(())
        })
    });
    finish(plan, parallelism, &total)
}

fn finish(plan: Plan, parallelism: usize, total: &Total) -> u64 {
    let options = Options { parallelism, ..Options::default() };
    run(plan, &options, &Control::new()).expect("the plan runs");
    total.0.load(Ordering::Relaxed)
}

fn pass_by_hand(rows: &[(u64, u64)], laps: u64) -> u64 {
    let add = |sum: u64, &(key, value): &(u64, u64)| sum.wrapping_add(mix(key, value));
    (0..laps).fold(0, |sum, _| black_box(rows).iter().fold(sum, add))
}

fn count_by_hand(rows: &[(u64, u64)], laps: u64) -> u64 {
    let mut counts = hashbrown::HashMap::<u64, u64, rustc_hash::FxBuildHasher>::default();
    let mut sum = 0u64;
    for &(key, _) in (0..laps).flat_map(|_| rows) {
        let count = counts.entry(key).or_insert(0);
        *count += 1;
        sum = sum.wrapping_add(mix(key, *count));
    }
    sum
}

/// Processor time of this process so far, in nanoseconds; Linux counts it in ticks of 10 ms.
fn processor_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let behind_name = stat.rsplit(')').next().expect("a name in parentheses");
    let fields = behind_name.split_whitespace().skip(11).take(2);
    fields.map(|ticks| ticks.parse::<u64>().expect("ticks")).sum::<u64>() * 10_000_000
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let laps = arguments.next().unwrap_or(16);
    let events = laps * LAP;
    let rounds = arguments.next().unwrap_or(5);
    let rows: Arc<[(u64, u64)]> =
        (0..LAP).map(|i| (mix(i, 7) % 100_000, i)).collect::<Vec<_>>().into();
    let time = |name: &str, work: &dyn Fn() -> u64| -> u64 {
        let start = processor_ns();
        let sum = black_box(work());
        print!("  {name} {:6.2}", (processor_ns() - start) as f64 / events as f64);
        sum
    };
    println!("ns per event, {events} events, 100000 keys");
    for _ in 0..rounds {
        let passed = time("pass: hand", &|| pass_by_hand(black_box(&rows), laps));
        assert_eq!(passed, time("engine", &|| pass(&rows, laps)));
        assert_eq!(passed, time("exchange", &|| exchange(&rows, laps)));
        let counted = time("count: hand", &|| count_by_hand(black_box(&rows), laps));
        assert_eq!(counted, time("engine", &|| count(&rows, laps, 1)));
        assert_eq!(counted, time("two slots", &|| count(&rows, laps, 2)));
        println!();
    }
}
