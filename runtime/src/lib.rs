//! Thalweg: a dataflow compiler with code generation.
#[doc(hidden)]
pub mod __private;
pub mod connector;
pub mod exchange;
pub mod operator;
pub mod plan;
pub mod prelude;
pub mod record;
pub mod state;
pub mod stream;
pub mod task;
pub mod time;

pub use thalweg_macros::record;

// Lets the paths in expanded code resolve inside this crate too.
extern crate self as thalweg;
