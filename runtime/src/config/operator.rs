//! Settings of single operators, which override the modifiers in the pipeline.

use std::time::Duration;

/// What `[operator."uid"]` says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperatorSettings {
    /// How many parallel copies its chain has.
    pub parallelism: Option<usize>,
    /// What plans and metrics call it.
    pub name: Option<String>,
    /// How long its state is kept after the last write.
    pub ttl: Option<Duration>,
    /// How long its chain's output may wait for more.
    pub buffer_timeout: Option<Duration>,
}
