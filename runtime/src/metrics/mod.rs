//! What a running job tells about itself: counts per task, summed per chain, and the user's own metrics.
//!
//! Tasks keep plain counters and publish them once per turn, by relaxed stores that nobody waits for.

mod job;
mod user;

pub use job::{ChainMetrics, JobMetrics};
pub(crate) use job::{TaskCounts, TaskMetrics};
pub(crate) use user::use_shard;
pub use user::{
    Counter, Gauge, Histogram, Registry, UserMetric, UserValue, counter, gauge, histogram,
};
