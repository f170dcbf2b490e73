//! Thalweg: a dataflow compiler with code generation.
pub mod connector;
pub mod exchange;
pub mod job;
mod nearest;
pub mod operator;
pub mod plan;
pub mod record;
pub mod resource;
pub mod state;
pub mod task;
pub mod time;
