//! Thalweg: a dataflow compiler with code generation.
mod cli;
pub mod config;
pub mod connector;
pub mod exchange;
mod http;
pub mod job;
mod nearest;
pub mod operator;
pub mod plan;
pub mod record;
pub mod render;
pub mod resource;
pub mod state;
pub mod task;
pub mod time;

pub use cli::main;
pub use thalweg_macros::args;

#[doc(hidden)]
pub mod __private {
    //! What generated code names; not for people, and without any promise of stability.
    pub use crate::job::{Args, Arguments, Definition, Parameter};
    pub use crate::task::Failure;
}
