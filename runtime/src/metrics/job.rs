//! Counts per task and their sums.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use super::{CheckpointMetrics, UserMetric};
use crate::time::Timestamp;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What a task has counted so far.
        #[derive(Clone, Debug, Default)]
        pub(crate) struct TaskCounts {
            $($(#[$doc])* pub(crate) $name: u64,)*
        }

        /// What a task has published; written by its slot only.
        #[derive(Debug)]
        pub(crate) struct TaskMetrics {
            $($name: AtomicU64,)*
            watermark: AtomicI64,
            /// Of each state; there are none before the task is open.
            states: OnceLock<Box<[StateGauge]>>,
        }

        impl Default for TaskMetrics {
            fn default() -> TaskMetrics {
                TaskMetrics {
                    $($name: AtomicU64::new(0),)*
                    watermark: AtomicI64::new(i64::MIN),
                    states: OnceLock::new(),
                }
            }
        }

        impl TaskMetrics {
            pub(crate) fn publish(&self, counts: &TaskCounts, watermark: Timestamp) {
                $(self.$name.store(counts.$name, Ordering::Relaxed);)*
                self.watermark.store(watermark.0, Ordering::Relaxed);
            }
        }

        /// What the tasks of one chain have counted so far, in sum.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct ChainMetrics {
            /// Its operators: `source → filter → key_by`.
            pub name: String,
            /// True if it starts with a source.
            pub is_source: bool,
            /// How many tasks it has.
            pub parallelism: usize,
            /// The least watermark of its tasks; `None` before the first.
            pub watermark: Option<Timestamp>,
            /// The state of its operators.
            pub states: Vec<StateMetrics>,
            $($(#[$doc])* pub $name: u64,)*
        }

        impl ChainMetrics {
            pub(crate) fn sum<'a>(
                name: String,
                is_source: bool,
                tasks: impl Iterator<Item = &'a TaskMetrics>,
            ) -> ChainMetrics {
                let mut sum = ChainMetrics {
                    name, is_source, parallelism: 0, watermark: None, states: Vec::new(), $($name: 0,)*
                };
                let mut least = i64::MAX;
                for task in tasks {
                    sum.parallelism += 1;
                    $(sum.$name += task.$name.load(Ordering::Relaxed);)*
                    least = least.min(task.watermark.load(Ordering::Relaxed));
                    task.states().for_each(|state| state.add_to(&mut sum.states));
                }
                sum.watermark = Some(Timestamp(least)).filter(|&time| time != Timestamp::MIN);
                sum
            }
        }
    };
}

counts! {
    /// Records read from the source or received.
    records_in,
    /// Bytes received.
    bytes_in,
    /// Records sent to other chains.
    records_out,
    /// Bytes sent to other chains.
    bytes_out,
    /// Records written to sinks.
    records_written,
    /// Turns.
    turns,
    /// Nanoseconds of work.
    busy_ns,
    /// Nanoseconds in which something downstream was full.
    blocked_ns,
    /// Nanoseconds without anything to do.
    idle_ns,
    /// Nanoseconds between the first barrier of a checkpoint and the last, over all checkpoints.
    alignment_ns,
    /// Elements that were late.
    late,
    /// Records that could not be decoded.
    rejected,
    /// Records left out (`.or_skip()`).
    skipped,
    /// Timestamps too far ahead to be believed (`max_jump`).
    jumps,
    /// Entries of state held.
    state_entries,
    /// Bytes of state held, about.
    state_bytes,
}

/// What the tasks of a chain hold of one operator's state, in sum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StateMetrics {
    /// The operator: its `.uid(..)`, or its place in the pipeline.
    pub operator: String,
    /// Entries held.
    pub entries: u64,
    /// Bytes held, about.
    pub bytes: u64,
}

/// What a task holds of one state.
#[derive(Debug)]
pub(crate) struct StateGauge {
    operator: String,
    entries: AtomicU64,
    bytes: AtomicU64,
}

impl StateGauge {
    pub(crate) fn new(operator: &str) -> StateGauge {
        let (entries, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        StateGauge { operator: operator.to_owned(), entries, bytes }
    }

    pub(crate) fn set(&self, entries: u64, bytes: u64) {
        self.entries.store(entries, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    fn add_to(&self, states: &mut Vec<StateMetrics>) {
        let at = states.iter().position(|state| state.operator == self.operator);
        let at = at.unwrap_or_else(|| {
            let operator = self.operator.clone();
            states.push(StateMetrics { operator, entries: 0, bytes: 0 });
            states.len() - 1
        });
        states[at].entries += self.entries.load(Ordering::Relaxed);
        states[at].bytes += self.bytes.load(Ordering::Relaxed);
    }
}

impl TaskMetrics {
    /// The task is open, and holds these states.
    pub(crate) fn hold(&self, states: impl Iterator<Item = StateGauge>) {
        // A task is opened once.
        drop(self.states.set(states.collect()));
    }

    /// In the order in which they were given to [`hold`](TaskMetrics::hold).
    pub(crate) fn states(&self) -> impl Iterator<Item = &StateGauge> {
        self.states.get().into_iter().flatten()
    }
}

impl ChainMetrics {
    /// The part of its time that the chain worked, from 0 to 1.
    pub fn busy(&self) -> f64 {
        self.share(self.busy_ns)
    }

    /// The part of its time that something downstream was full, from 0 to 1.
    pub fn backpressured(&self) -> f64 {
        self.share(self.blocked_ns)
    }

    fn share(&self, part: u64) -> f64 {
        let whole = self.busy_ns + self.blocked_ns + self.idle_ns;
        if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
    }

    /// What was counted since an earlier snapshot of the same chain; watermark and state as they are.
    #[must_use]
    pub fn since(&self, earlier: &ChainMetrics) -> ChainMetrics {
        ChainMetrics {
            records_in: self.records_in.saturating_sub(earlier.records_in),
            bytes_in: self.bytes_in.saturating_sub(earlier.bytes_in),
            records_out: self.records_out.saturating_sub(earlier.records_out),
            bytes_out: self.bytes_out.saturating_sub(earlier.bytes_out),
            records_written: self.records_written.saturating_sub(earlier.records_written),
            turns: self.turns.saturating_sub(earlier.turns),
            busy_ns: self.busy_ns.saturating_sub(earlier.busy_ns),
            blocked_ns: self.blocked_ns.saturating_sub(earlier.blocked_ns),
            idle_ns: self.idle_ns.saturating_sub(earlier.idle_ns),
            alignment_ns: self.alignment_ns.saturating_sub(earlier.alignment_ns),
            late: self.late.saturating_sub(earlier.late),
            rejected: self.rejected.saturating_sub(earlier.rejected),
            skipped: self.skipped.saturating_sub(earlier.skipped),
            jumps: self.jumps.saturating_sub(earlier.jumps),
            ..self.clone()
        }
    }
}

/// A snapshot of a job's metrics.
#[derive(Clone, PartialEq, Debug)]
pub struct JobMetrics {
    /// How long the job has run.
    pub elapsed: Duration,
    /// The chains, in the plan's order.
    pub chains: Vec<ChainMetrics>,
    /// The user's own metrics, by name.
    pub user: Vec<UserMetric>,
    /// Its checkpoints, if it takes any.
    pub checkpoints: Option<CheckpointMetrics>,
}

impl JobMetrics {
    /// Records read from all sources.
    pub fn records_in(&self) -> u64 {
        self.chains.iter().filter(|chain| chain.is_source).map(|chain| chain.records_in).sum()
    }

    /// Records written to all sinks.
    pub fn records_out(&self) -> u64 {
        self.chains.iter().map(|chain| chain.records_written).sum()
    }
}
