//! The oracle: what operators must answer, computed as simply as can be.
//!
//! Single-threaded functions over a script of records and watermarks, with ordered maps and brute force. They share no
//! code with the engine: a test passes the same closures to a pipeline and to a function here. Each answers per step of
//! the script, because a test feeds a pipeline step by step.

mod check;
mod general;
mod joins;
mod processes;
mod rng;
mod rules;
mod script;
mod sessions;
mod triggers;
mod ttl;
mod valve;
mod windows;

pub use check::{Setting, check};
pub use general::{Assign, Evictor, Windowing, triggered};
pub use joins::{Row, as_of_join, interval_join};
pub use processes::{Context, process, process_for};
pub use rng::Rng;
pub use rules::{Rules, ruled};
pub use script::{Event, EventRef, EventWith, Feed, Script, Step};
pub use sessions::{session_groups, sessions};
pub use triggers::{Does, Own, Trigger};
pub use ttl::{Kept, Ttl, When, dedup, running};
pub use valve::{Told, Valve};
pub use windows::{Answer, Sides, count_windows, groups, rows, windows};
