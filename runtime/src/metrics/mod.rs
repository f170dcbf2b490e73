//! What a running job tells about itself: counts per task, summed per chain, and the user's own metrics.
//!
//! Tasks keep plain counters and publish them once per turn, by relaxed stores that nobody waits for.

mod checkpoints;
mod job;
mod user;

pub(crate) use checkpoints::CheckpointLog;
pub use checkpoints::{CheckpointMetrics, CompletedCheckpoint};
pub use job::{ChainMetrics, JobMetrics, StateMetrics};
pub(crate) use job::{StateGauge, TaskCounts, TaskMetrics};
pub(crate) use user::use_shard;
pub use user::{
    Counter, Gauge, Histogram, Registry, UserMetric, UserValue, counter, gauge, histogram,
};
