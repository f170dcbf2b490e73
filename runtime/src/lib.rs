//! Thalweg: a dataflow compiler with code generation.
pub mod connector;
pub mod error;
pub mod exchange;
pub mod metrics;
pub mod operator;
pub mod plan;
pub mod record;
pub mod state;
pub mod task;
pub mod time;
