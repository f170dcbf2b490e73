//! Jobs: a pipeline with its parameters, ready to be started.
//!
//! A pipeline function becomes a [`Definition`]: what it is called, which [`Parameter`]s it takes, and how it builds its
//! plan from [`Arguments`]. [`main`](crate::main) starts definitions from a command line, [`Job`] starts one from code.
//!
//! ```text
//!   command line ─┐
//!   THALWEG_*    ─┤ layers, strongest first
//!   job.toml     ─┼────────────▶ Arguments::collect ──▶ Arguments ──▶ Definition::build ──▶ Plan
//!   defaults     ─┘              every mistake at once
//! ```
//!
//! What a parameter's type means is decided by trait: any type that is `FromStr` with an error that can be shown is a
//! value, `Option<T>` may be left out, `Vec<T>` may be repeated, `bool` is a flag, [`Secret<T>`] is given by reference
//! only, and a struct with `#[args]` is a group of parameters. See [`Argument`].

mod argument;
mod arguments;
mod definition;
mod embedded;
mod error;
mod parameter;
mod prepare;
mod secret;

pub use crate::task::{Backend, CheckpointMode, CheckpointOptions, StateOptions};
pub use argument::{Args, Argument, Value, kind};
pub use arguments::{Arguments, Given, Layer, Origin};
pub use definition::{Build, Definition, Jobs};
pub use embedded::Job;
pub use error::{ArgumentError, ArgumentErrors, RunError};
pub use parameter::{Arity, Parameter};
pub(crate) use prepare::prepare;
pub use secret::Secret;
