//! The tasks of a job before they are open, and the channels between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Signal;
use super::context::{SplitTable, TaskSeed};
use super::executor::{Options, Watched};
use super::restored::Recovery;
use super::shared::Shared;
use crate::exchange::{Channel, EdgeId, KeyGroups, OutputEnd, Partition, channel};
use crate::metrics::TaskMetrics;
use crate::plan::{Plan, Topology};
use crate::time::Alignments;

/// A task that is not open yet.
pub(super) struct Seed {
    pub(super) seed: TaskSeed,
    pub(super) channels: Vec<(usize, Channel)>,
    pub(super) metrics: Arc<TaskMetrics>,
}

/// All tasks of a job with the channels between them.
pub(super) struct Wiring {
    /// By chain and task.
    seeds: Vec<Vec<Seed>>,
}

impl Wiring {
    pub(super) fn new(
        plan: &Plan,
        topology: &Topology,
        options: &Options,
        signals: &[Arc<Signal>],
        shared: &Shared,
        recovery: &Recovery,
    ) -> Wiring {
        let splits = Arc::new(SplitTable::default());
        let labels: Arc<[_]> = plan.labels().into();
        let alignments = Arc::new(Alignments::new(topology.parallelism.iter().sum()));
        let seed = |chain: usize, task: usize| Seed {
            seed: TaskSeed {
                chain,
                task,
                parallelism: topology.parallelism[chain],
                groups: KeyGroups::new(options.key_groups, topology.parallelism[chain] as u32),
                inputs: Vec::new(),
                outputs: BTreeMap::new(),
                splits: splits.clone(),
                signal: signals[task % signals.len()].clone(),
                alignments: alignments.clone(),
                max_record_output: options.max_record_output,
                shared: shared.clone(),
                ttls: plan.chains()[chain].spec.ttls.clone(),
                labels: labels.clone(),
                recovery: recovery.clone(),
            },
            channels: Vec::new(),
            metrics: Arc::default(),
        };
        let chains = topology.parallelism.iter().enumerate();
        let seeds =
            chains.map(|(chain, &tasks)| (0..tasks).map(|task| seed(chain, task)).collect());
        let mut wiring = Wiring { seeds: seeds.collect() };
        for (writer, chain) in plan.chains().iter().enumerate() {
            for &edge in chain.spec.outputs.iter().filter(|edge| plan.is_unused(**edge)) {
                wiring.lead_nowhere(edge, writer, options);
            }
        }
        for (reader, chain) in plan.chains().iter().enumerate() {
            for (input, &edge) in chain.spec.inputs.iter().enumerate() {
                wiring.connect(plan, topology, options, edge, (reader, input));
            }
        }
        wiring
    }

    /// Gives the tasks of a chain an output that nobody reads: the exchange belongs to a branch that was not taken.
    fn lead_nowhere(&mut self, edge: EdgeId, writer: usize, options: &Options) {
        for task in &mut self.seeds[writer] {
            let signal = &task.seed.signal;
            let (port, _) = channel(1, signal.clone(), signal.clone());
            let end = OutputEnd {
                ports: vec![port],
                partition: Partition::Global,
                groups: KeyGroups::new(1, 1),
                max_waiting: options.max_record_output,
            };
            task.seed.outputs.insert(edge, end);
        }
    }

    /// Makes the channels of an exchange.
    fn connect(
        &mut self,
        plan: &Plan,
        topology: &Topology,
        options: &Options,
        edge: EdgeId,
        (reader, input): (usize, usize),
    ) {
        let partition = plan.edges()[edge.0 as usize].partition;
        let forward = partition == Partition::Forward;
        let readers = topology.parallelism[reader];
        for task in &mut self.seeds[reader] {
            task.seed.inputs.push((edge, 0));
        }
        for &writer in &topology.edges[edge.0 as usize].writers {
            for from in 0..topology.parallelism[writer] {
                let targets = if forward { from..from + 1 } else { 0..readers };
                let ports = targets.map(|to| {
                    let producer = self.seeds[writer][from].seed.signal.clone();
                    let target = &mut self.seeds[reader][to];
                    let (port, channel) =
                        channel(options.frames.max(1), producer, target.seed.signal.clone());
                    target.channels.push((input, channel));
                    target.seed.inputs[input].1 += 1;
                    port
                });
                let end = OutputEnd {
                    ports: ports.collect(),
                    partition,
                    groups: KeyGroups::new(options.key_groups, readers as u32),
                    max_waiting: options.max_record_output,
                };
                self.seeds[writer][from].seed.outputs.insert(edge, end);
            }
        }
    }

    /// Those of all chains.
    pub(super) fn metrics(&self, plan: &Plan) -> Arc<[Watched]> {
        let chains = plan.chains().iter().zip(&self.seeds);
        let watched = chains.map(|(chain, tasks)| Watched {
            name: chain.name(),
            is_source: chain.spec.inputs.is_empty(),
            tasks: tasks.iter().map(|task| task.metrics.clone()).collect(),
        });
        watched.collect()
    }

    /// Task `i` of every chain goes to slot `i`, in turn where a chain has more tasks than there are slots.
    pub(super) fn into_slots(self, slots: usize) -> Vec<Vec<Seed>> {
        let mut by_slot: Vec<Vec<Seed>> = (0..slots).map(|_| Vec::new()).collect();
        for seed in self.seeds.into_iter().flatten() {
            by_slot[seed.seed.task % slots].push(seed);
        }
        by_slot
    }
}
