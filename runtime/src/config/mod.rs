//! `job.toml`: what a job is told by a file.
//!
//! ```toml
//! parallelism = 4                 # every option of the command line, by its name
//! buffer_timeout = "1ms"
//!
//! [args]                          # parameters of every pipeline in the binary
//! brokers = "localhost:9092"
//!
//! [args.hot_items]                # of one pipeline; stronger than [args]
//! topics = ["bids", "auctions"]
//!
//! [operator."hot/window"]         # by uid: stronger than the modifiers in the pipeline
//! parallelism = 2
//!
//! [state]
//! backend = "rocksdb"             # or "fs", which is what holds if nothing is said, or "memory"
//! budget = "256MiB"
//! ```
//!
//! A key that nothing reads is an error: a misspelt setting that is silently ignored costs days.

mod bytes;
mod duration;
mod file;
mod parallelism;

pub(crate) use bytes::Bytes;
pub(crate) use duration::Pause;
pub(crate) use file::JobFile;
pub(crate) use parallelism::Parallelism;
