//! Random plans over tiny rings: everything arrives, nothing hangs.

use super::*;
use crate::exchange::Edge;
use crate::plan::ChainSpec;
use crate::record::Key;

/// Reproducible random numbers (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }
}

type Row = (u64, u64);

/// An exchange of a random plan.
#[derive(Clone, Copy)]
struct Drawn {
    edge: Edge<Row>,
    partition: Partition,
    from: usize,
    to: usize,
}

/// Chains in an order in which records only go forward; the last one is the sink.
struct RandomPlan {
    parallelism: Vec<usize>,
    edges: Vec<Drawn>,
    sources: usize,
}

impl RandomPlan {
    fn draw(plan: &mut Plan, random: &mut Random) -> RandomPlan {
        let (sources, middle) = (1 + random.below(2), random.below(4));
        let chains = sources + middle + 1;
        let parallelism: Vec<_> = (0..chains).map(|_| 1 + random.below(4)).collect();
        let mut edges = Vec::new();
        for from in 0..chains - 1 {
            for _ in 0..1 + random.below(3) {
                let to = (from + 1).max(sources) + random.below(chains - (from + 1).max(sources));
                let even = parallelism[from] == parallelism[to];
                let partition = match random.below(5) {
                    0 if even => Partition::Forward,
                    1 => Partition::Rebalance,
                    2 => Partition::Broadcast,
                    3 => Partition::Global,
                    _ => Partition::Key,
                };
                edges.push(Drawn { edge: edge(plan, partition), partition, from, to });
            }
        }
        RandomPlan { parallelism, edges, sources }
    }

    fn spec(&self, chain: usize) -> ChainSpec {
        let of = |end: fn(&Drawn) -> usize| {
            let edges = self.edges.iter().filter(move |drawn| end(drawn) == chain);
            edges.map(|drawn| drawn.edge.id()).collect::<Vec<_>>()
        };
        ChainSpec::new(Vec::new(), of(|drawn| drawn.to), of(|drawn| drawn.from))
            .parallelism(self.parallelism[chain])
    }

    /// How often a record of this chain arrives at the sink.
    fn copies(&self, chain: usize) -> u64 {
        if chain + 1 == self.parallelism.len() {
            return 1;
        }
        let out = self.edges.iter().filter(|drawn| drawn.from == chain);
        out.map(|drawn| match drawn.partition {
            Partition::Broadcast => self.parallelism[drawn.to] as u64 * self.copies(drawn.to),
            _ => self.copies(drawn.to),
        })
        .sum()
    }

    /// A middle chain with nothing to read is a source without splits.
    fn add_chain(&self, plan: &mut Plan, chain: usize, rows: u64, sink: &Collect<Row>) {
        let spec = self.spec(chain);
        let inputs: Vec<_> = self.edges.iter().filter(|d| d.to == chain).copied().collect();
        let outputs: Vec<_> = self.edges.iter().filter(|d| d.from == chain).copied().collect();
        let is_sink = chain + 1 == self.parallelism.len();
        let splits = if chain < self.sources {
            vec![(0..rows).map(|i| (i, 1u64)).collect(); 3]
        } else {
            vec![]
        };
        let source0 = plan.share(VecSource::new(splits));
        let sink0 = plan.share(sink.clone());
        plan.chain(spec, move |cx| {
            let source0 = if inputs.is_empty() { Some(cx.source(&source0)?) } else { None };
            let watermarks0 = cx.watermarks(bounded(Span(5)));
            let inputs: Vec<_> = inputs.iter().map(|drawn| cx.input(drawn.edge)).collect();
            let outputs: Vec<_> = outputs
                .iter()
                .map(|drawn| {
                    let timed = source0.is_some();
                    let output = if timed {
                        cx.timed_output(drawn.edge, &watermarks0)
                    } else {
                        cx.output(drawn.edge)
                    };
                    (output, drawn.partition)
                })
                .collect();
            let sink0 = if is_sink { Some(cx.sink(&sink0)?) } else { None };
            let mut last = Timestamp::MIN;
            Ok(move |turn: &mut Turn<'_>| -> Result<(), Failure> {
                assert!(turn.watermark() >= last, "time went back");
                last = turn.watermark();
                let emit = |time: Timestamp, row: Row| -> Result<(), Failure> {
                    for (output, partition) in &outputs {
                        let mut output = output.borrow_mut();
                        match partition {
                            Partition::Key => {
                                output.push_hashed(time, u64::key_hash(row.0), row.0, row.1)
                            }
                            _ => output.push(time, row),
                        }
                    }
                    match &sink0 {
                        Some(sink0) => sink0.borrow_mut().write(time, row),
                        None => Ok(()),
                    }
                };
                if let Some(source0) = &source0 {
                    let source0 = &mut *source0.borrow_mut();
                    let rows = source0.read(turn)?;
                    let mut watermarks0 = watermarks0.borrow_mut();
                    let clock0 = watermarks0.split(turn.split());
                    for row in rows {
                        emit(clock0.observe(Timestamp(row.0 as i64)), row)?;
                    }
                }
                for input in &inputs {
                    for (time, row) in input.records(turn) {
                        assert!(time > turn.watermark(), "a record behind the watermark");
                        emit(time, row)?;
                    }
                }
                Ok(())
            })
        });
    }
}

#[test]
fn random_plans_deliver_everything() {
    for seed in 1..=60 {
        let mut random = Random(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
        let mut plan = Plan::default();
        let drawn = RandomPlan::draw(&mut plan, &mut random);
        let (rows, sink) = (1 + random.below(1500) as u64, Collect::default());
        for chain in 0..drawn.parallelism.len() {
            drawn.add_chain(&mut plan, chain, rows, &sink);
        }
        let sources = drawn.sources;
        let expected: u64 = (0..sources).map(|source| 3 * rows * drawn.copies(source)).sum();
        let options = Options { parallelism: 1 + random.below(4), frames: 1, ..options(1) };
        let summary = run(plan, &options, &Control::new());
        let summary = summary.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(summary.ending, Ending::Finished, "seed {seed}");
        assert_eq!(sink.take().len() as u64, expected, "seed {seed}");
    }
}
