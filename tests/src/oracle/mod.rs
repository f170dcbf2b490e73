//! The oracle: what operators must answer, computed as simply as can be.
//!
//! Single-threaded functions over a script of records and watermarks, with ordered maps and brute force. They share no
//! code with the engine: a test passes the same closures to a pipeline and to a function here. Each answers per step of
//! the script, because a test feeds a pipeline step by step.

mod check;
mod processes;
mod rng;
mod running;
mod script;
mod sessions;
mod valve;
mod windows;

pub use check::{Setting, check};
pub use processes::{Context, process};
pub use rng::Rng;
pub use running::{dedup, running};
pub use script::{Event, EventRef, EventWith, Feed, Script, Step};
pub use sessions::sessions;
pub use valve::{Told, Valve};
pub use windows::{Answer, count_windows, windows};
