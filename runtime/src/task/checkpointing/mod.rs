//! Checkpoints of a job in one process.
//!
//! ```text
//!   tasks ── blocks, snapshots ──▶ the checkpoints' thread: driver ── step ──▶ coordinator, which decides
//!     ▲                                │      │         │
//!     └── wanted, given up, finished ──┘      ▼         ▼
//!                                           store    committers of the sinks
//! ```
//!
//! A [`Leader`] has the store and the truth between attempts; each attempt has a [`Driver`] on a thread of its own. It
//! does all that may take long: writing state, flushing and committing sinks.

mod choose;
mod driver;
mod error;
mod gather;
mod leader;
mod restore;

pub(super) use driver::{Driver, Driving};
pub use error::CheckpointError;
pub(super) use leader::{Begin, Leader};
