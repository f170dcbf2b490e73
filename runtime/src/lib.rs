//! Thalweg: a dataflow compiler with code generation.
#[doc(hidden)]
pub mod __private;
mod cli;
mod config;
pub mod connector;
pub mod error;
pub mod exchange;
mod http;
pub mod job;
pub mod metrics;
mod nearest;
pub mod operator;
pub mod plan;
pub mod prelude;
pub mod record;
pub mod render;
pub mod resource;
pub mod state;
pub mod stream;
pub mod task;
pub mod time;

pub use cli::main;
pub use thalweg_macros::{args, pipeline, record};

// Lets the paths in expanded code resolve inside this crate too.
extern crate self as thalweg;

/// What a pipeline's own statements may answer: `Err` ends the job before it starts.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
