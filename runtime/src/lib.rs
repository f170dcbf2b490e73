//! Thalweg: a compiler for dataflows.
//!
//! A function with `#[pipeline]` is a job. `cargo build` turns its body into chains of operators fused into plain loops
//! and exchanges that carry only what the far side reads; the binary runs them in event time, in parallel, with state
//! and windows of Flink's semantics. There is no server, and nothing is interpreted.
//!
//! ```no_run
//! use thalweg::prelude::*;
//!
//! #[record]
//! struct Impression {
//!     region_code: String,
//!     total_impressions: u32,
//!     at: Timestamp,
//! }
//!
//! /// Impressions per region, every five minutes.
//! #[pipeline]
//! fn impressions(
//!     /// CSV files: a path or a pattern.
//!     input: String,
//!     /// Directory for the sums.
//!     output: String,
//! ) {
//!     let bad = side();
//!     let impressions: Stream<Impression> = source(files(input).csv().errors_to(bad));
//!     impressions
//!         .event_time(|i| i.at)
//!         .watermarks(bounded(secs(30)))
//!         .key_by(|i| i.region_code)
//!         .window(tumbling(mins(5)))
//!         .aggregate(|w| (w.key(), w.window().start, w.sum(|i| i.total_impressions)))
//!         .sink(files(output).csv());
//!     bad.sink(print());
//! }
//!
//! fn main() -> ExitCode {
//!     thalweg::main(impressions)
//! }
//! ```
//!
//! `./impressions --input 'data/*.csv.gz' --output sums` runs it on all cores, `./impressions plan` shows the chains and
//! what crosses each exchange, `--help` knows its parameters from their comments.
//!
//! # Where to look
//!
//! | you want to | look at |
//! |---|---|
//! | know an operator | [`stream`]: the typed surface that pipelines are written against, one page per operator |
//! | know what can be a record | [`macro@record`] and [`mod@record`] |
//! | read or write something | [`connector`]; the traits [`Source`](connector::Source) and [`Sink`](connector::Sink) for one's own |
//! | know what time means | [`time`]: timestamps, spans, watermarks |
//! | aggregate in a way of your own | [`Aggregate`](operator::Aggregate) |
//!
//! # Modules by layer
//!
//! A module uses only those above its own row; the full table, with rules, is in ARCHITECTURE.md.
//!
//! | modules | what |
//! |---|---|
//! | [`time`] | points in time, durations, windows of time |
//! | [`mod@record`] | values, their views and their archives |
//! | [`exchange`], [`state`] | batches between tasks, keyed tables |
//! | [`task`], [`mod@operator`], [`process`] | what a chain is and is given; the logic that chains call |
//! | [`connector`] | sources and sinks |
//! | [`stream`], [`plan`] | the surface of pipelines; what they are compiled to |
//! | [`job`], [`resource`], [`render`] | the binary: parameters, settings, pictures of the plan |
#[doc(hidden)]
pub mod __private;
mod checkpoint;
mod cli;
mod config;
pub mod connector;
pub mod error;
pub mod exchange;
mod http;
pub mod job;
pub mod join;
pub mod metrics;
mod nearest;
pub mod operator;
pub mod plan;
mod prefetch;
pub mod prelude;
pub mod process;
pub mod record;
pub mod render;
pub mod resource;
pub mod state;
pub mod stream;
pub mod task;
pub mod testing;
pub mod time;
pub mod window;

pub use cli::main;
pub use thalweg_macros::{args, operator, pipeline, record};
pub use window::{evictor, trigger};

// Lets the paths in expanded code resolve inside this crate too.
extern crate self as thalweg;

/// What a pipeline's own statements may answer: `Err` ends the job before it starts.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
